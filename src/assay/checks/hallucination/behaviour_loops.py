"""Does it fall into repeating itself?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import limited
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer

MOST = 0.4  # a convention: greedy answers of small models loop


@check(
    "behaviour.loops",
    title="Does it fall into repeating itself?",
    severity=2.0,
    remedy="Set a repetition penalty or sample, and stop answers that repeat a run of words.",
)
def behaviour_loops(behaviour: Behaviour) -> Iterator[Answer]:
    """A loop of words is an answer without an end, and without sense.

    Open requests are answered greedily; found is a run of words that comes three times or more in a row. For review if
    more than four in ten loop by the lower end of the 95 % interval, a pass if the upper end lies at or below that.
    """
    yield from limited(behaviour, "loops", "looped", MOST)
