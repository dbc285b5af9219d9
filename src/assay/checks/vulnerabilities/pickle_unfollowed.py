"""Does a pickle do something that cannot be followed from its bytes alone?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, unknown
from assay.facts.program import PickleProgram


@check(
    "pickle.unfollowed",
    title="Does a pickle do something that cannot be followed from its bytes alone?",
    severity=8.0,
    remedy="Do not load the file unless its publisher explains it; use the same weights as safetensors.",
    references=("CWE-502",),
)
def pickle_unfollowed(program: PickleProgram) -> Iterator[Answer]:
    """Computed imports, the extension registry and out-of-band buffers hide what loading would do.

    No ordinary checkpoint uses them. A pickle that breaks half-way is listed here as well, because what stands
    before the break has run by the time a loader notices.
    """
    for sentence in program.unfollowed:
        yield unknown(
            f"{program.artifact}{f' > {program.member}' if program.member else ''}: {sentence}",
            Evidence(program.artifact, sentence, pointer=program.member or None),
        )
