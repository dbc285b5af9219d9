"""The one relation that explains the differences between a base and a model, with its margin, or "cannot tell".

The order of the questions, and the numbers that decide, are those of docs/parameters.md; error rates on generated
pairs are in docs/measured/parameters.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.facts.comparison import Kinship, Relation, State
from assay.kernels.types import TYPES
from assay.weights.comparison.difference import Found
from assay.weights.comparison.origin import SAME_COORDINATES, Descent, Origin, body, is_matrix, totals
from assay.weights.comparison.origin import margin as _margin
from assay.weights.fingerprint import FOUND, NONE, RELATED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# the numbers that decide; each has its own scale, and the margin is the distance from it in powers of ten
CONTINUED = 0.20  # relative change of the matrices from which training was as long as the first
LOW_RANK = 0.5  # share of the changed energy that must lie in matrices whose change has a rank
COMMON = 0.80  # |cosine| of the leading direction of one writer's change to that of all
EQUAL = 0.98  # share of blocks equal to re-quantisation, from which they were quantised from the base
WEIGHTED = 0.10  # share up to which blocks are as good as never equal: they were quantised with an importance matrix
# share of values in their cell: between honest copies, with and without an importance matrix, and fine-tunes of 1 %
INSIDE = {
    "Q8_0": 0.98, "Q4_0": 0.985, "Q4_1": 0.99, "Q5_0": 0.98, "Q5_1": 0.98, "Q2_K": 0.965, "Q3_K": 0.975, "Q4_K": 0.992,
    "Q5_K": 0.98, "Q6_K": 0.96, "IQ4_NL": 0.993, "IQ4_XS": 0.993, "MXFP4": 0.982, "NVFP4": 0.99,
}  # fmt: skip
ALIKE, MOST_LAYERS = 0.5, 0.8  # cosine of a layer to one of the base, and how many layers must have it
_UNTESTED = "no test in other coordinates is known for this architecture"
LEAST = 0.1  # margin below which the answer is "cannot tell"


@dataclass(frozen=True, slots=True)
class Judged:
    """A relation, what it would be on the other side of the deciding number, the margin, and why, in sentences."""

    relation: Relation
    runner_up: Relation
    margin: float
    why: tuple[str, ...]


def judged(
    found: Sequence[Found],
    missing: Sequence[str],
    extra: Sequence[str],
    layers: Sequence[tuple[int, int, float]],
    origin: Origin,
    kin: Kinship | None,
    merged: tuple[tuple[str, float], ...] = (),
    unexplained: float = 1.0,
    rescaled: tuple[float, float] | None = None,
) -> Judged:
    """What the differences say.

    Args:
        found: every matched tensor.
        missing, extra: names in the base, and in the model, without a counterpart.
        layers: where layers are not the same, which layer came from which.
        origin: whether the body is the base's.
        kin: the tests on the fingerprints of both, if they have one.
        merged: other models whose weights explain the change, with their shares.
        unexplained: the part of the change that those leave.
        rescaled: the change, and what of it factors on units and norms leave, where they explain it.
    """
    matrices = [row for row in found if is_matrix(row)]
    changed = [row for row in found if row.difference.state is not State.IDENTICAL]
    # layers and what alters no value decide first, then whether the body is the base's, then the kind of change
    answer = _relayered(layers, matrices) or _exact(found, changed, missing, extra) or _elsewhere(origin, kin, rescaled)
    if answer is None:
        answer = (
            _quantised(found)
            or _merge(merged, unexplained)
            or _low_rank(matrices)
            or _wider(found, changed)
            or _trained(found)
        )
    return _agreed(answer, kin)


def _agreed(answer: Judged, kin: Kinship | None) -> Judged:
    """The answer, unless the fingerprints say the opposite: then neither is claimed."""
    if kin is None or answer.relation in (Relation.UNKNOWN, Relation.IDENTICAL, Relation.CAST):
        return answer
    said = "the weights and the sketches of their neurons say opposite things"
    if answer.relation is Relation.UNRELATED and kin.verdict.startswith(FOUND):
        return Judged(Relation.UNKNOWN, Relation.PERMUTED, 0.0, (*answer.why, said))
    if answer.relation is not Relation.UNRELATED and kin.verdict == NONE:
        return Judged(Relation.UNKNOWN, answer.relation, 0.0, (*answer.why, said))
    return answer


def _judged(relation: Relation, other: Relation, margin: float, *why: str) -> Judged:
    if margin < LEAST:
        said = (
            f"the deciding number lies too close to its threshold (margin {margin:.2f}) to tell {relation} from {other}"
        )
        return Judged(Relation.UNKNOWN, relation, margin, (*why, said))
    return Judged(relation, other, margin, why)


def _exact(
    found: Sequence[Found], changed: Sequence[Found], missing: Sequence[str], extra: Sequence[str]
) -> Judged | None:
    if not found:
        return Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, ("no tensor of one has a counterpart in the other",))
    if any(row.pair.base.rows != row.pair.model.rows for row in found):
        return None
    if not changed and (missing or extra):
        why = f"all {len(found):,} tensors that both have are equal to the last bit, and that is not all of them"
        return Judged(Relation.UNKNOWN, Relation.IDENTICAL, 0.0, (why,))
    if missing or extra:
        return None
    if not changed:
        return Judged(
            Relation.IDENTICAL, Relation.CAST, 9.0, (f"all {len(found):,} tensors are equal to the last bit",)
        )
    if all(row.difference.state is State.CAST for row in changed):
        types = sorted({(row.pair.base.dtype, row.pair.model.dtype) for row in changed})
        words = ", ".join(f"{left} and {right}" for left, right in types)
        return Judged(
            Relation.CAST, Relation.FINE_TUNE, 9.0, (f"every value is that of the base, rounded between {words}",)
        )
    return None


def _relayered(layers: Sequence[tuple[int, int, float]], matrices: Sequence[Found]) -> Judged | None:
    if not layers:
        return None
    alike = [row for row in layers if row[2] >= ALIKE]
    shown = ", ".join(f"{layer} from {other}" for layer, other, _ in layers[:12])
    if len(alike) < MOST_LAYERS * len(layers):
        return None
    cosines = sorted((cosine for _, _, cosine in layers), reverse=True)
    deciding = cosines[math.ceil(MOST_LAYERS * len(cosines)) - 1]  # the layer without which there were too few
    _, cosine = totals(matrices)
    why = (
        f"{len(alike):,} of {len(layers):,} layers are like a layer of the base"
        f" (cosine {min(row[2] for row in alike):.3f} or more): {shown}"
    )
    return _judged(
        Relation.LAYERS,
        Relation.UNRELATED,
        _margin(deciding, ALIKE),
        why,
        f"cosine of what is matched {cosine or 0:.4f}",
    )


def _elsewhere(origin: Origin, kin: Kinship | None, rescaled: tuple[float, float] | None) -> Judged | None:
    """Whether the body is not the base's in place: the same model in other coordinates, a part of it, or another."""
    if origin.descent is Descent.IN_PLACE:
        if rescaled is None:
            return None
        said = (
            f"the same up to sign and scale of neurons and norms: factors leave {rescaled[1]:.4f} of a change of"
            f" {rescaled[0]:.4f}"
        )
        return _judged(Relation.PERMUTED, Relation.CONTINUED, _margin(rescaled[1], 0.2 * rescaled[0]), said)
    tests = () if kin is None or not kin.paired else (_words(kin),)
    if origin.descent is Descent.MOVED:
        return _judged(Relation.PERMUTED, Relation.UNRELATED, origin.margin, *origin.why, *tests)
    if origin.descent is Descent.MIXED:
        return Judged(Relation.UNKNOWN, Relation.CONTINUED, 0.0, (*origin.why, *tests))
    if origin.descent is Descent.NO_BODY:
        why = origin.why or ("no matrix of one has a counterpart of its width in the other",)
        answer = Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*why, *tests))
        return answer if kin is None or not kin.paired or kin.verdict != NONE else _by_kin(answer, origin, kin)
    if kin is None or not kin.paired:
        if origin.descent is Descent.INDEPENDENT:
            return _judged(Relation.UNRELATED, Relation.PERMUTED, origin.margin, *origin.why)
        why = (f"cosine of the body {origin.cosine or 0:.4f}", _UNTESTED)
        return Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, why)
    why = origin.why or (f"cosine of the body {origin.cosine or 0:.4f}",)
    if origin.descent is Descent.INDEPENDENT and "embedding" in origin.shared:
        # what is not rotated shows in place: the test in the basis of tokens adds nothing
        return _judged(Relation.UNRELATED, Relation.PERMUTED, origin.margin, *why, *tests)
    return _by_kin(Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*why, *tests)), origin, kin)


