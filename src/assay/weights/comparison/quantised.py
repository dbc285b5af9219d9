"""Whether a model is a quantised copy of the base: in a block format, or packed or stored as plain numbers again."""

from __future__ import annotations

from collections.abc import Sequence

from assay.facts.comparison import Relation
from assay.kernels.types import TYPES
from assay.weights.comparison.answer import LEAST, Judged, decided
from assay.weights.comparison.difference import Found
from assay.weights.comparison.grid import Grid
from assay.weights.comparison.origin import is_matrix, margin, values_of

EQUAL = 0.98  # share of blocks equal to re-quantisation, from which they were quantised from the base
CARRIED = 0.95  # share of values that are those nearest to the base's, in a copy on a grid of more than 16 values
WEIGHTED = 0.10  # share up to which blocks are as good as never equal: they were quantised with an importance matrix
# share of values in their cell: between honest copies, with and without an importance matrix, and fine-tunes of 1 %
INSIDE = {
    "Q8_0": 0.98, "Q4_0": 0.985, "Q4_1": 0.99, "Q5_0": 0.98, "Q5_1": 0.98, "Q2_K": 0.965, "Q3_K": 0.975, "Q4_K": 0.992,
    "Q5_K": 0.98, "Q6_K": 0.96, "IQ4_NL": 0.993, "IQ4_XS": 0.993, "MXFP4": 0.982, "NVFP4": 0.99,
}  # fmt: skip


def quantised(found: Sequence[Found]) -> Judged | None:
    """Whether a model in a block format holds the base's values, each in the cell of the code that it has."""
    packed = [row for row in found if _is_packed(row)]
    if not in_blocks(found):
        return None
    rows = [row for row in packed if row.difference.inside is not None]
    types = ", ".join(sorted({row.pair.model.dtype for row in packed}))
    if sum(map(values_of, rows)) < 0.5 * sum(map(values_of, packed)):
        why = f"{types} gives values no cells of their own: the weights fit a quantised copy, and a changed one as well"
        return Judged(Relation.UNKNOWN, Relation.QUANTISED, 0.0, (why,))
    exact = any(_equal(row) and row.difference.layer is not None for row in rows)
    changed = [row for row in rows if not _kept(row, exact)]
    equal = [row.difference.equal for row in rows if row.difference.equal is not None]
    why_all = [
        f"{len(rows) - len(changed):,} of {len(rows):,} {types} tensors hold the base's values, each in its cell"
        f" (at least {min(row.difference.inside or 0.0 for row in rows):.2%} of a tensor)"
    ]
    if equal:
        why_all.append(f"quantising the base again gives {min(equal):.2%} or more of each tensor's blocks to the byte")
    if {row.pair.model.dtype for row in rows} & {"Q2_K", "Q3_K"}:
        why_all.append("at two and three bits a fine-tune of 1 % lies inside the cells as well")
    if changed:
        why_all.append(f"first of those that do not: {changed[0].difference.name}")
        return decided(
            Relation.QUANTISED_CHANGED, Relation.QUANTISED, max(_off(row, exact) for row in changed), *why_all
        )
    return decided(Relation.QUANTISED, Relation.QUANTISED_CHANGED, min(_off(row, exact) for row in rows), *why_all)


def in_blocks(found: Sequence[Found]) -> bool:
    """Whether most of the model is in a block format and the base is not."""
    whole = sum(values_of(row) for row in found if is_matrix(row))
    packed = sum(values_of(row) for row in found if _is_packed(row))
    return bool(packed) and packed >= 0.5 * whole


def _is_packed(row: Found) -> bool:
    """A matrix that the model has in blocks and the base does not."""
    kinds = [TYPES.get(side.dtype) for side in (row.pair.model, row.pair.base)]
    return bool(kinds[0] and kinds[0].elements > 1 and (kinds[1] is None or kinds[1].elements == 1))


def _equal(row: Found) -> bool:
    return row.difference.equal is not None and row.difference.equal >= EQUAL


def _kept(row: Found, exact: bool) -> bool:
    """Equal to re-quantisation; or not at all equal, as an importance matrix makes it, and in the cells nevertheless.

    Such a matrix weighs all layers: where it is `exact` that tensors of some layers are equal, none was used, and those
    that are not equal were changed.
    """
    equal = row.difference.equal
    if _equal(row):
        return True
    if equal is not None and (exact or equal > WEIGHTED):
        return False
    return (row.difference.inside or 0.0) >= INSIDE[row.pair.model.dtype]


def _off(row: Found, exact: bool) -> float:
    """How many powers of ten a tensor lies from the number that decides about it."""
    equal = row.difference.equal
    if equal is not None and (exact or equal > WEIGHTED):
        return margin(max(1 - equal, 1e-6), 1 - EQUAL)
    return margin(max(1 - (row.difference.inside or 0.0), 1e-6), 1 - INSIDE[row.pair.model.dtype])


def dequantised(grids: Sequence[Grid | None], rows: Sequence[Found]) -> Judged | None:
    """A quantised copy stored as plain numbers again, or packed in a way that has no blocks of its own."""
    laid = [row for row in grids if row is not None]
    told = [(row, row.inside) for row in laid if row.inside is not None]
    if not laid:
        return None
    of = laid[len(laid) // 2]
    group = f"{of.group} neighbours" if of.group else "a row"
    dtype = next((row.pair.model.dtype for row in rows if row.difference.name == of.name), "")
    why = [
        f"{len(laid):,} of {len(grids):,} matrices asked hold at most {max(row.levels for row in laid):,} values in"
        f" {group}, where the base has more: quantised, and stored as {dtype}"
    ]
    if not told:
        why.append("grids lie over one another, so whether each value is in its cell cannot be told")
        return decided(Relation.QUANTISED, Relation.QUANTISED_CHANGED, LEAST, *why)
    why.append(f"at least {min(inside for _, inside in told):.2%} of a matrix are the values nearest to the base's")
    off = [row for row, inside in told if inside < _cell(row, dtype)]
    distances = sorted(margin(max(1 - inside, 1e-4), 1 - _cell(row, dtype)) for row, inside in told)
    if len(laid) < len(grids) or len(off) > 0.05 * len(told):
        named = [row.name for row in off][:1]
        why += [f"first of those that are not: {name}" for name in named]
        return decided(Relation.QUANTISED_CHANGED, Relation.QUANTISED, distances[-1] if off else 1.0, *why)
    if min(inside for _, inside in told) < CARRIED:
        why.append("a quantiser that carries its errors on (GPTQ) leaves as many outside as a change of some percent")
    return decided(Relation.QUANTISED, Relation.QUANTISED_CHANGED, distances[len(distances) // 10], *why)


def _cell(row: Grid, dtype: str) -> float:
    """The share in their cells that a copy has: less where few bits and carried errors move values to a neighbour."""
    if row.levels <= 16:
        return 0.60
    return 0.80 if dtype.startswith("GPTQ") else CARRIED
