"""Put other values at a point and see what becomes of the answer: by trying, and by following the gradient.

Trying is activation patching (arXiv:2202.05262; arXiv:2309.16042 for its practice); following the gradient, attribution
patching (arXiv:2310.10348), takes one pass back for all points together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assay.facts.inside import Effect, Estimated
from assay.inside._token import Token, has_heads
from assay.runtime.points import ALL, BEFORE, HEADS, Edit

# what is put at a point instead: (kind, layer, what is there [tokens, ...]) -> [tokens, ...]
Other = Callable[[str, int, Any], Any]
TRIED = 24  # heads of which the effect is tried, not only estimated


def tried(token: Token, layer: int, edits: Sequence[tuple[str, Callable[[Any], Any]]]) -> list[float]:
    """The change of the lead by each edit (kind, what is there [tokens, ...] -> what is put there) of one layer."""
    states = token.text.run.kept[BEFORE, layer]
    found: list[float] = []
    for start in range(0, len(edits), token.rows()):
        some = edits[start : start + token.rows()]
        by_kind: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}
        for row, (kind, change) in enumerate(some):
            by_kind.setdefault(kind, []).append((row, change))
        changes: dict[tuple[str, int], Edit] = {(kind, layer): _edit(rows) for kind, rows in by_kind.items()}
        run = token.inner.resumed(token.text, layer, states.expand(len(some), -1, -1), changes)
        found += token.margin(run.logits).tolist()
    return [value - token.lead for value in found]


def _edit(rows: list[tuple[int, Callable[[Any], Any]]]) -> Edit:
    def edit(values: Any) -> Any:
        changed = values.clone()
        for row, change in rows:
            changed[row] = change(values[row])
        return changed

    return edit


def _part(kind: str, layer: int, other: Other) -> tuple[str, Callable[[Any], Any]]:
    """The edit of all that a part puts out."""
    return kind, lambda values: other(kind, layer, values).to(values.dtype)


def _head(number: int, size: int, layer: int, other: Other) -> tuple[str, Callable[[Any], Any]]:
    """The edit of what one head puts out."""

    def change(values: Any) -> Any:
        changed, mine = values.clone(), slice(number * size, (number + 1) * size)
        changed[:, mine] = other(HEADS, layer, values)[:, mine].to(values.dtype)
        return changed

    return HEADS, change


class Gradients:
    """How the lead changes with what is at each point: one pass, and one back."""

    def __init__(self, token: Token) -> None:
        inner = token.inner
        start = token.text.run.kept[BEFORE, 0].clone().requires_grad_()
        keep = dict.fromkeys((*inner.kinds, *([HEADS] if has_heads(inner) else []), BEFORE), ALL)
        run = inner.resumed(token.text, 0, start, keep=keep, grad=True)
        points = list(run.kept)
        wanted = [run.kept[point] for point in points]
        found = inner.torch.autograd.grad(token.margin(run.logits).sum(), wanted, allow_unused=True)
        self._rows = {
            point: (value.detach()[0], grad[0])
            for point, value, grad in zip(points, wanted, found, strict=True)
            if grad is not None
        }

    def by_token(self, kind: str, layer: int, other: Other) -> Any:
        """float32[tokens]: the estimated change of the lead where each token's values are replaced."""
        value, grad = self._rows[kind, layer]
        return ((other(kind, layer, value) - value).float() * grad.float()).sum(-1)

    def by_head(self, layer: int, heads: int, other: Other) -> Any:
        """float32[heads]: the same for each head, of all tokens."""
        value, grad = self._rows[HEADS, layer]
        moved = (other(HEADS, layer, value) - value).float() * grad.float()
        return moved.reshape(len(value), heads, -1).sum((0, 2))


def chosen(estimates: Sequence[float], most: int) -> list[int]:
    """The numbers of at most `most` rows to try: one half those of the greatest estimate, the other spread evenly."""
    order = sorted(range(len(estimates)), key=lambda n: -abs(estimates[n]))
    first, rest = order[: most // 2], sorted(order[most // 2 :])
    step = max(1, len(rest) // max(1, most - len(first)))
    return sorted({*first, *rest[::step][: most - len(first)]})


def parts(token: Token, gradients: Gradients, other: Other) -> Iterator[Effect]:
    """The effect of each part of each layer at all tokens: estimated, and tried."""
    for layer, block in enumerate(token.inner.structure.blocks):
        kinds = [row.kind for row in block.writers]
        found = tried(token, layer, [_part(kind, layer, other) for kind in kinds])
        for kind, real in zip(kinds, found, strict=True):
            yield Effect(kind, layer, -1, real, float(gradients.by_token(kind, layer, other).sum()))


def heads(token: Token, gradients: Gradients, other: Other) -> Iterator[Effect]:
    """The effect of each head, where they can be had: estimated, and tried for `TRIED` of them."""
    inner = token.inner
    if not has_heads(inner):
        return
    count = inner.structure.heads
    estimates = [gradients.by_head(layer, count, other).tolist() for layer in range(inner.layers)]
    flat = [value for row in estimates for value in row]
    some = {divmod(number, count) for number in chosen(flat, TRIED)}
    for layer, row in enumerate(estimates):
        mine = [number for number in range(count) if (layer, number) in some]
        size = inner.projection_width(layer) // count
        found = tried(token, layer, [_head(number, size, layer, other) for number in mine])
        real = dict(zip(mine, found, strict=True))
        for number, estimate in enumerate(row):
            yield Effect(HEADS, layer, number, real.get(number), estimate)


def estimated(rows: Sequence[Effect]) -> Estimated:
    """How far the estimates are from what was tried."""
    pairs = [(row.real, row.estimate) for row in rows if row.real is not None and row.estimate is not None]
    if not pairs:
        return Estimated(0, None, 0.0, 0.0)
    real, guess = zip(*pairs, strict=True)
    error = sum(abs(a - b) for a, b in pairs) / len(pairs)
    return Estimated(len(pairs), _correlation(real, guess), error, sum(map(abs, real)) / len(real))


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None where one of them is the same everywhere, or there are fewer than five."""
    import numpy as np

    if len(one) < 5 or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    first, second = (np.argsort(np.argsort(row)) for row in (one, other))
    return float(np.corrcoef(first, second)[0, 1])
