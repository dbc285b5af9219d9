"""Does a pickle rebuild objects of a library, so that loading it runs that library's code?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_names import builds_values, library_class
from assay.facts.finding import Answer, Evidence, review
from assay.facts.program import PickleProgram


@check(
    "pickle.library-class",
    title="Does a pickle rebuild objects of a library, so that loading it runs that library's code?",
    severity=4.0,
    remedy="Load it with torch.load(weights_only=True), which refuses these classes, or accept them with a waiver after checking that inference needs the file.",
    references=("CWE-502",),
)
def pickle_library_class(program: PickleProgram) -> Iterator[Answer]:
    """Whole modules, estimators and training arguments are stored as library objects, not as plain weights.

    Loading them runs constructors of the named library, in whatever version is installed. That is ordinary for
    such files and still more than reading numbers, so a person has to agree.
    """
    rows = [
        entry
        for entry in program.imports
        if not builds_values(entry.module, entry.name) and library_class(entry.module, entry.name)
    ]
    if rows:
        names = ", ".join(entry.qualified for entry in rows[:4]) + (
            f" and {len(rows) - 4:,} more" if len(rows) > 4 else ""
        )
        where = f" > {program.member}" if program.member else ""
        yield review(
            f"{program.artifact}{where} rebuilds {len(rows):,} kinds of library objects: {names}",
            *(
                Evidence(
                    program.artifact,
                    "",
                    start=entry.at,
                    stop=entry.at + 1,
                    pointer=program.member or None,
                    name=entry.qualified,
                )
                for entry in rows[:50]
            ),
        )
