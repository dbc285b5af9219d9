"""Whether a matrix is distributed as an initialiser leaves it: independent values of one scale, normal or uniform.

Training makes rows and columns depend on each other and differ in energy, and gives values heavier tails. Under an
initialiser the sum of squared correlations of p rows over n columns is that of independent ones (Schott, 2005, "Testing
for complete independence in high dimensions", Biometrika 92), and the greatest eigenvalue of their correlation matrix
lies at the edge of the law of Marchenko and Pastur (1967), (1 + sqrt(p/n))^2, within the scale of Johnstone (2001, "On
the distribution of the largest eigenvalue in principal components analysis", Annals of Statistics 29, theorem 1.1).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.facts.values import Likeness, TensorSummary
from assay.weights import of_any_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.weights import Tensor

ROWS, COLUMNS = 128, 2_048  # of the block that is looked at: one to two milliseconds
LEAST_ROWS, LEAST_COLUMNS = 32, 48  # below it chance hides what training does
# kurtosis of what initialisers draw: uniform; normal, whole and cut at two deviations (the truncated normal of
# TensorFlow, Keras and JAX) and at three
KURTOSIS = (
    ("uniform", 1.8),
    ("normal cut at two deviations", 2.3655),
    ("normal cut at three", 2.8288),
    ("normal", 3.0),
)
LIMIT = 6.0  # standard deviations; 0 of 2,240 fresh matrices lie beyond (benchmarks/untrained.py)
ORTHOGONAL = 0.05  # rows of an orthogonal matrix have no correlation at all; independent ones have 1
ROUNDED = 0.1  # what block formats of four bits do to the kurtosis of normal values


def candidate(summary: TensorSummary) -> bool:
    """Whether all that one pass says of the values fits an initialiser: kurtosis, and a mean of about zero."""
    rows, columns = extents(summary.shape)
    return (
        rows >= LEAST_ROWS
        and columns >= LEAST_COLUMNS
        and not summary.nans
        and not summary.infinities
        and bool(_scheme(summary))
    )


def testable(summary: TensorSummary) -> bool:
    """Whether the tensor is a matrix of values large enough that training would show."""
    rows, columns = extents(summary.shape)
    return rows >= LEAST_ROWS and columns >= LEAST_COLUMNS and summary.kurtosis is not None


def extents(shape: tuple[int, ...]) -> tuple[int, int]:
    """(rows, columns) of a tensor as a matrix: the last extent, or for a convolution all but the first."""
    if len(shape) < 2:
        return 0, 0
    if len(shape) == 2 or shape[-1] >= LEAST_COLUMNS:
        return math.prod(shape[:-1]), shape[-1]
    return shape[0], math.prod(shape[1:])


def likeness(summary: TensorSummary, tensor: Tensor) -> Likeness | None:
    """How like an initialiser's draw a block of the tensor is, a third down its rows; None if nothing can be said.

    Raises InputError where the tensor cannot be read.
    """
    rows, columns = extents(summary.shape)
    taken = min(ROWS, rows, columns)
    if taken < LEAST_ROWS or summary.kurtosis is None or not summary.deviation:
        return None
    start, each = (rows - taken) // 3, columns // max(1, tensor.columns)
    with of_any_size():
        block = tensor.read(start * each, (start + taken) * each).reshape(taken, columns)[:, :COLUMNS]
        return _compared(summary, block)


def _scheme(summary: TensorSummary) -> str:
    if summary.kurtosis is None or not summary.deviation or not summary.values:
        return ""
    close = max(LIMIT * math.sqrt(24 / summary.values), 0.02)  # the variance of a normal sample's kurtosis is 24/n
    close += ROUNDED if summary.dtype.startswith(("Q", "IQ", "TQ", "MX", "NV", "F8")) else 0.0
    if abs(summary.mean or 0.0) > LIMIT * summary.deviation / math.sqrt(summary.values) + 0.002 * summary.deviation:
        return ""
    name, distance = min(((name, abs(summary.kurtosis - k)) for name, k in KURTOSIS), key=lambda row: row[1])
    return name if distance <= close else ""


def _compared(summary: TensorSummary, block: NDArray[np.float32]) -> Likeness | None:
    import numpy as np

    p, n = block.shape
    square = block * block
    variance = float(square.mean())
    if not math.isfinite(variance) or variance <= 0:
        return None
    spread = max(0.1, (summary.kurtosis or 3.0) - 1)  # the variance of a squared value of unit variance
    energies, across = square.mean(axis=1) / variance, square.mean(axis=0) / variance
    if float(energies.min()) <= 0:
        return None
    unit = block / np.sqrt(energies * variance * n)[:, None]
    related = (unit @ unit.T).astype(np.float64)
    if not np.isfinite(related).all():  # a row whose squares are too small to be told from zero
        return None
    total = n * (float((related * related).sum()) - p) / (p * (p - 1))  # 1 if rows are independent
    edge, least = math.sqrt(n - 1), math.sqrt(p)
    scale = (edge + least) * (1 / edge + 1 / least) ** (1 / 3) / n
    found = {
        "correlation": (total - 1) * math.sqrt(p * (p - 1)) / 2,
        "largest": (float(np.linalg.eigvalsh(related)[-1]) - (edge + least) ** 2 / n) / scale,
        "row_spread": (float(((energies - 1) ** 2).mean()) * n / spread - 1) * math.sqrt(p / 2),
        "column_spread": (float(((across - 1) ** 2).mean()) * p / spread - 1) * math.sqrt(n / 2),
        "centre": float(block.mean()) / math.sqrt(variance / (p * n)),
    }
    scheme = _scheme(summary)
    if scheme == "normal" and total <= ORTHOGONAL:
        scheme = "orthogonal"
    elif any(abs(value) > LIMIT for value in found.values()):
        scheme = ""
    rounded = {name: float(f"{value:.3g}") for name, value in found.items()}
    return Likeness(
        summary.artifact,
        summary.name,
        scheme,
        summary.deviation or 0.0,
        summary.kurtosis or 0.0,
        p,
        n,
        **rounded,
    )
