"""Whether values lie on a grid that a quantiser laid, and whether they are the base's values moved to it.

A copy that was quantised and stored as plain numbers again (GGUF, GPTQ, AWQ, bitsandbytes, FP8, int8 to BF16 or F32)
holds few values in each group of neighbours, or whole multiples of one step, where the base holds many. If each value
is the one of its group's that lies nearest to the base's, it was quantised from the base. Factors on rows and columns
are taken out first: FP8 and int8 files keep their scale apart, AWQ moves scales into the norm before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.facts.comparison import State
from assay.lazy import dataclass
from assay.weights.comparison.difference import Found
from assay.weights.comparison.origin import body

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS, FITTED = 16, 256  # rows of a matrix that are looked at, and by which the factors of columns are fitted
FIRST, MATRICES = 3, 64  # matrices asked first, and in all if those lie on a grid
SAMPLED = 48  # groups in which a step is looked for
BLURRED = 0.15  # mean distance from whole steps, beyond which there is no step: of values on none it is about 0.2
GROUPS = (16, 32, 64, 128)  # neighbours that share a scale; beside them the whole row
FEWER = 0.75  # distinct values in a group, of those that the base has there
STEPS = 127  # most steps between zero and the largest value of a group
OFF = 0.5  # mean distance from whole steps, of that of the base's values
FACTOR = 0.05  # distance of a fitted factor from one, from which factors are taken out
INSIDE = 0.97  # share of values in their cells from which a group explains them
CODES = 256  # distinct values of a group, beyond which several grids lie over one another and cells cannot be told


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of one matrix: neighbours that share it (0: a row), its values in a group, the share in their cells."""

    name: str
    group: int
    levels: int
    inside: float | None


def grids(found: Sequence[Found]) -> tuple[Grid | None, ...]:
    """The grids of changed matrices of the body, None for each that lies on none; empty unless most of them do."""
    rows = [row for row in body(found) if row.difference.state is State.CHANGED and row.squares[1] > 0]
    rows = [row for row in rows if row.pair.base.rows == row.pair.model.rows and row.pair.base.columns >= GROUPS[0]]
    first = _spread(rows, FIRST)
    answers = {id(row): grid(row) for row in first}
    if not first or sum(answer is not None for answer in answers.values()) <= 0.5 * len(first):
        return ()
    return tuple(answers[id(row)] if id(row) in answers else grid(row) for row in _spread(rows, MATRICES))


