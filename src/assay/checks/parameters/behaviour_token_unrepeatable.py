"""Are there tokens that it cannot repeat?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import counted
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer


@check(
    "behaviour.token-unrepeatable",
    title="Are there tokens that it cannot repeat?",
    severity=3.0,
    remedy="Keep these tokens out of input where that is possible: what the model does with them nobody has seen.",
)
def behaviour_token_unrepeatable(behaviour: Behaviour) -> Iterator[Answer]:
    """A token that no text trained is one that the model cannot even repeat.

    The candidates of `embedding.untrained` are put to it four times in a row; one whose probability to come again is
    below 1 % counts. For review where there is one, with the token; ordinary words beside them show that repeating
    works.
    """
    yield from counted(behaviour, "untrained_tokens", "unrepeatable")
