"""Tables that are computed and not learned: they are the same in every model of an architecture, and prove no descent.

Causal masks, sinusoidal positions, rotary caches, window functions, Fourier bases, mel filters, Hadamard matrices,
position numbers, tensors of one value. They are recognised by their values, whatever they are called: neighbours are
equal, a row is a band in zeros, a short linear recurrence gives the next value, or few directions hold all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS, COLUMNS = 64, 512  # of a tensor, that are looked at
ORDER = 6  # of the recurrence: a sinusoid has 2, one under a raised cosine window 6
UNPREDICTED = 1e-3  # share of the energy that a recurrence may leave: rounding to 16 bits leaves a tenth of it
SHORTEST = 4 * ORDER  # values of a sequence, below which a recurrence always fits
LEAST = 8  # rows from which two tensors are compared position by position
BEYOND_RANK = 1e-4  # share of the energy outside a third of the directions


def constant(sample: NDArray[np.float32], *, learned_role: bool = False) -> bool:
    """Whether rows of a tensor, float32[rows, columns], look computed.

    Args:
        learned_role: the tensor is by its name a projection of a layer, which is learned unless it holds one value.
    """
    import numpy as np

    part = sample[:ROWS, :COLUMNS]
    if not part.size or not np.isfinite(part).all():
        return False
    if np.ptp(part) == 0 or (len(part) > 1 and bool((part == part[0]).all())):
        return True
    return not learned_role and (_in_runs(part) or _orthogonal_signs(sample[:ROWS]) or _predicted(part) or _flat(part))


def _in_runs(part: NDArray[np.float32]) -> bool:
    """Few values in long runs, as a mask has them, or one band of values in each row of zeros, as a filter bank has."""
    import numpy as np

    for values in (part, part.T):
        if values.shape[1] < 8:
            continue
        same = float(np.mean(values[:, 1:] == values[:, :-1]))
        if same >= 0.9 and len(np.unique(values)) <= 8:
            return True
        filled = values != 0
        edges = np.count_nonzero(filled[:, 1:] & ~filled[:, :-1], axis=1) + filled[:, 0]
        if float(filled.mean()) <= 0.3 and int(edges.max()) <= 1:
            return True
    return False


def _orthogonal_signs(rows: NDArray[np.float32]) -> bool:
    """Rows of one size with signs whose products cancel exactly: a Hadamard matrix."""
    import numpy as np

    sizes = np.abs(rows)
    if len(rows) < 4 or sizes.min() <= 0 or np.ptp(sizes) > 1e-3 * float(sizes.max()):
        return False
    signs = np.sign(rows[:, : 1 << (rows.shape[1].bit_length() - 1)]).astype(np.float64)
    products = signs @ signs.T
    return bool(np.abs(products - np.diag(np.diag(products))).max() <= 0.01 * signs.shape[1])


def _predicted(part: NDArray[np.float32]) -> bool:
    """Whether each column, or each row, follows a linear recurrence of its own."""
    return any(len(values) >= SHORTEST and _left(values) < UNPREDICTED for values in (part, part.T))


def _left(values: NDArray[np.float32]) -> float:
    """The share of the energy of the columns that their best recurrence leaves; at most 64 columns are asked."""
    import numpy as np

    columns = values[:, :: max(1, values.shape[1] // 64)].astype(np.float64)
    energy = np.einsum("ij,ij->j", columns, columns)
    columns = columns[:, energy > 0]
    if not columns.shape[1]:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(columns, ORDER + 1, axis=0)  # [times, columns, ORDER + 1]
    before, after = windows[..., :ORDER].transpose(1, 0, 2), windows[..., ORDER].T[..., None]
    products = before.transpose(0, 2, 1) @ before
    ridge = 1e-12 * np.trace(products, axis1=1, axis2=2)[:, None, None] * np.eye(ORDER)
    weights = np.linalg.solve(products + ridge, before.transpose(0, 2, 1) @ after)
    return float(((after - before @ weights) ** 2).sum() / max(float((after**2).sum()), 1e-300))


def _flat(part: NDArray[np.float32]) -> bool:
    """Whether a third of the possible directions hold all rows: a table of positions in two dimensions."""
    import numpy as np

    most = min(part.shape)
    if most < SHORTEST:
        return False
    squares = np.linalg.svd(part.astype(np.float64), compute_uv=False) ** 2
    return bool(squares[most // 3 :].sum() < BEYOND_RANK * squares.sum())


def likeness(base: NDArray[np.float32], model: NDArray[np.float32]) -> float | None:
    """By how much more two tensors are like each other at the same position than at another: mean cosines, -1 to 1.

    What both have everywhere, as a mean that is not zero, cancels. None where there is too little to compare.
    """
    import numpy as np

    columns = base.shape[1]
    if columns >= 64:
        sides = [side[:ROWS, :COLUMNS] for side in (base, model)]
    else:  # a convolution: some rows together are compared as one
        together = -(-256 // max(1, columns))
        many = min(ROWS, len(base) // together)
        if many < LEAST:
            return None
        sides = [side[: many * together].reshape(many, -1) for side in (base, model)]
    if len(sides[0]) < LEAST:
        return None
    units = []
    for side in sides:
        norms = np.linalg.norm(side, axis=1, keepdims=True)
        units.append(np.divide(side, norms, out=np.zeros_like(side), where=norms > 0))
    cosines = units[0] @ units[1].T
    size = len(cosines)
    same = float(np.trace(cosines))
    found = same / size - (float(cosines.sum()) - same) / (size * (size - 1))
    return found if np.isfinite(found) else None
