"""Does Python code of the model reach the network, start processes, or run code made at run time?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._routes import Route, routes
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.program import Capability, PythonSource, Reach
from assay.facts.structure import Aspect

STRONG = frozenset(
    {
        Capability.EXECUTE,
        Capability.PROCESS,
        Capability.NETWORK,
        Capability.NATIVE,
        Capability.UNPICKLE,
        Capability.DECODE,
        Capability.WRITE,
    }
)
# when importing runs these, what it does is not known
LOST = frozenset({Capability.UNFOLLOWED, Capability.INDIRECT, Capability.DYNAMIC_IMPORT})
_LISTED = STRONG - {Capability.WRITE}  # code that is called may write files: saving is what much of it is for


@check(
    "code.reaches-outside",
    title="Does Python code of the model reach the network, start processes, or run code made at run time?",
    severity=8.0,
    remedy=(
        "Read the lines named. If the model needs the file, "
        "pin this revision and accept it with a waiver; if not, delete it."
    ),
    references=("CWE-94", "CWE-829", "MITRE ATLAS AML.T0010"),
    aspects=(Aspect.SOURCE,),
)
def code_reaches_outside(sources: tuple[PythonSource, ...], references: tuple[CodeReference, ...]) -> Iterator[Answer]:
    """Modelling code needs tensors and arithmetic, not sockets.

    What importing a file runs is followed over its syntax tree: through names and aliases, computed names,
    decorators, class hooks, callbacks and functions that the file itself calls. In a file that a config makes a
    loader import, over the files that it imports too, a call that reaches outside at import is a fail: it runs
    before anybody uses the model, and the answer gives the way there. A call at import that is neither known to be
    inert nor could be followed is open, and so is what a file reaches that some config entry names and no loader
    modelled here is known to take. Calls inside functions, and files that no loader modelled here runs, are for
    review: there, indirection can hide more.
    """
    known, by_path = routes(references, sources), {source.artifact: source for source in sources}
    borrowed = _borrowed([source for source in sources if source.artifact in known], by_path)
    for source in sources:
        route = known.get(source.artifact)
        names = borrowed.get(source.artifact, frozenset())
        now = [reach for reach in source.reaches if reach.at_import or not names.isdisjoint(reach.within)]
        strong = [reach for reach in now if reach.capability in STRONG]
        lost = [reach for reach in now if reach.capability in LOST] if route else []
        later = [reach for reach in source.reaches if reach.capability in _LISTED]
        if strong:
            kind = (Kind.FAIL if route.certain else Kind.OPEN) if route else Kind.REVIEW
            yield _answer(source, kind, strong, "when imported", route)
        elif lost:
            yield _answer(source, Kind.OPEN, lost, "when imported", route)
        elif later:
            yield _answer(source, Kind.REVIEW, later, "when called", route)


def _answer(source: PythonSource, kind: Kind, reaches: list[Reach], when: str, route: Route | None) -> Answer:
    shown = reaches[:20]
    kinds = ", ".join(sorted({reach.capability for reach in shown}))
    last = f"{source.artifact}:{shown[0].line} {shown[0].seen}"
    way = (
        f"{route.loader} goes {route.words(last)}"
        if route
        else f"no loader that assay models runs the file: {shown[0].seen}"
    )
    return Answer(
        kind,
        f"{source.artifact}:{shown[0].line} {kinds} {when}; {way}",
        tuple(Evidence(source.artifact, reach.seen, line=reach.line, name=reach.capability) for reach in shown),
    )


def _borrowed(reached: list[PythonSource], by_path: dict[str, PythonSource]) -> dict[str, frozenset[str]]:
    """What importing one file calls in another: the file's path -> names at its top."""
    found: dict[str, set[str]] = {}
    for source in reached:
        for call in source.borrowed:
            for path in source.beside(call.path):
                if path in by_path:
                    found.setdefault(path, set()).add(call.name)
    return {path: frozenset(names) for path, names in found.items()}
