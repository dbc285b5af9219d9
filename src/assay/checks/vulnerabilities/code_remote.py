"""Does loading the model run Python code that ships with it?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, review
from assay.facts.program import PythonSource


@check(
    "code.remote",
    title="Does loading the model run Python code that ships with it?",
    severity=6.5,
    remedy="Load without trust_remote_code if the library has the architecture; else read the files named, pin this revision, and accept them with a waiver.",
    references=("CWE-829", "OWASP LLM03:2025"),
)
def code_remote(references: tuple[CodeReference, ...], sources: tuple[PythonSource, ...]) -> Iterator[Answer]:
    """`auto_map` and its kin make a loader import a Python file of the model, with all rights of the user.

    transformers does so with trust_remote_code=True, other libraries by themselves. The answer names the files,
    their length, and whether assay saw network, process or execution calls in them.
    """
    by_path = {source.artifact: source for source in sources}
    modules: dict[str, list[CodeReference]] = {}
    for reference in references:
        if reference.repository is None:
            modules.setdefault(_beside(reference), []).append(reference)
    for module, rows in sorted(modules.items()):
        source = by_path.get(module)
        if source is None:
            continue  # code.elsewhere reports code that is not here
        seen = sorted({reach.capability for reach in source.reaches})
        summary = ", ".join(seen) if seen else "no network, process or execution calls seen"
        yield review(
            f"{rows[0].artifact} makes a loader run {module} ({source.lines:,} lines; {summary})",
            *(Evidence(row.artifact, row.target, pointer=row.pointer, name=row.target) for row in rows[:20]),
            Evidence(module, summary, line=1),
        )


def _beside(reference: CodeReference) -> str:
    folder = reference.artifact.rpartition("/")[0]
    return f"{folder}/{reference.module}" if folder else reference.module
