"""Ask a model many things side by side, each once: what was answered before, or is kept in a file, is not asked again.

The same prompts are asked in the same batches whatever is kept, so that a run that goes on ends with the same numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from assay.errors import UsageError
from assay.facts.uncertainty import Capability
from assay.lazy import dataclass
from assay.runtime import Runtime, Scores, can_batch, can_generate, can_sample, can_score, conversation, scored
from assay.uncertainty.scoring import answer

ABREAST = 64  # texts that are scored before what is known of them is kept


@dataclass(frozen=True, slots=True)
class Kept:
    """What one request gave, as it is kept: the digest of what was asked, and the answer or log-probabilities."""

    key: str
    value: str | tuple[float, ...] | None


class Keep(Protocol):
    """Where answers are kept as they come in."""

    @property
    def rows(self) -> Iterable[Kept]:
        """What is there already."""

    def add(self, value: object) -> None:
        """Keep one more."""


class Ask:
    """A runtime that is asked nothing twice."""

    def __init__(self, runtime: Runtime, keep: Keep | None = None) -> None:
        """Nothing is asked yet; `keep` is where answers are kept, and what of them is there already."""
        self.runtime = runtime
        self._keep = keep
        self._known: dict[str, Any] = {row.key: row.value for row in keep.rows} if keep else {}

    @property
    def chats(self) -> bool:
        """Whether it renders a conversation by the model's own template."""
        return Capability.CHAT in self.runtime.can

    def prompt(self, user: str, system: str = "") -> str:
        """The prompt of a message: by the model's template; where it has none, as a question to be answered."""
        if self.chats:
            return conversation(self.runtime, user, system)
        return f"{system}\n\nQuestion: {user}\nAnswer:" if system else f"Question: {user}\nAnswer:"

    def replies(self, users: Sequence[str], most: int, system: str = "") -> tuple[str, ...]:
        """What the model answers to each message, greedily, at most `most` tokens."""
        return self.answers([self.prompt(user, system) for user in users], most, "" if self.chats else "\n")

    def answers(self, prompts: Sequence[str], most: int, stop: str = "") -> tuple[str, ...]:
        """What the model writes after each prompt, greedily, up to the token that holds `stop`.

        Raises UsageError: it does not write, or a prompt is longer than its context.
        """
        keys = [_key("answer", prompt, str(most), stop) for prompt in prompts]
        places = {key: at for at, key in reversed(list(enumerate(keys)))}  # each prompt once
        rows = [prompts[at] for at in sorted(places.values())]
        batches = self.runtime.batches(rows) if can_batch(self.runtime) else tuple((at,) for at in range(len(rows)))
        for batch in batches:
            some = [rows[at] for at in batch]
            names = [_key("answer", prompt, str(most), stop) for prompt in some]
            if any(name not in self._known for name in names):
                self._learn(zip(names, self._written(some, most, stop), strict=True))
        return tuple(str(self._known[key]) for key in keys)

    def _written(self, prompts: Sequence[str], most: int, stop: str) -> Iterator[str]:
        runtime = self.runtime
        if can_batch(runtime):
            yield from (row.text for row in runtime.answers(prompts, most, stop))
            return
        if not can_generate(runtime) and not can_sample(runtime):
            raise UsageError(f"{runtime.name} does not write, so it cannot be asked")
        yield from (answer(runtime, prompt, most, stop=stop)[1] for prompt in prompts)

    def drawn(self, prompt: str, count: int, most: int, temperature: float, seed: int) -> tuple[str, ...]:
        """`count` texts of at most `most` tokens that the model draws after a prompt (UsageError: it does not)."""
        keys = [_key("drawn", prompt, str(most), str(temperature), str(seed), str(at)) for at in range(count)]
        if any(key not in self._known for key in keys):
            if not can_sample(self.runtime):
                raise UsageError(f"{self.runtime.name} does not sample")
            rows = self.runtime.sample(prompt, count, most, temperature, seed)
            self._learn(zip(keys, (row.text for row in rows), strict=True))
        return tuple(str(self._known[key]) for key in keys)

    def logprobs(self, pairs: Sequence[tuple[str, str]]) -> tuple[tuple[float, ...] | None, ...]:
        """The log-probability of each token of each text after its prompt (nats); None where one cannot be scored."""
        runtime = self.runtime
        if not can_score(runtime):
            raise UsageError(f"{runtime.name} gives no log-probabilities of given texts")
        keys = [_key("score", *pair) for pair in pairs]
        places = {key: at for at, key in reversed(list(enumerate(keys)))}
        rows = [pairs[at] for at in sorted(places.values())]
        for at in range(0, len(rows), ABREAST):
            some = rows[at : at + ABREAST]
            names = [_key("score", *pair) for pair in some]
            if any(name not in self._known for name in names):
                self._learn(zip(names, _scored(runtime, some), strict=True))
        return tuple(None if self._known[key] is None else tuple(self._known[key]) for key in keys)

    def totals(self, pairs: Sequence[tuple[str, str]]) -> tuple[float | None, ...]:
        """The log-probability of each whole text after its prompt (nats); None where one cannot be scored."""
        return tuple(None if row is None else sum(row) for row in self.logprobs(pairs))

    def _learn(self, rows: Iterable[tuple[str, Any]]) -> None:
        for key, value in rows:
            if key in self._known:
                continue
            if self._keep:
                self._keep.add({"key": key, "value": value})
            self._known[key] = value


def _scored(runtime: Scores, pairs: Sequence[tuple[str, str]]) -> Iterator[list[float] | None]:
    for tokens in scored(runtime, pairs):
        yield None if tokens is None else [round(token.logprob, 5) for token in tokens]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "backslashreplace")).hexdigest()[:32]
