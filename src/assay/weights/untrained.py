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

if TYPE_CHECKING:
    from assay.kernels import Correlated
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
# the same of single tests: the greatest eigenvalue has a long tail; correlations have none (that benchmark prints how
# far both go), and matrices of small trained networks reach 4.2 to 5.9
LIMITS = {"correlation": 4.0, "row_spread": 5.0, "column_spread": 5.0, "centre": 5.0}
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
    found = tensor.correlated(start * each, (start + taken) * each, taken, COLUMNS)
    return _compared(summary, found, taken, min(columns, COLUMNS))


def _scheme(summary: TensorSummary) -> str:
    if summary.kurtosis is None or not summary.deviation or not summary.values:
        return ""
    close = max(LIMIT * math.sqrt(24 / summary.values), 0.02)  # the variance of a normal sample's kurtosis is 24/n
    close += ROUNDED if summary.dtype.startswith(("Q", "IQ", "TQ", "MX", "NV", "F8")) else 0.0
    if abs(summary.mean or 0.0) > LIMIT * summary.deviation / math.sqrt(summary.values) + 0.002 * summary.deviation:
        return ""
    name, distance = min(((name, abs(summary.kurtosis - k)) for name, k in KURTOSIS), key=lambda row: row[1])
    return name if distance <= close else ""


def _compared(summary: TensorSummary, found: Correlated | None, p: int, n: int) -> Likeness | None:
    if found is None or not 0 < found.square < math.inf:
        return None
    spread = max(0.1, (summary.kurtosis or 3.0) - 1)  # the variance of a squared value of unit variance
    total = n * found.correlation / (p * (p - 1))  # 1 if rows are independent
    edge, least = math.sqrt(n - 1), math.sqrt(p)
    scale = (edge + least) * (1 / edge + 1 / least) ** (1 / 3) / n
    tests = {
        "correlation": (total - 1) * math.sqrt(p * (p - 1)) / 2,
        "largest": (found.largest - (edge + least) ** 2 / n) / scale,
        "row_spread": (found.row_spread * n / spread - 1) * math.sqrt(p / 2),
        "column_spread": (found.column_spread * p / spread - 1) * math.sqrt(n / 2),
        "centre": found.mean / math.sqrt(found.square / (p * n)),
    }
    scheme = _scheme(summary)
    if scheme == "normal" and total <= ORTHOGONAL:
        scheme = "orthogonal"
    elif any(abs(value) > LIMITS.get(name, LIMIT) for name, value in tests.items()):
        scheme = ""
    rounded = {name: float(f"{value:.3g}") for name, value in tests.items()}
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
