"""Does Python code of the model reach the network, start processes, or run code made at run time?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.program import Capability, PythonSource

_STRONG = frozenset(
    {Capability.EXECUTE, Capability.PROCESS, Capability.NETWORK, Capability.NATIVE, Capability.UNPICKLE}
)


@check(
    "code.reaches-outside",
    title="Does Python code of the model reach the network, start processes, or run code made at run time?",
    severity=8.0,
    remedy="Read the lines named. If the model needs the file, pin this revision and accept it with a waiver; if not, delete it.",
    references=("CWE-94", "CWE-829"),
)
def code_reaches_outside(source: PythonSource, references: tuple[CodeReference, ...]) -> Iterator[Answer]:
    """Modelling code needs tensors and arithmetic, not sockets.

    The file's syntax tree is searched for calls that reach outside. In a file that a config makes a loader import,
    such a call at import time is a fail: it runs before anybody uses the model. Calls inside functions, and files
    that no config refers to, are for review. Heuristic: it sees what is written plainly; indirection can hide more.
    """
    strong = [reach for reach in source.reaches if reach.capability in _STRONG]
    if not strong:
        return
    reached = any(
        reference.repository is None and source.artifact.endswith(reference.module) for reference in references
    )
    at_import = [reach for reach in strong if reach.at_import]
    shown = (at_import or strong)[:20]
    when = "when imported" if at_import else "when called"
    how = "a config makes loaders import it" if reached else "no config refers to it"
    kinds = ", ".join(sorted({reach.capability for reach in shown}))
    yield Answer(
        Kind.FAIL if reached and at_import else Kind.REVIEW,
        f"{source.artifact}:{shown[0].line} {kinds} {when} ({how}): {shown[0].seen}",
        tuple(Evidence(source.artifact, reach.seen, line=reach.line, name=reach.capability) for reach in shown),
    )
