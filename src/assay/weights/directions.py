"""Directions of the residual stream that its writers share: one that all leave empty, one that many are strongest in.

Every writer W (attention output and feed-forward down projection) is scaled to the same energy; the smallest eigenvalue
of the sum of W W^T belongs to the emptiest direction. An ablation (Arditi et al., 2024) makes it nearly zero, in all
writers at once, and leaves the second smallest where it was. An edit that adds one direction in many layers makes it
their strongest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.facts.role import placed
from assay.facts.values import Directions
from assay.weights import of_any_size

THRESHOLD = 0.25  # ratio of the two smallest eigenvalues; the benchmark prints both sides of it
ALIKE = 0.9
QUICK_HIDDEN, MOST_HIDDEN = 1024, 8192  # up to the first it costs less than a second; beyond the second, minutes
COLUMNS = 4  # columns of all writers together for each hidden dimension: enough for the empty direction to show
STEPS = 30


def directions(weights: Mapping[str, Any], most_hidden: int) -> Directions | None:
    """What the writers share, from a sample of their columns; None for models without such matrices."""
    writers = [tensor for name, tensor in sorted(weights.items()) if _writes(name, tensor)]
    sizes = {tensor.rows for tensor in writers}
    if len(writers) < 4 or len(sizes) != 1 or (size := sizes.pop()) < 64:
        return None
    if size > most_hidden:
        long = f"{size:,} dimensions take long: add --hints"
        return Directions(writers[0].artifact, len(writers), size, 1.0, THRESHOLD, 0, long)
    with of_any_size():
        return _shared(writers, size)


def _shared(writers: Sequence[Any], size: int) -> Directions:
    """What writers of `size` rows share."""
    import numpy as np

    artifact, each = writers[0].artifact, max(32, COLUMNS * size // len(writers))
    total, strongest = np.zeros((size, size)), []
    for tensor in writers:
        matrix = _some_columns(tensor, each)
        energy = float(np.einsum("ij,ij->", matrix, matrix, dtype=np.float64))
        if not np.isfinite(energy) or energy <= 0:
            return Directions(artifact, len(writers), size, 1.0, THRESHOLD, 0, f"{tensor.name} has no finite energy")
        scaled = (matrix / np.float64(energy**0.5)).astype(np.float32)  # else what is large overflows when multiplied
        total += scaled @ scaled.T
        strongest.append(_leading(scaled))
    values = np.linalg.eigvalsh(total)
    ratio = float(max(values[0], 0.0) / values[1]) if values[1] > 0 else 1.0
    unit = np.stack(strongest)
    common = int((np.abs(unit @ unit.T) >= ALIKE).sum(axis=1).max())
    return Directions(artifact, len(writers), size, float(f"{ratio:.2g}"), THRESHOLD, common)


def _writes(name: str, tensor: Any) -> bool:
    place = placed(name)
    return place.role in ("o", "down") and place.kind == "weight" and len(tensor.shape) == 2


def _some_columns(tensor: Any, many: int) -> Any:
    """Evenly spread columns of a matrix as float32[rows, columns]: each carries what the whole does."""
    import numpy as np

    step = max(1, tensor.columns // many)
    return np.concatenate([rows[:, ::step] for _, rows in tensor.chunks()])


def _leading(matrix: Any) -> Any:
    """The leading left singular vector of float32[hidden, columns] by power iteration: float32[hidden], unit length.

    Not by its products with itself, which are many times as large.
    """
    import numpy as np

    vector = matrix @ matrix[int(np.argmax(np.einsum("ij,ij->i", matrix, matrix)))]
    for _ in range(STEPS):
        vector = matrix @ (matrix.T @ (vector / max(float(np.linalg.norm(vector)), 1e-30)))
    return vector / max(float(np.linalg.norm(vector)), 1e-30)