def _spread(rows: Sequence[Found], many: int) -> list[Found]:
    count = min(many, len(rows))
    return [rows[n * len(rows) // count] for n in range(count)]


def grid(row: Found) -> Grid | None:
    """The grid that the model's values lie on and the base's do not; None if there is none."""
    import numpy as np

    base, model = (np.array(side.read(0, ROWS), np.float32) for side in (row.pair.base, row.pair.model))
    if base.shape != model.shape or not (np.isfinite(base).all() and np.isfinite(model).all()):
        return None
    name, columns = row.difference.name, base.shape[1]
    few = _few(base, model)
    if few:
        moved = _factored(row, base, model)
        told = [found for found in few if found[1] <= CODES]
        answers = [Grid(name, size if size < columns else 0, most, _nearest(moved, model, size)) for size, most in told]
        # the largest group that explains the values; else the largest that has hardly more of them than the smallest
        answers += [answer for answer in answers if answer.levels <= 1.5 * told[-1][1]][:1]
        fits = [answer for answer in answers if (answer.inside or 0.0) >= INSIDE]
        return next(iter((*fits, *answers[-1:])), Grid(name, 0, few[0][1], None))
    stepped = _stepped(base, model)
    if stepped is None:
        return None
    size, steps = stepped
    return Grid(name, size, 2 * steps + 1, _within(_factored(row, base, model), model, size))


def _few(base: NDArray[np.float32], model: NDArray[np.float32]) -> list[tuple[int, int]]:
    """(group, most values in one) of each group in which the model has clearly fewer values than the base."""
    import numpy as np

    columns = base.shape[1]
    found = []
    filled = np.where(model == 0, base, model)  # values that were pruned are equal, and lie on no grid
    for size in (columns, *(size for size in reversed(GROUPS) if columns % size == 0 and size < columns)):
        mine, theirs = _distinct(filled, size), _distinct(base, size)
        if float(mine.mean()) <= FEWER * float(theirs.mean()):
            found.append((size, int(_distinct(model, size).max())))
    return found


def _distinct(values: NDArray[np.float32], size: int) -> Any:
    import numpy as np

    ordered = np.sort(values.reshape(-1, size), axis=1)
    return 1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)


def _stepped(base: NDArray[np.float32], model: NDArray[np.float32]) -> tuple[int, int] | None:
    """(group, steps from zero) where values are whole multiples of one: six and eight bits leave few values equal."""
    found: list[tuple[int, float, int]] = []
    for size in (size for size in GROUPS if base.shape[1] % size == 0):
        mine = _off(model, size)
        if mine is None or mine[0] > BLURRED:
            continue
        theirs = _off(base, size)
        if theirs is not None and mine[0] <= OFF * theirs[0]:
            found.append((size, mine[0], mine[1]))
    least = min((off for _, off, _ in found), default=0.0)
    return next(((size, steps) for size, off, steps in reversed(found) if off <= 1.5 * least + 0.01), None)


def _off(values: NDArray[np.float32], size: int) -> tuple[float, int] | None:
    """(mean distance of small values to whole steps, the median number of steps), by the step that fits each group."""
    import numpy as np

    groups = values.reshape(-1, size)[:SAMPLED]
    most = np.abs(groups).max(axis=1, keepdims=True)
    groups = groups[most[:, 0] > 0]
    if not len(groups):
        return None
    off, steps = _fitted(groups)
    return float(off.mean()), int(np.median(steps))


def _fitted(groups: Any) -> tuple[Any, Any]:
    """For each group the mean distance to whole steps of its small values, and the steps up to its largest value."""
    import numpy as np

    most = np.abs(groups).max(axis=1, keepdims=True)
    off = np.full((STEPS + 1, len(groups)), 1.0, np.float32)
    for count in range(8, STEPS + 1):
        scaled = groups * (count / most)
        small = np.abs(scaled) <= max(16, count // 3)  # rounding to 16 bits blurs the multiples beyond
        away = np.abs(scaled - np.rint(scaled)) * small
        off[count] = away.sum(axis=1) / np.maximum(small.sum(axis=1), 1)
    # a half of the step fits as well: the fewest steps that fit about as well as any
    steps = (off <= 1.3 * off.min(axis=0) + 0.01).argmax(axis=0)
    return off[steps, np.arange(len(groups))], steps


def _within(base: NDArray[np.float32], model: NDArray[np.float32], size: int) -> float:
    """The share of values within half a step of the base's, and the rounding of the type that they are stored in."""
    import numpy as np

    mine, theirs = (side.reshape(-1, size)[:512] for side in (model, base))
    most = np.abs(mine).max(axis=1, keepdims=True)
    filled = most[:, 0] > 0
    mine, theirs, most = mine[filled], theirs[filled], most[filled]
    _, steps = _fitted(mine)
    reach = 0.52 * most / steps[:, None] + np.abs(mine) * np.float32(2**-8)
    return float(np.mean(np.abs(mine - theirs) <= reach))


def _nearest(base: NDArray[np.float32], model: NDArray[np.float32], size: int) -> float:
    """The share of values that are, of all in their group, the one nearest to the base's value."""
    import numpy as np

    inside = total = 0
    for mine, theirs in zip(model.reshape(-1, size), base.reshape(-1, size), strict=True):
        levels = np.unique(mine)
        at = np.clip(np.searchsorted(levels, theirs), 1, max(1, len(levels) - 1))
        low, high = levels[at - 1], levels[np.minimum(at, len(levels) - 1)]
        least = np.minimum(np.abs(theirs - low), np.abs(theirs - high))
        inside += int(np.count_nonzero(np.abs(theirs - mine) <= least * np.float32(1.04) + np.abs(mine) * 2**-9))
        total += len(mine)
    return inside / total if total else 0.0


def _factored(row: Found, base: NDArray[np.float32], model: NDArray[np.float32]) -> NDArray[np.float32]:
    """The base with the factors on its rows and columns that the model has, where it has any."""
    import numpy as np

    dot, size, *_ = row.squares
    whole = dot / size if size > 0 else 1.0
    if abs(whole - 1) <= FACTOR and row.difference.relative < 0.15:
        return base
    a, b = (np.array(side.read(0, FITTED), np.float32) for side in (row.pair.base, row.pair.model))
    columns = _fit(a, b, 0)
    base = base * columns
    rows = _fit(base, model, 1)
    return np.asarray(base * rows[:, None], np.float32)


def _fit(base: Any, model: Any, axis: int) -> Any:
    import numpy as np

    energy = (base * base).sum(axis=axis)
    return np.divide((base * model).sum(axis=axis), energy, out=np.ones_like(energy), where=energy > 0)
