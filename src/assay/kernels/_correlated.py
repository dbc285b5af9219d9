"""How the rows of a matrix depend on each other, in numpy: as `native/src/related.cpp` but for the order of sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def correlated(values: NDArray[np.float32]) -> tuple[float, float, float, float, float, float] | None:
    """The fields of `assay.kernels.Correlated`, of float32[rows, columns]; None: not finite, or a row that is zero."""
    wide = values.astype(np.float64)
    squares = wide * wide
    energies = squares.mean(axis=1)
    if not np.isfinite(energies).all() or energies.min() <= 0:
        return None
    square = float(energies.mean())
    related = wide @ wide.T
    scale = 1 / np.sqrt(np.diagonal(related))
    related *= scale[:, None] * scale
    np.fill_diagonal(related, 0)
    correlation = float((related * related).sum())
    np.fill_diagonal(related, 1)
    return (
        float(wide.mean()),
        square,
        float(((energies / square - 1) ** 2).mean()),
        float(((squares.mean(axis=0) / square - 1) ** 2).mean()),
        correlation,
        float(np.linalg.eigvalsh(related)[-1]),
    )
