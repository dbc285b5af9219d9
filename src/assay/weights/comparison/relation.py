"""The one relation that explains the differences between a base and a model, with its margin, or "cannot tell".

The order of the questions, and the numbers that decide, are those of docs/parameters.md; error rates on generated
pairs are in docs/measured/parameters.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.facts.comparison import Kinship, Relation, State
from assay.weights.comparison.answer import Judged, decided
from assay.weights.comparison.difference import Found
from assay.weights.comparison.grid import Grid
from assay.weights.comparison.origin import (
    SAME_COORDINATES,
    Descent,
    Origin,
    body,
    in_place,
    is_matrix,
    margin,
    totals,
    values_of,
)
from assay.weights.comparison.quantised import dequantised, quantised
from assay.weights.fingerprint import FOUND, NONE, RELATED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# the numbers that decide; each has its own scale, and the margin is the distance from it in powers of ten
CONTINUED = 0.20  # relative change of the matrices from which training was as long as the first
LOW_RANK = 0.5  # share of the changed energy that must lie in matrices whose change has a rank
COMMON = 0.80  # |cosine| of the leading direction of one writer's change to that of all
ALIKE, MOST_LAYERS = 0.5, 0.8  # cosine of a layer to one of the base, and how many layers must have it
_UNTESTED = "no test in other coordinates is known for this architecture"


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
    grids: Sequence[Grid | None] = (),
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
        grids: the grids that the values of changed matrices lie on, where most of them do.
    """
    matrices = [row for row in found if is_matrix(row)]
    changed = [row for row in found if row.difference.state is not State.IDENTICAL]
    # layers and what alters no value decide first, then whether the body is the base's, then the kind of change
    answer = _relayered(layers, matrices) or _upcycled(found) or _exact(found, changed, missing, extra)
    if answer is None and origin.descent is Descent.IN_PLACE:
        answer = _pruned(found) or dequantised(grids, body(found))
    answer = answer or _elsewhere(origin, kin, rescaled)
    if answer is None:
        answer = (
            quantised(found)
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
    return decided(
        Relation.LAYERS,
        Relation.UNRELATED,
        margin(deciding, ALIKE),
        why,
        f"cosine of what is matched {cosine or 0:.4f}",
    )


def _upcycled(found: Sequence[Found]) -> Judged | None:
    """Dense layers that became experts: each is a copy of the base's, trained on or not."""
    experts = [row for row in found if row.pair.copied]
    if not experts or not in_place(experts):
        return None
    _, cosine = totals(experts)
    many = 1 + max(row.pair.place.expert or 0 for row in experts)
    why = f"each feed-forward layer is there as {many} experts (cosine {cosine or 0:.4f} to that of the base)"
    return decided(Relation.LAYERS, Relation.UNRELATED, margin(cosine or 1e-6, SAME_COORDINATES), why)


def _pruned(found: Sequence[Found]) -> Judged | None:
    """Only values set to zero."""
    changed = [row for row in body(found) if row.difference.state is State.CHANGED]
    if not changed or any(row.zeroed < 1 for row in changed):
        return None
    share = sum(row.difference.share * values_of(row) for row in changed) / sum(map(values_of, changed))
    why = f"{share:.1%} of the values of {len(changed):,} matrices became zero, every other is the base's"
    return decided(Relation.PRUNED, Relation.FINE_TUNE, 9.0, why)


def _elsewhere(origin: Origin, kin: Kinship | None, rescaled: tuple[float, float] | None) -> Judged | None:
    """Whether the body is not the base's in place: the same model in other coordinates, a part of it, or another."""
    if origin.descent is Descent.IN_PLACE:
        if rescaled is None:
            return None
        said = (
            f"the same up to sign and scale of neurons and norms: factors leave {rescaled[1]:.4f} of a change of"
            f" {rescaled[0]:.4f}"
        )
        return decided(Relation.PERMUTED, Relation.CONTINUED, margin(rescaled[1], 0.2 * rescaled[0]), said)
    tests = () if kin is None or not kin.paired else (_words(kin),)
    if origin.descent is Descent.MOVED:
        return decided(Relation.PERMUTED, Relation.UNRELATED, origin.margin, *origin.why, *tests)
    if origin.descent is Descent.MIXED:
        return Judged(Relation.UNKNOWN, Relation.CONTINUED, 0.0, (*origin.why, *tests))
    if origin.descent is Descent.NO_BODY:
        why = origin.why or ("no matrix of one has a counterpart of its width in the other",)
        answer = Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*why, *tests))
        return answer if kin is None or not kin.paired or kin.verdict != NONE else _by_kin(answer, origin, kin)
    if kin is None or not kin.paired:
        if origin.descent is Descent.INDEPENDENT:
            return decided(Relation.UNRELATED, Relation.PERMUTED, origin.margin, *origin.why)
        why = (f"cosine of the body {origin.cosine or 0:.4f}", _UNTESTED)
        return Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, why)
    why = origin.why or (f"cosine of the body {origin.cosine or 0:.4f}",)
    if origin.descent is Descent.INDEPENDENT and "embedding" in origin.shared:
        # what is not rotated shows in place: the test in the basis of tokens adds nothing
        return decided(Relation.UNRELATED, Relation.PERMUTED, origin.margin, *why, *tests)
    return _by_kin(Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*why, *tests)), origin, kin)


