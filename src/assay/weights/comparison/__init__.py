"""Compare two models: match, difference by difference, then the relation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.facts.comparison import Comparison, Kinship, Relation
from assay.facts.config import ModelConfig
from assay.facts.tokenizer import Vocabulary
from assay.lazy import dataclass
from assay.progress import Progress, Steps
from assay.weights.anatomy import group
from assay.weights.comparison import relation
from assay.weights.comparison.difference import Found, compared
from assay.weights.comparison.grid import grids
from assay.weights.comparison.matching import Pair, layer_map, matched, renumbered, side
from assay.weights.comparison.origin import Descent, Origin, body, origin, rescaled, totals
from assay.weights.comparison.quantised import in_blocks
from assay.weights.fingerprint import fingerprint, kinship

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NOT_SHOWN = (Relation.UNRELATED, Relation.UNKNOWN)  # relations of a body that is not, or not surely, the base's
PLAINLY = 0.9  # cosine of feed-forward matrices, from which fingerprints are not asked as well
SAMPLE = 1 << 16  # values of each matrix by which other models' shares are fitted


@dataclass(frozen=True, slots=True)
class Model:
    """One side of a comparison: its weights by name, and what its other files say."""

    name: str
    sha256: str
    weights: Mapping[str, Any]
    config: ModelConfig | None = None
    vocabulary: Vocabulary | None = None


def comparison(
    base: Model, model: Model, others: tuple[Model, ...] = (), progress: Progress | None = None
) -> Comparison:
    """The comparison of `model` with `base`.

    Args:
        base, model: what is compared.
        others: further models of which it may be a merge.
        progress: told how many tensors were compared; it may ask for an end.
    """
    left, right = side(base.weights, base.config), side(model.weights, model.config)
    layers = [] if left.layers == right.layers else layer_map(left, right)
    if layers and sum(cosine >= 0.5 for _, _, cosine in layers) >= 0.8 * len(layers):
        right = renumbered(right, layers)
    pairs, missing, extra = matched(left, right)
    found = _compared_all(pairs, progress)
    from_where = origin(found, left, right)
    kin = _kinship(base, model) if layers or not _plainly_in_place(found, from_where) else None
    merged, unexplained = _shares(pairs, others) if others else ((), 1.0)
    here = from_where.descent is Descent.IN_PLACE
    factors = rescaled(found, left, right) if here else None
    laid = grids(found) if here and not in_blocks(found) else ()
    judged = relation.judged(found, missing, extra, layers, from_where, kin, merged, unexplained, factors, laid)
    relative, cosine = totals(body(found) or found)
    why = (*judged.why, *_unmatched(missing, extra))
    return Comparison(
        base=base.name,
        base_sha256=base.sha256,
        relation=judged.relation,
        runner_up=judged.runner_up,
        margin=judged.margin,
        why=why,
        differences=tuple(row.difference for row in found),
        missing=tuple(missing),
        extra=tuple(extra),
        layers=tuple((layer, other) for layer, other, _ in layers),
        relative=None if relative is None else float(f"{relative:.4g}"),
        cosine=None if cosine is None else round(cosine, 6),
        shared=from_where.shared if judged.relation in _NOT_SHOWN else (),
    )


def _plainly_in_place(found: list[Found], from_where: Origin) -> bool:
    """Whether every feed-forward matrix is so like the base's that no sketch of its neurons could say otherwise."""
    rows = [row for row in body(found) if group(row.pair.place) == "feed-forward"]
    return from_where.descent is Descent.IN_PLACE and all(row.difference.cosine >= PLAINLY for row in rows)


def _unmatched(missing: list[str], extra: list[str]) -> list[str]:
    """A sentence for tensors that only one side has: they were not compared."""
    rows = [("the model lacks", missing, "of the base"), ("the model has", extra, "that the base lacks")]
    return [
        f"{verb} {len(names):,} tensor{'s' if len(names) > 1 else ''} {whose}, {names[0]} first"
        for verb, names, whose in rows
        if names
    ]


def _compared_all(pairs: list[Pair], progress: Progress | None) -> list[Found]:
    steps, found = Steps(progress, "comparing", len(pairs), "tensors"), []
    for pair in pairs:
        found.append(compared(pair))
        steps.add()
    return found


def _kinship(base: Model, model: Model) -> Kinship | None:
    prints = [fingerprint(one.name, one.sha256, one.weights, one.vocabulary) for one in (model, base)]
    return kinship(prints[0], prints[1]) if prints[0] is not None and prints[1] is not None else None


def _shares(pairs: list[Pair], others: tuple[Model, ...]) -> tuple[tuple[tuple[str, float], ...], float]:
    """How much of each other model is in the change, by least squares on samples of every matrix; and what is left."""
    import numpy as np

    sides = [side(one.weights, one.config).places for one in others]
    columns: list[list[NDArray[np.float32]]] = [[] for _ in others]
    bases: list[NDArray[np.float32]] = []
    models: list[NDArray[np.float32]] = []
    for pair in pairs:
        rows = min(pair.base.rows, pair.model.rows, max(1, SAMPLE // max(1, pair.base.columns)))
        theirs = [places.get(pair.place) for places in sides]
        if pair.base.columns != pair.model.columns or any(
            one is None or one.columns != pair.base.columns or one.rows < rows for one in theirs
        ):
            continue
        base = pair.base.read(0, rows).reshape(-1)
        bases.append(base)
        models.append(pair.model.read(0, rows).reshape(-1))
        for column, one in zip(columns, theirs, strict=True):
            assert one is not None
            column.append(one.read(0, rows).reshape(-1) - base)
    if not bases:
        return (), 1.0
    matrix, wanted = (
        np.stack([np.concatenate(column) for column in columns], axis=1).astype(np.float64),
        (np.concatenate(models) - np.concatenate(bases)).astype(np.float64),
    )
    shares, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    size = float(np.linalg.norm(wanted))
    # rounding to a 16-bit type leaves a part of a small change that no share explains; what exceeds it is unexplained
    expected = np.concatenate(bases) + matrix @ shares
    rounding = _rounding(pairs[0].model.dtype, expected)
    if size * size < 3 * rounding:
        return (), 1.0  # the change is not much more than rounding: nothing can be said about its parts
    left = float(np.sum((np.concatenate(models) - expected) ** 2)) - 1.1 * rounding
    unexplained = max(0.0, left) ** 0.5 / size if size else 1.0
    return tuple((one.name, round(float(share), 4)) for one, share in zip(others, shares, strict=True)), unexplained


def _rounding(dtype: str, values: NDArray[np.floating[Any]]) -> float:
    """The squared error that rounding `values` to a type makes on average: a twelfth of each spacing squared."""
    import numpy as np

    bits = {"BF16": 8, "F16": 11}.get(dtype, 24)
    _, exponent = np.frexp(values)
    return float(np.sum(np.ldexp(1.0, exponent - bits) ** 2)) / 12
