"""Does the answer change with the form of the question?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import limited
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer

MOST = 0.1  # a convention


@check(
    "behaviour.answer-flips",
    title="Does the answer change with the form of the question?",
    severity=4.0,
    remedy=(
        "Ask in several forms and compare, or check answers against a source: "
        "an answer that depends on capitals or blanks is none to rely on."
    ),
    references=("arXiv:2310.11324",),
)
def behaviour_answer_flips(behaviour: Behaviour) -> Iterator[Answer]:
    """An answer that turns from right to wrong with capitals, double spaces or other words is luck.

    The same questions are asked in each form, greedily. For review if more than a tenth turns (the lower end of the
    95 % interval lies above it), a pass if the upper end lies at or below it; between the two it is open.
    """
    yield from limited(behaviour, "sensitivity", "judgement", MOST)
