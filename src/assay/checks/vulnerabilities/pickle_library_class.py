"""Does a pickle rebuild objects of a library, so that loading it runs that library's code?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_advice import kept
from assay.checks.vulnerabilities._pickle_names import Tier, reason, tier
from assay.checks.vulnerabilities._pickle_packages import STANDARD
from assay.facts.finding import Answer, Evidence, review
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect


@check(
    "pickle.library-class",
    title="Does a pickle rebuild objects of a library, so that loading it runs that library's code?",
    severity=4.0,
    remedy=(
        "Ask for a format that holds values only, or accept the classes with a waiver after checking that inference "
        "needs the file."
    ),
    references=("CWE-502",),
    aspects=(Aspect.PICKLES,),
)
def pickle_library_class(program: PickleProgram) -> Iterator[Answer]:
    """Whole modules, estimators and training arguments are stored as library objects, not as plain weights.

    Loading them needs the libraries named and runs their code (`__setstate__`, vetted constructors), in whatever
    version is installed. That is ordinary for such files and still more than reading numbers, so a person has to agree.
    """
    rows = [entry for entry in program.imports if tier(entry, program.loader) is Tier.LIBRARY]
    if rows:
        names = ", ".join(entry.qualified for entry in rows[:4]) + (
            f" and {len(rows) - 4:,} more" if len(rows) > 4 else ""
        )
        needs = sorted({entry.module.partition(".")[0] for entry in rows} - STANDARD)
        where = f" > {program.member}" if program.member else ""
        yield review(
            f"{program.artifact}{where} rebuilds objects of libraries "
            f"(needs {', '.join(needs) or 'Python alone'}): {names}",
            *(
                Evidence(
                    program.artifact,
                    reason(entry),
                    start=entry.at,
                    stop=entry.at + 1,
                    pointer=program.member or None,
                    name=entry.qualified,
                )
                for entry in rows[:50]
            ),
            remedy=kept(program),
            content=program.acts,
        )
