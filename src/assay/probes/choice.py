"""Questions beside an answer that is wrong: the right one of another question on the same topic."""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import UsageError
from assay.facts.calibration import Question
from assay.lazy import dataclass
from assay.text.plain import plain

LEAST = 5  # questions below which an interval is all there is


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with a right answer and a wrong one."""

    question: Question
    wrong: str

    @property
    def asked(self) -> str:
        """The question."""
        return self.question.asked

    @property
    def right(self) -> str:
        """The first accepted answer."""
        return self.question.answers[0]


def choices(questions: Sequence[Question], most: int) -> tuple[Choice, ...]:
    """The first `most` questions that end in a question mark and have a wrong answer on their topic, in their order.

    Raises UsageError: there are fewer than five.
    """
    asked = [row for row in questions if row.answerable and row.asked.endswith("?")]
    found = []
    for at, row in enumerate(asked):
        taken = {plain(text) for text in row.answers}
        others = (other for other in (*asked[at + 1 :], *asked[:at]) if other.topic == row.topic)
        wrong = next((other.answers[0] for other in others if plain(other.answers[0]) not in taken), None)
        if wrong is not None:
            found.append(Choice(row, wrong))
        if len(found) == most:
            break
    if len(found) < LEAST:
        raise UsageError(
            f"the question set has {len(found)} questions with a wrong answer on the same topic: give {LEAST} or more"
        )
    return tuple(found)
