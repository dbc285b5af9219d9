"""Answer several prompts side by side: what they begin with is read once, and one pass gives each its next token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assay.facts.uncertainty import Sample, TokenScore
from assay.lazy import dataclass
from assay.runtime import Answer, Trace
from assay.runtime._network import Network, Written
from assay.runtime._tracing import tolerance

LEAST_SHARED = 8  # tokens at the beginning of all prompts from which they are read once
# what a batch of its own costs beside its tokens, in tokens: about five passes at 20 tokens' worth of calls each,
# measured for SmolLM2-135M on two cores
_BATCH = 100


def grouped(rows: list[list[int]], most_rows: int, most_tokens: int) -> tuple[tuple[int, ...], ...]:
    """The rows (tokens of each) as batches: rows of one beginning together, and of similar length.

    A row joins the batch before it where reading both together takes fewer tokens than apart. No batch has more than
    `most_rows` rows, or more than `most_tokens` tokens in all (but for a single row).
    """
    batches: list[list[int]] = []
    shared = longest = 0
    for at in sorted(range(len(rows)), key=rows.__getitem__):
        row, last = rows[at], batches[-1] if batches else []
        together = _common(rows[last[0]][:shared], row) if last else 0
        far, count = max(longest, len(row)), len(last) + 1
        apart = _tokens(len(last), longest, shared) + len(row) + _BATCH
        if last and count <= most_rows and count * far <= most_tokens and _tokens(count, far, together) <= apart:
            last.append(at)
            shared, longest = together, far
        else:
            batches.append([at])
            shared, longest = len(row), len(row)
    return tuple(map(tuple, batches))


def _tokens(count: int, longest: int, shared: int) -> int:
    """Tokens that are read for so many rows."""
    return shared + count * (longest - shared) if shared >= LEAST_SHARED else count * longest


def _common(one: list[int], other: list[int]) -> int:
    """How many tokens two rows have in common at the beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@dataclass(slots=True)
class _Row:
    """An answer while it is written."""

    written: Written
    room: int
    state: NDArray[np.float32] | None = None
    tokens: list[TokenScore] = field(default_factory=list)
    shares: list[NDArray[np.float32]] = field(default_factory=list)

    def answer(self) -> Answer:
        tokens = tuple(self.tokens)
        if not tokens or self.state is None:
            return Answer(tokens, None)
        return Answer(tokens, Trace(tokens, np.stack(self.shares, -1), self.state))


def begun(network: Network, rows: list[list[int]]) -> tuple[Any, Any, Any]:
    """(logits after each row, the cache, the mask): what all rows begin with is read once."""
    return _begun(network, network.read, rows, min(len(row) - 1 for row in rows))


def _begun(network: Network, read: Any, rows: list[list[int]], most: int) -> tuple[Any, Any, Any]:
    """What `read` gives for rows of which at most `most` tokens are shared, the cache, the mask."""
    shared, cache = min(most, *(_common(rows[0], row) for row in rows)), None
    if shared < LEAST_SHARED or len(rows) == 1:
        shared = 0
    else:
        _, cache = read(network.tensor([rows[0][:shared]]))
        cache.batch_repeat_interleave(len(rows))
    ids, mask = network.padded([row[shared:] for row in rows], shared)
    found, cache = read(ids, cache, mask)
    return found, cache, mask


@dataclass(frozen=True, slots=True)
class Given:
    """A text that is scored after a prompt: the tokens of both, each token's characters and where they start."""

    before: list[int]
    after: list[int]
    pieces: list[tuple[str, int]]


def scores(network: Network, rows: list[Given], step: int) -> tuple[tuple[TokenScore, ...], ...]:
    """Every token of each text after its prompt; the distributions of `step` places are in memory at a time."""
    whole = [row.before + row.after for row in rows]
    states, _, _ = _begun(network, network.states, whole, min(len(row.before) - 1 for row in rows))
    places = [states[at, -len(row.after) - 1 : -1] for at, row in enumerate(rows)]
    flat, found = network.torch.cat(places), []
    ids = [id for row in rows for id in row.after]
    pieces = [piece for row in rows for piece in row.pieces]
    for at in range(0, len(ids), step):
        part = slice(at, at + step)
        found += network.reduced(network.head(flat[part]).float(), ids[part], pieces[part])
    ends = list(accumulate(len(row.after) for row in rows))
    return tuple(tuple(found[end - len(row.after) : end]) for row, end in zip(rows, ends, strict=True))


class Steps(Protocol):
    """The steps of several rows: after what each begins with, one token each at a time."""

    def begin(self, rows: list[list[int]], count: int = 1) -> Any:
        """float32[rows x count, vocabulary]: logits after each row, which is written on `count` times."""

    def step(self, tokens: Any, kept: list[int] | None = None) -> Any:
        """float32[rows, vocabulary]: logits after one more token, int64[rows], of each row.

        `kept`: of the rows that there were, those that go on, where not all do.
        """


