"""An answer of a model as it is written, and how far it is."""

from __future__ import annotations

from assay.facts.job import State
from assay.facts.uncertainty import ScoredText, TokenScore
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Answering:
    """What was asked, and the tokens of the answer so far; `found` is what is made of it once it has ended.

    `asked` is the instant of the question in UTC, `said` why there is no answer (empty: nothing to say), `place` which
    of the models that run it is of, from 0, `document` what it is held against (empty: nothing).
    """

    id: int
    model: str
    question: str
    asked: str
    state: State
    tokens: tuple[TokenScore, ...] = ()
    said: str = ""
    found: ScoredText | None = None
    place: int = 0
    document: str = ""

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(token.text for token in self.tokens)