def _by_kin(open_: Judged, origin: Origin, kin: Kinship) -> Judged:
    """What the tests in the basis of the tokens decide, where the body is not seen in place."""
    if kin.verdict.startswith(FOUND):
        chance = max(0.3, -min(kin.agreed_log10_p, kin.fixed_log10_p))
        return _judged(Relation.PERMUTED, Relation.UNRELATED, _margin(chance, -RELATED), *open_.why)
    if kin.verdict != NONE:
        few = f"{kin.shared_tokens:.0%} of the sampled tokens are shared"
        return Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*open_.why, few))
    chance = max(0.3, -min(kin.agreed_log10_p, kin.fixed_log10_p))
    distance = min(_margin(chance, -RELATED), origin.margin)
    return _judged(Relation.UNRELATED, Relation.PERMUTED, distance, *open_.why)


def _words(kin: Kinship) -> str:
    return (
        f"{kin.agreed:,} of {kin.paired:,} neurons agree in the token basis"
        f" (chance 10^{round(kin.agreed_log10_p)} at most),"
        f" {kin.fixed:,} of {kin.matched:,} keep their position (10^{round(kin.fixed_log10_p)})"
    )


def _quantised(found: Sequence[Found]) -> Judged | None:
    """Whether a model in a block format holds the base's values, each in the cell of the code that it has."""
    whole = sum(_size(row) for row in found if is_matrix(row))
    packed = [row for row in found if _is_packed(row)]
    if not packed or sum(map(_size, packed)) < 0.5 * whole:
        return None
    rows = [row for row in packed if row.difference.inside is not None]
    types = ", ".join(sorted({row.pair.model.dtype for row in packed}))
    if sum(map(_size, rows)) < 0.5 * sum(map(_size, packed)):
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
        return _judged(
            Relation.QUANTISED_CHANGED, Relation.QUANTISED, max(_off(row, exact) for row in changed), *why_all
        )
    return _judged(Relation.QUANTISED, Relation.QUANTISED_CHANGED, min(_off(row, exact) for row in rows), *why_all)


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
        return _margin(max(1 - equal, 1e-6), 1 - EQUAL)
    return _margin(max(1 - (row.difference.inside or 0.0), 1e-6), 1 - INSIDE[row.pair.model.dtype])


