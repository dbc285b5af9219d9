"""Would loading a pickle cost far more than its size?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect


@check(
    "pickle.costly",
    title="Would loading a pickle cost far more than its size?",
    severity=6.5,
    remedy="Do not load the file: it stalls or exhausts the process that does.",
    references=("CWE-400", "CWE-674", "CWE-789"),
    aspects=(Aspect.PICKLES,),
)
def pickle_costly(program: PickleProgram) -> Iterator[Answer]:
    """A few bytes can ask for gigabytes, or for work that never ends.

    Numbers that are sizes, tuples that hold themselves twice sixty times over, containers nested so deep that touching
    them fails: each is followed without being built, and its cost is told.
    """
    for at, sentence in program.costs:
        yield fail(
            f"{program.artifact}{f' > {program.member}' if program.member else ''} @ {at:,}: {sentence}",
            Evidence(program.artifact, sentence, start=at, stop=at + 1, pointer=program.member or None, name=sentence),
        )
