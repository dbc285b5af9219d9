"""Does it break the form that it is asked for?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import limited
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer

MOST = 0.5  # a convention


@check(
    "behaviour.form-broken",
    title="Does it break the form that it is asked for?",
    severity=2.0,
    remedy="Constrain what it may write (a grammar, a JSON schema), or read its answers leniently.",
)
def behaviour_form_broken(behaviour: Behaviour) -> Iterator[Answer]:
    """A program that reads answers needs them in the form that it asked for.

    JSON, one word, a number or a list is asked for, and read strictly. For review if more than half of the answers
    break it by the lower end of the 95 % interval, a pass if the upper end lies at or below that.
    """
    yield from limited(behaviour, "formats", "broken", MOST)