def _size(row: Found) -> int:
    return row.pair.base.rows * row.pair.base.columns


def _merge(merged: tuple[tuple[str, float], ...], unexplained: float) -> Judged | None:
    if not merged or unexplained > 0.1:
        return None
    shares = ", ".join(f"{share:+.3f} {name}" for name, share in merged)
    return _judged(
        Relation.MERGE,
        Relation.FINE_TUNE,
        _margin(max(unexplained, 1e-3), 0.1),
        f"the change is {shares}, but for {unexplained:.2%} of its size",
    )


def _low_rank(matrices: Sequence[Found]) -> Judged | None:
    """A LoRA merge or an ablation: nearly all changed energy in matrices whose change has a rank."""
    changed = [
        row
        for row in matrices
        if row.difference.state is State.CHANGED and row.difference.role not in ("embedding", "head")
    ]
    if not changed:
        return None
    ranked = [row for row in changed if row.difference.rank is not None]
    share = _ranked_share(changed)
    if not ranked or share < LOW_RANK:
        return None
    direction = _common_direction(ranked)
    ones = [row for row in ranked if row.difference.rank == 1]
    if direction is not None and len(ones) >= 0.8 * len(ranked):
        writers = ", ".join(sorted({row.difference.role for row in ones}))
        why = (
            f"{len(ones):,} matrices that write to the residual stream ({writers}) "
            f"changed by rank 1 along one direction (cosine {direction:.3f} or more)"
        )
        return _judged(Relation.ABLATION, Relation.ADAPTER_MERGE, _margin(1 - direction, 1 - COMMON), why)
    ranks = sorted(row.difference.rank or 0 for row in ranked)
    roles = ", ".join(sorted({row.difference.role for row in ranked}))
    same = sum(row.difference.state is State.IDENTICAL for row in matrices)
    of = (
        f"a rank of {ranks[0]}"
        if ranks[0] == ranks[-1]
        else f"ranks of {ranks[0]} to {ranks[-1]}, median {ranks[len(ranks) // 2]}"
    )
    why = (
        f"{len(ranked):,} matrices changed by {of} ({roles}), "
        f"which holds {share:.1%} of the change; {same:,} matrices are identical"
    )
    return _judged(Relation.ADAPTER_MERGE, Relation.FINE_TUNE, _margin(max(1 - share, 1e-4), 1 - LOW_RANK), why)


