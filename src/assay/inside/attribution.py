"""Split the answer's logit into what each part of each layer wrote: direct logit attribution (arXiv:2211.00593).

The last state is the embedding plus what every layer's attention and MLP added. With the final norm's scale held still
the head is linear in it, so that the logit is a sum; a head's share is its part of attention's output, and a token's
is what the heads took from it (arXiv:2309.16042 compares such views). Contributions are exact; the sum is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.inside import Attribution, Proof, Share
from assay.inside._token import Token, has_heads, proof
from assay.lazy import dataclass
from assay.runtime.points import AFTER, BEFORE, HEADS, PATTERN, VALUES, Frozen

EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class _Direction:
    """float32[width] whose product with the last state is a logit, without the shift of norms; and the rest of it."""

    along: Any
    constant: float


def attribution(token: Token) -> tuple[Attribution, tuple[Proof, ...]]:
    """The sum and its proofs: of the parts, and where heads can be had of heads, patterns and tokens."""
    inner, run = token.inner, token.text.run
    norm = inner.frozen(inner.structure.norm, run.kept[AFTER, inner.layers - 1][0, -1])
    own, other = _direction(token, norm, token.id), _direction(token, norm, token.other)
    parts = [Share(EMBEDDING, 0, *_both(run.kept[BEFORE, 0][0, -1], own, other))]
    for layer, block in enumerate(inner.structure.blocks):
        states = ((row.kind, run.kept[row.kind, layer][0, -1]) for row in block.writers)
        parts += [Share(kind, layer, *_both(state, own, other)) for kind, state in states]
    logit = sum(row.logit for row in parts) + own.constant
    raw = _uncapped(token)
    torch = inner.torch
    claim = "embedding, parts of layers and constants add up to the logit"
    proofs = [proof(inner, "attribution", claim, torch.tensor([logit]), torch.tensor([raw]))]
    heads: tuple[tuple[float, ...], ...] = ()
    tokens: tuple[float, ...] = ()
    if has_heads(inner):
        split = _Split(token, own)
        heads, tokens = split.heads, split.tokens
        proofs += split.proofs()
    margin = sum(row.margin for row in parts) + own.constant - other.constant
    return Attribution(logit, margin, own.constant, tuple(parts), heads, tokens), tuple(proofs)


def _direction(token: Token, norm: Frozen, id: int) -> _Direction:
    row, bias = token.inner.unembedding(id)
    return _Direction(norm.pulled(row), float(row @ norm.shift) + bias)


def _both(state: Any, own: _Direction, other: _Direction) -> tuple[float, float]:
    """(share of the logit, of the margin) of what was added to the residual stream."""
    logit = float(state.float() @ own.along)
    return logit, logit - float(state.float() @ other.along)


def _uncapped(token: Token) -> float:
    """The logit before a cap bends it: contributions add up to that."""
    cap, logit = token.inner.structure.cap, token.logits[token.id].double()
    return float(cap * token.inner.torch.atanh(logit / cap)) if cap else float(logit)


class _Split:
    """Attention's contributions, by head and by the token that they were taken from."""

    def __init__(self, token: Token, own: _Direction) -> None:
        self._token, self._own = token, own
        rows = list(self._layers())
        torch = token.inner.torch
        self.heads = tuple(tuple(row.tolist()) for row, _, _ in rows)
        whole = sum(by_token for _, by_token, _ in rows)
        self._rest = [rest for _, _, rest in rows]
        last = token.text.run.kept[BEFORE, 0][0, -1].float() @ own.along
        for layer, block in enumerate(token.inner.structure.blocks):
            for part in block.writers:
                if not part.kind.startswith("attention"):
                    last = last + token.text.run.kept[part.kind, layer][0, -1].float() @ own.along
        self.tokens = tuple((whole + torch.nn.functional.pad(last[None], (whole.shape[0] - 1, 0))).tolist())

    def _layers(self) -> Iterator[tuple[Any, Any, float]]:
        """(float32[heads], float32[tokens], the rest: shifts and biases) of each layer's attention."""
        inner, run = self._token.inner, self._token.text.run
        count = inner.structure.heads
        for layer, block in enumerate(inner.structure.blocks):
            part = next(row for row in block.writers if row.kind == "attention")
            along, rest = self._own.along * part.factor, 0.0
            if part.norms:
                norm = inner.frozen(part.norms[0], run.bases[part.kind, layer][0, -1])
                rest, along = float(along @ norm.shift), norm.pulled(along)
            matrix, bias = inner.projection(layer)
            back = (matrix.T @ along).reshape(count, -1)
            mixed = run.kept[HEADS, layer][0, -1].float().reshape(count, -1)
            pattern = run.kept[PATTERN, layer][0, :, -1]
            by_token = (pattern * (self._values(layer) @ back[:, :, None])[..., 0]).sum(0)
            yield (mixed * back).sum(-1), by_token, rest + float(bias @ along)

    def _values(self, layer: int) -> Any:
        """float32[heads, tokens, size]: what each head mixes; some share them."""
        values = self._token.text.run.kept[VALUES, layer][0].float()
        return values.repeat_interleave(self._token.inner.structure.heads // values.shape[0], 0)

    def proofs(self) -> Iterator[Proof]:
        """Heads add up to attention; patterns times values are what the heads put out."""
        inner, run = self._token.inner, self._token.text.run
        torch = inner.torch
        added = torch.tensor([sum(row) + rest for row, rest in zip(self.heads, self._rest, strict=True)])
        given = torch.stack(
            [run.kept["attention", layer][0, -1].float() @ self._own.along for layer in range(inner.layers)]
        ).cpu()
        yield proof(inner, "heads", "the heads of a layer add up to what its attention gives", added, given)
        errors = []
        for layer in range(inner.layers):
            found = (run.kept[PATTERN, layer][0, :, -1:] @ self._values(layer))[:, 0].flatten()
            expected = run.kept[HEADS, layer][0, -1].float().flatten()
            errors.append(proof(inner, "pattern", "attention times values is what the heads put out", found, expected))
        yield max(errors, key=lambda row: row.error)
