"""Does Python code of the model reach the network, start processes, or run code made at run time?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._routes import routes
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.program import Capability, PythonSource
from assay.facts.structure import Aspect

_STRONG = frozenset(
    {
        Capability.EXECUTE,
        Capability.PROCESS,
        Capability.NETWORK,
        Capability.NATIVE,
        Capability.UNPICKLE,
        Capability.DECODE,
    }
)


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

    The file's syntax tree is searched for calls that reach outside; plain aliases, getattr with a literal and functions
    that the file itself calls are seen through. In a file to which a config leads a loader, over relative imports too,
    such a call at import time is a fail: it runs before anybody uses the model, and the answer gives the way there.
    Calls inside functions, and files to which no config leads, are for review. Heuristic: indirection can hide more.
    """
    known = routes(references, sources)
    for source in sources:
        strong = [reach for reach in source.reaches if reach.capability in _STRONG]
        if not strong:
            continue
        route = known.get(source.artifact)
        at_import = [reach for reach in strong if reach.at_import]
        shown = (at_import or strong)[:20]
        kinds = ", ".join(sorted({reach.capability for reach in shown}))
        when = "when imported" if at_import else "when called"
        last = f"{source.artifact}:{shown[0].line} {shown[0].seen}"
        way = f"{route.loader} goes {route.words(last)}" if route else f"no config leads there: {shown[0].seen}"
        yield Answer(
            Kind.FAIL if route and at_import else Kind.REVIEW,
            f"{source.artifact}:{shown[0].line} {kinds} {when}; {way}",
            tuple(Evidence(source.artifact, reach.seen, line=reach.line, name=reach.capability) for reach in shown),
        )