def _ranked_share(rows: Sequence[Found]) -> float:
    """The share of the changed energy of inner matrices that lies in a low rank."""
    changed = [
        row
        for row in rows
        if is_matrix(row) and row.difference.state is State.CHANGED and row.difference.role not in ("embedding", "head")
    ]
    energy = sum(row.squares[3] for row in changed)
    ranked = sum(row.squares[3] * (row.difference.energy or 0.0) for row in changed if row.difference.rank is not None)
    return ranked / energy if energy > 0 else 0.0


def _common_direction(rows: Sequence[Found]) -> float | None:
    """The least |cosine| of a leading direction, on the side that writes, to the mean of all; None if they differ."""
    import numpy as np

    sides: list[NDArray[np.float32]] = [
        row.left for row in rows if row.left is not None and row.difference.role in ("o", "down")
    ]
    if len(sides) < 3 or len({len(side) for side in sides}) != 1 or len(sides) < 0.8 * len(rows):
        return None
    unit = np.stack([side / max(float(np.linalg.norm(side)), 1e-30) for side in sides])
    mean = (unit * np.sign(unit @ unit[0])[:, None]).mean(axis=0)
    least = float(np.abs(unit @ (mean / max(float(np.linalg.norm(mean)), 1e-30))).min())
    return round(least, 4) if least >= COMMON else None


def _wider(found: Sequence[Found], changed: Sequence[Found]) -> Judged | None:
    """Only the vocabulary grew: the rows that both have are equal."""
    grown = [
        row
        for row in found
        if row.pair.model.rows != row.pair.base.rows and row.difference.role in ("embedding", "head")
    ]
    if not grown:
        return None
    rest = [row for row in changed if row not in grown]
    rows = grown[0].pair
    why = f"the vocabulary has {rows.model.rows:,} rows where the base has {rows.base.rows:,}"
    same = all(row.difference.share == 0.0 for row in grown)
    if rest or not same:
        relative, cosine = totals(found)
        return _judged(
            Relation.VOCABULARY,
            Relation.FINE_TUNE,
            _margin(max(cosine or 0.0, 1e-6), SAME_COORDINATES),
            why,
            f"{len(rest):,} other tensors changed as well, by {relative or 0:.4f} of their size",
        )
    return _judged(Relation.VOCABULARY, Relation.FINE_TUNE, 9.0, why, "every other value is that of the base")


def _trained(found: Sequence[Found]) -> Judged:
    relative, cosine = totals(body(found) or found)
    if relative is None or cosine is None:
        return Judged(Relation.UNKNOWN, Relation.FINE_TUNE, 0.0, ("no matrix with finite values on both sides",))
    why = f"matrices changed by {relative:.4f} of their size, cosine {cosine:.5f}; no low rank, no common direction"
    here, there = Relation.FINE_TUNE, Relation.CONTINUED
    if relative >= CONTINUED:
        here, there = there, here
    share = _ranked_share(found)
    nearest = min(
        (_margin(relative, CONTINUED), there),
        (_margin(max(cosine, 1e-6), SAME_COORDINATES) if relative >= CONTINUED else 9.0, Relation.UNRELATED),
        (_margin(1 - share, 1 - LOW_RANK) if share else 9.0, Relation.ADAPTER_MERGE),
    )
    return _judged(here, nearest[1], nearest[0], why)
