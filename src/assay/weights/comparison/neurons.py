"""Whether units inside layers are those of the base, whatever their order, sign and scale.

A feed-forward neuron reads from the residual stream and writes to it; so does each dimension of an attention head. An
exchange of units, or a factor on one side that the other undoes, leaves the function as it is. Units are matched by
|cosine| on two sides separately, mutual nearest neighbours; if both models came from independent starts, the two
matchings agree by chance alone (Zhu et al., "Independence Tests for Language Models", 2025, section 3). What a norm
scales is put into the matrices that read it, so that a norm folded into them alters nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay.facts.role import Place
from assay.lazy import dataclass
from assay.weights.anatomy import is_token_embedding
from assay.weights.comparison.matching import Matrix, Side
from assay.weights.fingerprint import log10_bound, mutual, together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYERS, UNITS, WIDTH = 4, 384, 128  # layers, units of the base, dimensions of a sketch that are compared
FITTED = 256  # rows from which factors are fitted
MOST = 1 << 28  # values of a matrix that is read whole
SEED = 20_260_102
Units = tuple[Any, Any]  # what each unit has on one side, and on another: float32[units, hidden]


@dataclass(frozen=True, slots=True)
class Match:
    """Units found again on both sides alike, of those matched on both; how alike; the bound of the chance (log10)."""

    group: str
    agreed: int
    paired: int
    log10_p: float
    likeness: float


def layers_of(base: Side, model: Side, tower: str) -> list[int]:
    """Up to four layers that both have, spread over the tower."""
    numbers = [{place.layer for place in one.places if place.tower == tower} for one in (base, model)]
    both = sorted(layer for layer in numbers[0] & numbers[1] if layer is not None)
    many = min(LAYERS, len(both))
    return [both[n * len(both) // many] for n in range(many)]


def matches(base: Side, model: Side, tower: str, group: str, layers: list[int]) -> Match | None:
    """Units of a group of matrices in these layers matched; None where the architecture has none that are known."""
    import numpy as np

    rows: list[tuple[int, int, float]] = []
    alike: list[NDArray[np.float32]] = []
    for layer in layers:
        mine, theirs = (dict(_units(one, tower, group, layer)) for one in (model, base))
        for kind in sorted(set(mine) & set(theirs)):
            found = _matched(theirs[kind], mine[kind])
            if found is not None:
                rows.append(found[:3])
                alike.append(found[3])
    if not rows:
        return None
    agreed, paired, chance = together(rows)
    cosines = np.concatenate(alike)
    return Match(group, agreed, paired, chance, float(np.median(cosines)) if len(cosines) else 0.0)


def _matched(base: Units, model: Units) -> tuple[int, int, float, NDArray[np.float32]] | None:
    import numpy as np

    if base[0].shape[1] != model[0].shape[1] or min(len(base[0]), len(model[0])) < 4:
        return None
    many = min(UNITS, len(base[0]), len(model[0]))
    chosen = np.arange(many) * len(base[0]) // many
    answers = []
    for side in range(2):
        a, b = base[side][chosen], model[side]
        sketch = _sketch(a.shape[1])
        left, right = mutual(a if sketch is None else a @ sketch, b if sketch is None else b @ sketch)
        answer = np.full(many, -1 - side)
        answer[left] = right
        answers.append(answer)
    hits = np.flatnonzero((answers[0] == answers[1]) & (answers[0] >= 0))
    both = int(((answers[0] >= 0) & (answers[1] >= 0)).sum())
    cosines = np.minimum(*(np.abs(_cosines(base[s][chosen[hits]], model[s][answers[0][hits]])) for s in range(2)))
    return len(hits), both, log10_bound(len(hits), both, len(model[0])), cosines


def _sketch(width: int) -> NDArray[np.float32] | None:
    import numpy as np

    if width <= WIDTH:
        return None
    return np.random.Generator(np.random.PCG64(SEED)).standard_normal((width, WIDTH), np.float32)


def _cosines(a: Any, b: Any) -> Any:
    import numpy as np

    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.divide(np.einsum("ij,ij->i", a, b), norms, out=np.zeros(len(a), np.float32), where=norms > 0)


def _units(one: Side, tower: str, group: str, layer: int) -> Iterator[tuple[str, Units]]:
    """(which matrices, both sides of their units) of the group in a layer."""
    parts = {
        place.role: matrix
        for place, matrix in one.places.items()
        if (place.tower, place.layer, place.kind, place.expert) == (tower, layer, "weight", None)
        and matrix.rows * matrix.columns <= MOST
    }
    hidden = _hidden(one, parts)
    if group == "feed-forward" and "up" in parts:
        norm = _norm(parts.get("ffn_norm"), hidden)
        up, down = _reader(parts["up"], hidden), parts.get("down")
        if "gate" in parts:
            gate = _reader(parts["gate"], hidden)
            if gate.shape == up.shape:
                yield "gate, up", (gate * norm, up * norm)
        elif down is not None:
            writer = _writer(down, up.shape[0])
            if writer is not None:
                yield "up, down", (up * norm, writer)
    if group == "attention":
        norm = _norm(parts.get("attn_norm"), hidden)
        yield from _attention(one, parts, hidden, norm)


def _attention(one: Side, parts: dict[str, Matrix], hidden: int | None, norm: Any) -> Iterator[tuple[str, Units]]:
    import numpy as np

    q, k, v = (_reader(parts[role], hidden) if role in parts else None for role in ("q", "k", "v"))
    if "qkv" in parts and q is None:
        fused = _reader(parts["qkv"], hidden)
        if len(fused) % 3 == 0:
            q, k, v = np.split(fused, 3)
    head = one.config.head_size if one.config is not None else None
    if q is not None and k is not None:
        q = _grouped(q, len(k), head)
        if q is not None:
            yield "q, k", (q * norm, k * norm)
    if v is not None and "o" in parts:
        inner = parts["o"].rows * parts["o"].columns // max(1, v.shape[1])
        writer = _writer(parts["o"], inner)
        writer = None if writer is None else _grouped(writer, len(v), head)
        if writer is not None:
            yield "v, o", (v * norm, writer)


def _grouped(units: Any, many: int, head: int | None) -> Any:
    """Units of query heads added up over each group that shares a key-value head; None where groups are not known."""
    if len(units) == many:
        return units
    if not head or many % head or len(units) % many:
        return None
    return units.reshape(many // head, len(units) // many, head, -1).sum(axis=1).reshape(many, -1)


def _hidden(one: Side, parts: dict[str, Matrix]) -> int | None:
    """The width of the residual stream: that of a norm, or of the token embedding."""
    for role in ("ffn_norm", "attn_norm"):
        if role in parts and parts[role].rows == 1:
            return parts[role].columns
    tables = [matrix.columns for place, matrix in one.places.items() if is_token_embedding(place)]
    return tables[0] if tables else None


def _reader(matrix: Matrix, hidden: int | None) -> Any:
    """float32[units, hidden] of a matrix that reads the residual stream, whichever way it is stored."""
    values = matrix.read()
    turned = hidden is not None and values.shape[1] != hidden and values.shape[0] == hidden
    return values.T if turned or (matrix.name.endswith("c_attn.weight") and values.shape[1] > len(values)) else values


def _writer(matrix: Matrix, units: int) -> Any:
    """float32[units, hidden] of a matrix that writes to the residual stream; None if it has not that many units."""
    values = matrix.read()
    if values.shape[1] == units and not (values.shape[0] == units and "c_proj" in matrix.name):
        return values.T
    return values if len(values) == units else None


def _norm(matrix: Matrix | None, hidden: int | None) -> Any:
    import numpy as np

    if matrix is None or matrix.rows != 1 or matrix.columns != hidden:
        return np.float32(1)
    found = matrix.read().reshape(-1)
    return found if np.isfinite(found).all() and np.abs(found).min() > 0 else np.float32(1)


def unscaled(base: Side, model: Side, place: Place) -> tuple[float, float] | None:
    """(relative change of a matrix as it stands, the least that factors on its rows or columns leave of it).

    From a sample of rows. None where the matrices cannot be laid beside one another.
    """
    import numpy as np

    a, b = base.places.get(place), model.places.get(place)
    if a is None or b is None or (a.rows, a.columns) != (b.rows, b.columns) or a.rows * a.columns > MOST:
        return None
    sides = []
    for one, matrix in ((base, a), (model, b)):
        values = matrix.read(0, FITTED)
        norm = _norm(one.places.get(_norm_place(place)), values.shape[1]) if _norm_place(place) else np.float32(1)
        sides.append((values, values * norm))
    size = float(np.linalg.norm(sides[0][0]))
    if not size or not all(np.isfinite(side[1]).all() for side in sides):
        return None
    raw = float(np.linalg.norm(sides[1][0] - sides[0][0])) / size
    left, right = sides[0][1], sides[1][1]
    rest = []
    for x, y in ((left, right), (left.T, right.T)):
        along = np.einsum("ij,ij->i", x, y) / np.maximum(np.einsum("ij,ij->i", x, x), 1e-30)
        change = y - x * along[:, None]
        rest.append(float(np.linalg.norm(change)) / max(float(np.linalg.norm(y)), 1e-30))
    return raw, min(rest)


def _norm_place(place: Place) -> Place:
    role = "attn_norm" if place.role in ("q", "k", "v", "qkv") else "ffn_norm"
    return Place(place.layer, role if place.role in ("q", "k", "v", "qkv", "gate", "up") else "none", tower=place.tower)
