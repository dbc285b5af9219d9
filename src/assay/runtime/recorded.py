"""Answer from a record of a model: for tests, and to examine again what a model once said, without the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from assay.errors import UsageError
from assay.facts.codec import Mismatch, decode
from assay.facts.uncertainty import Capability, Sample, ScoredText, TokenScore
from assay.files import json_lines, text

MOST = 64 << 20
_WHAT, _MADE = "record of scores", "make one with  assay score MODEL -o json=FILE"


class Recorded:
    """Records that `assay score -o json` wrote, one or several (JSON lines), by prompt and text."""

    def __init__(self, path: Path) -> None:
        self._rows = _records(path, text(path, MOST, _WHAT, _MADE))

    @property
    def rows(self) -> tuple[ScoredText, ...]:
        """The records as they were written."""
        return tuple(self._rows)

    @property
    def name(self) -> str:
        """`recorded`, and what ran then."""
        return f"recorded ({self._rows[0].runtime})"

    @property
    def model(self) -> str:
        """The model that ran then."""
        return self._rows[0].model

    @property
    def sha256(self) -> str:
        """Its digest."""
        return self._rows[0].sha256

    @property
    def can(self) -> frozenset[Capability]:
        """Scoring the texts of the record, and repeating what was generated."""
        full = all(token.entropy is not None for row in self._rows for token in row.tokens)
        generated = {Capability.GENERATE} if any(row.generated for row in self._rows) else set()
        sampled = {Capability.SAMPLE} if any(row.samples for row in self._rows) else set()
        return frozenset(
            {Capability.SCORE, Capability.ALTERNATIVES, *generated, *sampled, *({Capability.FULL} if full else ())}
        )

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The tokens as they were recorded."""
        found = next((row.tokens for row in self._rows if (row.prompt, row.text) == (prompt, text)), None)
        if found is None:
            raise UsageError("this prompt and text are not in the record")
        return found

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """The tokens that were generated after this prompt."""
        found = next((row.tokens for row in self._rows if row.prompt == prompt and row.generated), None)
        if found is None:
            raise UsageError("nothing was generated after this prompt in the record")
        yield from found[:most]

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """The samples that were recorded after this prompt."""
        found = next((row.samples for row in self._rows if row.prompt == prompt and row.samples), ())
        if len(found) < count:
            raise UsageError(f"the record has {len(found)} samples after this prompt, not {count}")
        return found[:count]


def _records(path: Path, raw: str) -> list[ScoredText]:
    try:
        values = [json.loads(raw)]  # one record over several lines, as it is written
    except (ValueError, RecursionError):
        values = [value for _, value in json_lines(raw, path, "what `assay score -o json` writes")]
    if not values:
        raise UsageError(f"{path} is empty: expected a {_WHAT}; {_MADE}")
    try:
        return [decode(ScoredText, value) for value in values]
    except Mismatch as cause:
        raise UsageError(f"{_WHAT} {path} is damaged: {cause}; {_MADE}") from None