def _by_kin(open_: Judged, origin: Origin, kin: Kinship) -> Judged:
    """What the tests in the basis of the tokens decide, where the body is not seen in place."""
    if kin.verdict.startswith(FOUND):
        chance = max(0.3, -min(kin.agreed_log10_p, kin.fixed_log10_p))
        return decided(Relation.PERMUTED, Relation.UNRELATED, margin(chance, -RELATED), *open_.why)
    if kin.verdict != NONE:
        few = f"{kin.shared_tokens:.0%} of the sampled tokens are shared"
        return Judged(Relation.UNKNOWN, Relation.UNRELATED, 0.0, (*open_.why, few))
    chance = max(0.3, -min(kin.agreed_log10_p, kin.fixed_log10_p))
    distance = min(margin(chance, -RELATED), origin.margin)
    return decided(Relation.UNRELATED, Relation.PERMUTED, distance, *open_.why)


def _words(kin: Kinship) -> str:
    return (
        f"{kin.agreed:,} of {kin.paired:,} neurons agree in the token basis"
        f" (chance 10^{round(kin.agreed_log10_p)} at most),"
        f" {kin.fixed:,} of {kin.matched:,} keep their position (10^{round(kin.fixed_log10_p)})"
    )


def _merge(merged: tuple[tuple[str, float], ...], unexplained: float) -> Judged | None:
    if not merged or unexplained > 0.1:
        return None
    shares = ", ".join(f"{share:+.3f} {name}" for name, share in merged)
    return decided(
        Relation.MERGE,
        Relation.FINE_TUNE,
        margin(max(unexplained, 1e-3), 0.1),
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
        return decided(Relation.ABLATION, Relation.ADAPTER_MERGE, margin(1 - direction, 1 - COMMON), why)
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
    return decided(Relation.ADAPTER_MERGE, Relation.FINE_TUNE, margin(max(1 - share, 1e-4), 1 - LOW_RANK), why)


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
        return decided(
            Relation.VOCABULARY,
            Relation.FINE_TUNE,
            margin(max(cosine or 0.0, 1e-6), SAME_COORDINATES),
            why,
            f"{len(rest):,} other tensors changed as well, by {relative or 0:.4f} of their size",
        )
    return decided(Relation.VOCABULARY, Relation.FINE_TUNE, 9.0, why, "every other value is that of the base")


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
        (margin(relative, CONTINUED), there),
        (margin(max(cosine, 1e-6), SAME_COORDINATES) if relative >= CONTINUED else 9.0, Relation.UNRELATED),
        (margin(1 - share, 1 - LOW_RANK) if share else 9.0, Relation.ADAPTER_MERGE),
    )
    return decided(here, nearest[1], nearest[0], why)
