"""Does it choose otherwise than its base?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import limited
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer

MOST = 0.1  # a convention


@check(
    "behaviour.damaged",
    title="Does it choose otherwise than its base?",
    severity=4.0,
    remedy="Quantise with more bits or better calibration, and measure again what the model is for.",
)
def behaviour_damaged(behaviour: Behaviour) -> Iterator[Answer]:
    """Quantisation rounds weights, and some choices of a token then turn.

    The likeliest token at each place of plain text is compared with the base's (`--base`). For review if more than a
    tenth turns by the lower end of the 95 % interval, a pass if the upper end lies at or below that. A base that was
    trained further differs for that reason.
    """
    if behaviour.probe("quantisation") is not None:
        yield from limited(behaviour, "quantisation", "changed.text", MOST)
