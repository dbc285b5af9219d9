"""One tensor against another: identical, re-cast, re-quantised or changed, by how much, and of which rank.

Reads rows in chunks, so that memory is bounded by one matrix of changes, and not at all where bytes are equal.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from assay import kernels
from assay.facts.comparison import State, TensorDifference
from assay.kernels.types import TYPES
from assay.lazy import dataclass
from assay.weights.anatomy import BODY, group
from assay.weights.comparison.constants import ROWS, constant, likeness
from assay.weights.comparison.matching import Matrix, Pair, Turned
from assay.weights.packing import Packed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 1 << 17  # values compared at a time: half a MiB as float32 on each side
MOST_RANKED = 1 << 26  # values of a change whose singular values are looked at: 256 MiB
LEAST_RANKED = 32  # rows and columns below which rank says nothing
FIRST, FURTHER = 24, (80, 272)  # directions of the sketch: a few first, more only where those catch much
BEYOND = 1.3  # times what noise would hold, from which a rank is looked for
TOLERANCE = 1.02  # of half a step: the scale is stored in f16
SEED = 20_260_101


@dataclass(slots=True)
class Found:
    """The difference as a fact, and what only the relation needs.

    `computed` says that the values are a table that is computed and not learned; `likeness` how much more alike the two
    are at the same position than elsewhere, `zeroed` which share of the changed values became zero; `left` and `right`
    are the leading directions of the change.
    """

    difference: TensorDifference
    pair: Pair
    squares: tuple[float, float, float, float]  # dot, |base|^2, |model|^2, |change|^2
    left: NDArray[np.float32] | None = None
    right: NDArray[np.float32] | None = None
    computed: bool = False
    likeness: float | None = None
    zeroed: float = 0.0


@dataclass(slots=True)
class _Sums:
    dot: float = 0.0
    base: float = 0.0
    model: float = 0.0
    change: float = 0.0
    largest: float = 0.0
    changed: int = 0
    values: int = 0
    cast: bool = True
    inside: int = 0
    steps: int = 0
    equal: int = 0
    blocks: int = 0
    matrix: NDArray[np.float32] | None = None
    computed: bool = False
    likeness: float | None = None
    zeroed: float = 0.0

    def add(self, found: tuple[float, float, float, float, float, int], values: int) -> None:
        """Add what the kernel found in some rows."""
        dot, base, model, change, largest, changed = found
        self.dot += dot
        self.base += base
        self.model += model
        self.change += change
        self.largest = max(self.largest, largest)
        self.changed += changed
        self.values += values


def compared(pair: Pair) -> Found:
    """The difference of one pair; only the rows that both have are compared."""
    if _same_bytes(pair.base, pair.model):
        size, computed = _weighed(pair)
        fact = _fact(pair, State.IDENTICAL, _Sums(), 0.0, 1.0)
        return Found(fact, pair, (size, size, size, 0.0), computed=computed, likeness=1.0)
    rows = min(pair.base.rows, pair.model.rows)
    if pair.base.columns != pair.model.columns or not rows or not (_valued(pair.base) and _valued(pair.model)):
        return Found(_fact(pair, State.CHANGED, _Sums(), 1.0, 0.0), pair, (0.0, 0.0, 0.0, 0.0))
    sums = _summed(pair, rows)
    relative = (sums.change / sums.base) ** 0.5 if sums.base > 0 else float(sums.change > 0)
    norms = (sums.base * sums.model) ** 0.5
    cosine = sums.dot / norms if norms > 0 else 0.0
    squares = (sums.dot, sums.base, sums.model, sums.change)
    state = _state(pair, sums)
    rank = energy = left = right = None
    if state is State.CHANGED and sums.matrix is not None and 0 < sums.change < math.inf:
        rank, energy, left, right = _low_rank(sums.matrix, sums.change)
    fact = _fact(pair, state, sums, relative, cosine, rank, energy)
    return Found(fact, pair, squares, left, right, sums.computed, sums.likeness, sums.zeroed)


def _learned(pair: Pair) -> bool:
    """Whether the tensor is by its name a matrix that training sets."""
    return pair.place.known and pair.place.kind == "weight" and group(pair.place) in BODY


def _valued(matrix: Matrix) -> bool:
    """Whether the tensor holds values: a packed matrix does, a stored tensor by its type."""
    return not hasattr(matrix, "raw") or (matrix.dtype in TYPES and TYPES[matrix.dtype].valued)


def _weighed(pair: Pair) -> tuple[float, bool]:
    """(|matrix|^2, whether it is a computed table), from first rows: an identical matrix is not read again."""
    import numpy as np

    matrix = pair.base
    if not _valued(matrix):
        return 0.0, True
    known = _learned(pair)
    rows = matrix.read(0, 16 if known else ROWS)
    found = float(np.einsum("ij,ij->", rows, rows, dtype=np.float64))
    size = found * matrix.rows / len(rows) if len(rows) and np.isfinite(found) else 0.0
    return size, constant(rows, learned_role=known)


def _same_bytes(left: Matrix, right: Matrix) -> bool:
    """Equal type, shape and bytes, by bytes alone; only tensors as stored can be asked."""
    same = getattr(left, "same_bytes", None)
    return bool(same is not None and hasattr(right, "same_bytes") and same(right))


def _summed(pair: Pair, rows: int) -> _Sums:
    import numpy as np

    sums = _Sums()
    columns = pair.base.columns
    step = max(1, CHUNK // max(1, columns))
    if any(isinstance(side, (Packed, Turned)) for side in (pair.base, pair.model)):
        step = rows  # whatever is asked of these, the whole matrix is unpacked
    ranked = (
        min(rows, columns) >= LEAST_RANKED
        and rows * columns <= MOST_RANKED
        and pair.place.role not in ("embedding", "head")
    )
    narrow, wide = _narrower(pair)
    differ = pair.base.dtype != pair.model.dtype
    sums.matrix = np.empty((rows, columns), np.float32) if ranked else None
    for start in range(0, rows, step):
        a, b = pair.base.read(start, min(rows, start + step)), pair.model.read(start, min(rows, start + step))
        a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
        change = sums.matrix[start : start + len(a)].reshape(-1) if sums.matrix is not None else None
        found = kernels.difference(a.reshape(-1), b.reshape(-1), change)
        sums.add(found, a.size)
        sums.cast = sums.cast and (not found[-1] or (differ and _is_cast(narrow, wide, a, b)))
        _quantisation(pair, start, a, b, sums)
        if not start and rows > 1:
            sums.computed = any(constant(side, learned_role=_learned(pair)) for side in (a, b))
            sums.likeness = likeness(a, b)
            moved = a != b
            sums.zeroed = float(np.mean(b[moved] == 0)) if moved.any() else 0.0
    return sums


def _narrower(pair: Pair) -> tuple[str, bool]:
    """(the narrower type of the two, whether it is the model's); what is packed is read as 32-bit values."""
    sizes = {"F64": 8, "BF16": 2, "F16": 2}
    left, right = sizes.get(pair.base.dtype, 4), sizes.get(pair.model.dtype, 4)
    return (pair.model.dtype, True) if right <= left else (pair.base.dtype, False)


def _is_cast(dtype: str, of_model: bool, base: NDArray[np.float32], model: NDArray[np.float32]) -> bool:
    """Whether rounding one side to the other's type gives the other side, in every value."""
    import numpy as np

    from assay.kernels.lattice import rounded

    wide, narrow = (base, model) if of_model else (model, base)
    expected = rounded(dtype, wide.reshape(-1))
    return expected is not None and bool(np.array_equal(expected, narrow.reshape(-1), equal_nan=True))


def _quantisation(pair: Pair, start: int, base: NDArray[np.float32], model: NDArray[np.float32], sums: _Sums) -> None:
    """Shares of values in their cell and of blocks equal to re-quantisation, for a type of equal steps."""
    import numpy as np

    from assay.kernels import lattice

    name = pair.model.dtype
    if name not in lattice.HAS_CELL or pair.base.dtype == name or not hasattr(pair.model, "raw"):
        return
    kind = TYPES[name]
    size = model.size // kind.elements * kind.bytes
    packed = np.frombuffer(pair.model.raw(start * model.shape[1] // kind.elements * kind.bytes, size), np.uint8)
    reach = lattice.steps(name, packed) * np.float32(TOLERANCE / 2)
    sums.inside += int(np.count_nonzero(np.abs(model.reshape(-1) - base.reshape(-1)) <= reach))
    sums.steps += model.size
    if name in lattice.REQUANTISES:
        again = lattice.quantised(name, base.reshape(-1)).reshape(-1, kind.bytes)
        sums.equal += int(np.count_nonzero((again == packed.reshape(-1, kind.bytes)).all(axis=1)))
        sums.blocks += len(again)


def _state(pair: Pair, sums: _Sums) -> State:
    if not sums.changed:
        return State.IDENTICAL if pair.base.dtype == pair.model.dtype else State.CAST
    if sums.cast:
        return State.CAST
    if sums.blocks and sums.equal == sums.blocks:
        return State.REQUANTISED
    return State.CHANGED


def _low_rank(change: NDArray[np.float32], whole: float) -> tuple[int | None, float | None, Any, Any]:
    """(rank, its share of the energy, leading left and right direction) of the change; rank None where it has none.

    A randomised range finder (Halko, Martinsson and Tropp, 2011, algorithm 4.1); the energy beyond the captured part is
    |change|^2 less the captured squares, exactly.
    """
    import numpy as np

    shorter = min(change.shape)
    values, left, right = _sketched(change, min(FIRST, shorter))
    for more in FURTHER:
        caught = float((values.astype(np.float64) ** 2).sum()) / whole
        if (
            caught < BEYOND * _of_noise(change.shape, len(values))
            or _edge(values, whole) is not None
            or len(values) >= shorter
        ):
            break
        values, left, right = _sketched(change, min(more, shorter))
    rank = _edge(values, whole)
    if rank is None or rank > shorter // 3:
        return None, None, left[:, 0], right[0]
    energy = float((values[:rank].astype(np.float64) ** 2).sum()) / whole
    return rank, round(min(1.0, energy), 4), left[:, 0], right[0]


def _of_noise(shape: tuple[int, ...], many: int) -> float:
    """The most energy that `many` singular values of a noise matrix hold: its spectrum ends at (sqrt m + sqrt n)^2."""
    rows, columns = shape
    return min(1.0, many * float(rows**0.5 + columns**0.5) ** 2 / (rows * columns))


def _edge(values: NDArray[np.float32], whole: float) -> int | None:
    """After which singular value the next is half as large or less, with most of the energy before it."""
    import numpy as np

    squares = np.cumsum(values.astype(np.float64) ** 2) / whole
    falls = values[:-1] / np.maximum(values[1:], 1e-30)
    candidates = np.flatnonzero((falls >= 2) & (squares[:-1] >= 0.6))
    if len(candidates):
        return int(candidates[np.argmax(falls[candidates])]) + 1
    return None


def _sketched(
    change: NDArray[np.float32], many: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    import numpy as np

    directions = np.random.Generator(np.random.PCG64(SEED)).standard_normal((change.shape[1], many), np.float32)
    basis, _ = np.linalg.qr(change @ directions)
    left, values, right = np.linalg.svd(basis.T @ change, full_matrices=False)
    return values, basis @ left, right


def _fact(
    pair: Pair,
    state: State,
    sums: _Sums,
    relative: float,
    cosine: float,
    rank: int | None = None,
    energy: float | None = None,
) -> TensorDifference:
    def short(value: float) -> float:
        return float(f"{value:.4g}") if value == value and abs(value) != float("inf") else 0.0

    return TensorDifference(
        artifact=getattr(pair.model, "artifact", ""),
        name=pair.model.name,
        base_name=pair.base.name,
        layer=pair.place.layer,
        role=pair.place.role,
        state=state,
        relative=short(relative),
        cosine=round(cosine, 6) if cosine == cosine else 0.0,
        largest=short(sums.largest),
        share=round(sums.changed / sums.values, 4) if sums.values else 0.0,
        rank=rank,
        energy=energy,
        inside=round(sums.inside / sums.steps, 5) if sums.steps else None,
        equal=round(sums.equal / sums.blocks, 5) if sums.blocks else None,
    )