class Eager:
    """Steps that are started one kernel at a time, over a cache that grows; what has ended is not computed further."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cache: Any = None
        self._mask: Any = None

    def begin(self, rows: list[list[int]], count: int = 1) -> Any:
        """Logits after each row, which is written on `count` times."""
        logits, self._cache, self._mask = begun(self._network, rows)
        if count == 1:
            return logits
        self._cache.batch_repeat_interleave(count)
        self._mask = self._mask if self._mask is None else self._mask.repeat_interleave(count, 0)
        return logits.repeat_interleave(count, 0)

    def step(self, tokens: Any, kept: list[int] | None = None) -> Any:
        """Logits after one more token of each row that goes on."""
        torch = self._network.torch
        if kept is not None:
            chosen = torch.tensor(kept, device=self._network.device)
            self._cache.batch_select_indices(chosen)
            self._mask = self._mask if self._mask is None else self._mask[chosen]
        if self._mask is not None:
            self._mask = torch.cat((self._mask, torch.ones_like(self._mask[:, :1])), -1)
        logits, self._cache = self._network.read(tokens[:, None], self._cache, self._mask)
        return logits


def agrees(network: Network, rows: list[list[int]]) -> bool:
    """Whether the distributions after rows that are read together are those after each alone."""
    with network.torch.inference_mode():
        try:
            together, _, _ = begun(network, rows)
        except (TypeError, ValueError, RuntimeError, AttributeError, NotImplementedError):
            return False  # a network without masks or positions, or a cache that cannot be repeated
        alone = network.torch.cat([network.read(network.tensor([row]))[0] for row in rows])
        apart = (together.softmax(-1) - alone.softmax(-1)).abs().sum(-1) / 2  # total variation
        return bool(apart.max() < tolerance(network.torch, network.module))


def answers(network: Network, rows: list[list[int]], most: int, stop: str) -> tuple[Answer, ...]:
    """What the network writes after each row, at most `most` tokens up to the one that holds `stop`, greedily."""
    tracer = network.tracer
    drafts = [_Row(Written(network), min(most, network.context - len(row))) for row in rows]
    if tracer is not None:
        tracer.clear(1, -1)
    try:
        steps = Eager(network)
        logits = steps.begin(rows)
        if tracer is not None:
            for draft, state in zip(drafts, tracer.states(), strict=True):
                draft.state = state
        writing = drafts
        while True:
            tokens = logits.argmax(-1)
            pieces = [_next(network, draft, token, stop) for draft, token in zip(writing, tokens.tolist(), strict=True)]
            going = [at for at, piece in enumerate(pieces) if piece is not None]
            if not going:
                break
            kept = going if len(going) < len(writing) else None
            if kept is not None:
                tokens, logits, writing = tokens[kept], logits[kept], [writing[at] for at in kept]
            told = [piece for piece in pieces if piece is not None]
            for draft, score in zip(writing, network.reduced(logits, tokens.tolist(), told), strict=True):
                draft.tokens.append(score)
            if tracer is None and all(len(draft.tokens) >= draft.room for draft in writing):
                break
            logits = steps.step(tokens, kept)
            if tracer is not None:
                for draft, share in zip(writing, tracer.shares(), strict=True):
                    draft.shares.append(share)
    finally:
        if tracer is not None:
            tracer.clear(0, 0)
    return tuple(draft.answer() for draft in drafts)


def _next(network: Network, draft: _Row, token: int, stop: str) -> tuple[str, int] | None:
    """The text that comes with a row's next token, and where it starts; None where the row has ended."""
    if len(draft.tokens) >= draft.room or token in network.ends:
        return None
    piece = draft.written.add(token)
    return None if stop and stop in piece[0] else piece


@dataclass(slots=True)
class _Draw:
    """One of several texts that are sampled side by side."""

    network: Network
    stop: str
    room: int
    ids: list[int] = field(default_factory=list)
    text: str = ""
    logprob: float = 0.0
    ended: bool = False

    def add(self, token: int, logprob: float) -> None:
        """Append a token; the probability of the end counts."""
        self.logprob += logprob
        if token in self.network.ends:
            self.ended = True
            return
        self.ids.append(token)
        self.text = self.network.decoded(self.ids)
        if self.stop and self.stop in self.text:
            self.text, self.ended = self.text.partition(self.stop)[0], True
        self.ended = self.ended or len(self.ids) >= self.room


def samples(
    network: Network,
    steps: Steps,
    rows: list[list[int]],
    count: int,
    most: Sequence[int],
    temperature: float,
    seed: int,
    stop: str,
) -> tuple[tuple[Sample, ...], ...]:
    """`count` texts after each row, of at most `most` tokens each (a number for each row), each ending before `stop`.

    A row's texts are those that it gets alone with this seed, up to rounding.
    """
    drawing = [network.torch.Generator(device="cpu").manual_seed(seed) for _ in rows]
    rooms = [min(few, network.context - len(row)) for few, row in zip(most, rows, strict=True)]
    drafts = [[_Draw(network, stop, room) for _ in range(count)] for room in rooms]
    logits, writing = steps.begin(rows, count), [(at, draft) for at, texts in enumerate(drafts) for draft in texts]
    while True:
        tokens = _drawn(network, logits, temperature, drawing, [at for at, _ in writing])
        chances = logits.gather(-1, tokens[:, None])[:, 0] - logits.logsumexp(-1)
        for (_, draft), token, logprob in zip(writing, tokens.tolist(), chances.tolist(), strict=True):
            draft.add(token, logprob)
        going = [at for at, (_, draft) in enumerate(writing) if not draft.ended]
        if not going:
            break
        kept = going if len(going) < len(writing) else None
        if kept is not None:
            tokens, writing = tokens[kept], [writing[at] for at in kept]
        logits = steps.step(tokens, kept)
    return tuple(tuple(Sample(one.text, one.logprob, len(one.ids)) for one in texts) for texts in drafts)


def _drawn(network: Network, logits: Any, temperature: float, drawing: list[Any], of: list[int]) -> Any:
    """A token for each row, by the generator of the prompt that it belongs to; rows of one prompt are neighbours."""
    if temperature <= 0:
        return logits.argmax(-1)
    sizes = Counter(of)
    parts = zip(sizes, logits.split(list(sizes.values())), strict=True)
    return network.torch.cat([network.chosen(part, temperature, drawing[at]) for at, part in parts])
