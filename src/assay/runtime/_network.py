"""One step of a network that is ready to run: ids in, the distribution of the next token out, reduced to few numbers.

Rows of one batch end at the same place: shorter ones are padded on the left, and the padding is masked.
"""

from __future__ import annotations

from typing import Any

from assay.facts.uncertainty import Alternative, TokenScore
from assay.lazy import dataclass
from assay.runtime import ALTERNATIVES
from assay.runtime._tracing import Tracer


@dataclass(frozen=True, slots=True)
class Network:
    """A causal network of transformers with its tokenizer; `cache` is what its forward pass calls its cache.

    `base` gives the hidden states of which `head` makes the logits.
    """

    torch: Any
    module: Any
    base: Any
    head: Any
    tokens: Any
    device: Any
    cache: str
    ends: frozenset[int]
    context: int
    tracer: Tracer | None

    def read(self, ids: Any, cache: Any = None, mask: Any = None) -> tuple[Any, Any]:
        """(float32[rows, vocabulary]: logits after the last token of each row; the cache).

        Args:
            ids: int64[rows, tokens], what is read after the cache.
            mask: int64[rows, tokens of the cache and of `ids`], 0 where a row is padded; None: nowhere.
        """
        out = self.module(input_ids=ids, use_cache=True, logits_to_keep=1, **self._given(ids, cache, mask))
        return out.logits[:, -1].float(), getattr(out, self.cache)

    def states(self, ids: Any, cache: Any = None, mask: Any = None) -> tuple[Any, Any]:
        """As `read`, with the hidden state of every token of `ids`: [rows, tokens, width]."""
        out = self.base(input_ids=ids, use_cache=True, **self._given(ids, cache, mask))
        return out.last_hidden_state, getattr(out, self.cache)

    def _given(self, ids: Any, cache: Any, mask: Any) -> dict[str, Any]:
        if mask is None:
            return {self.cache: cache}
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        return {self.cache: cache, "attention_mask": mask, "position_ids": positions}

    def tensor(self, ids: list[list[int]]) -> Any:
        """int64[rows, tokens] on the device of the network."""
        return self.torch.tensor(ids, device=self.device)

    def padded(self, rows: list[list[int]], before: int = 0) -> tuple[Any, Any]:
        """(ids, mask) of rows that end together, after `before` tokens that all share; None where none is padded."""
        longest = max(map(len, rows))
        if all(len(row) == longest for row in rows):
            return self.tensor(rows), None
        ids = [[0] * (longest - len(row)) + row for row in rows]
        mask = [[1] * before + [0] * (longest - len(row)) + [1] * len(row) for row in rows]
        return self.tensor(ids), self.tensor(mask)

    def chosen(self, logits: Any, temperature: float, generator: Any) -> Any:
        """A token for each row: the likeliest at temperature 0, else sampled.

        `generator` is one of the CPU. On a GPU it gives one number a row, for the inverse of the distribution function,
        so that distributions over a vocabulary stay where they are.
        """
        if temperature <= 0:
            return logits.argmax(-1)
        shares = (logits / temperature).softmax(-1)
        if self.device.type == "cpu":
            return self.torch.multinomial(shares, 1, generator=generator)[:, 0]
        at = self.torch.rand((len(shares), 1), dtype=self.torch.float64, generator=generator)
        return reached(self.torch, shares, at.to(self.device))

    def reduced(self, logits: Any, ids: list[int], pieces: list[tuple[str, int]]) -> list[TokenScore]:
        """The few numbers that are kept of each distribution; `pieces` has each token's text and where that starts."""
        logs = logits.log_softmax(-1)
        target = self.torch.tensor(ids, device=logs.device)[:, None]
        own = logs.gather(-1, target)
        entropy = -(logs.exp() * logs).sum(-1)
        rank = (logs > own).sum(-1) + 1
        best = logs.topk(ALTERNATIVES + 1, -1)
        # one copy from the device for all
        columns = (own, entropy[:, None], rank[:, None], best.values, best.indices)
        whole = self.torch.cat([column.double() for column in columns], -1).tolist()
        rows = []
        for id, (text, start), (logprob, spread, position, *others) in zip(ids, pieces, whole, strict=True):
            likeliest = zip(others[: ALTERNATIVES + 1], map(int, others[ALTERNATIVES + 1 :]), strict=True)
            rest = [(value, other) for value, other in likeliest if other != id]
            alternatives = tuple(Alternative(self.decoded([other]), value) for value, other in rest[:ALTERNATIVES])
            margin = logprob - rest[0][0]
            end = start + len(text)
            rows.append(TokenScore(text, start, end, logprob, spread, margin, int(position), alternatives))
        return rows

    def decoded(self, ids: list[int]) -> str:
        """The text of tokens, control tokens included."""
        text: str = self.tokens.decode(ids, skip_special_tokens=False)
        return text


def reached(torch: Any, shares: Any, at: Any) -> Any:
    """int64[rows]: the token at which each row's distribution function passes `at`, float64[rows, 1] in [0, 1)."""
    function = shares.double().cumsum(-1)
    return torch.searchsorted(function, at * function[:, -1:], right=True)[:, 0].clamp(max=shares.shape[1] - 1)


class Written:
    """A text while it is written: its tokens, and the characters that are certain so far."""

    def __init__(self, network: Network) -> None:
        self.ids: list[int] = []
        self.text = ""
        self._network = network

    def add(self, token: int) -> tuple[str, int]:
        """Append a token: (the characters that came with it, where they start).

        A character of several tokens comes with its last.
        """
        self.ids.append(token)
        whole, start = self._network.decoded(self.ids), len(self.text)
        if not whole.endswith("\ufffd"):
            self.text = whole
        return self.text[start:], start
