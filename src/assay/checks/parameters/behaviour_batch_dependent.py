"""Does its answer depend on what is asked beside it?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import counted
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer


@check(
    "behaviour.batch-dependent",
    title="Does its answer depend on what is asked beside it?",
    severity=3.0,
    remedy="Answer one prompt at a time where answers must not vary, or use kernels that do not depend on the batch.",
)
def behaviour_batch_dependent(behaviour: Behaviour) -> Iterator[Answer]:
    """Sums in another order round otherwise, so that a close choice of a token may turn with the size of a batch.

    The same prompts are answered greedily alone and side by side. For review where one answer differs.
    """
    yield from counted(behaviour, "determinism", "changed")
