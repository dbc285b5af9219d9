"""The token that is looked into: what stands before it, what it is, and what it competes with."""

from __future__ import annotations

from typing import Any

from assay.facts.inside import Proof
from assay.lazy import dataclass
from assay.runtime.points import AFTER, BEFORE, HEADS, Inner, Text

MOST_ROWS = 1024  # tokens of rows that are read side by side
# errors within rounding: as a share of the largest of the numbers compared, in 32-bit and in 16-bit floats
BOUND, BOUND_HALF = 1e-4, 0.05


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer after its context, which was read: `text`, of which every layer's states were kept."""

    inner: Inner
    text: Text
    id: int
    other: int

    @property
    def logits(self) -> Any:
        """float32[vocabulary]: after the context."""
        return self.text.run.logits[0]

    def rows(self) -> int:
        """How many rows of this text are read side by side."""
        return max(1, MOST_ROWS // max(1, len(self.text.ids) - self.text.before))

    def logprob(self, logits: Any) -> Any:
        """float32[rows]: the token's log-probability, in nats."""
        return logits.log_softmax(-1)[:, self.id]

    def margin(self, logits: Any) -> Any:
        """float32[rows]: by how much the token's logit is above the other's."""
        return logits[:, self.id] - logits[:, self.other]

    @property
    def lead(self) -> float:
        """The margin after the context as it is."""
        return float(self.margin(self.text.run.logits)[0])

    def stream(self) -> Any:
        """[layers + 1, width]: the residual stream at the last token, before each layer and after the last."""
        kept, layers = self.text.run.kept, self.inner.layers
        rows = [kept[BEFORE, layer][0, -1] for layer in range(layers)]
        return self.inner.torch.stack([*rows, kept[AFTER, layers - 1][0, -1]])


def has_heads(inner: Inner) -> bool:
    """Whether the heads of every layer can be had."""
    return bool(inner.structure.heads) and not any(view == HEADS for view, _ in inner.structure.lacking)


def proof(inner: Inner, view: str, claim: str, found: Any, expected: Any) -> Proof:
    """Whether two arrays are the same up to rounding; the error is a share of the largest expected number."""
    size = float(expected.abs().max()) or 1.0
    error = float((found - expected).abs().max()) / size
    return Proof(view, claim, error, BOUND_HALF if inner.half else BOUND)
