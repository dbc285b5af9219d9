"""What one audit may cost, whatever the files ask for."""

from __future__ import annotations

from assay.isolation import MOST_TENSORS

LEAST_TENSORS = 50_000  # listing, measuring and reporting so many takes some 20 s of CPU
BYTES_FOR_EACH = 64 * 1024  # that a file must have for each tensor beyond: one of 1 GiB may list 66,384


def tensors(size: int) -> int:
    """How many tensors may be listed of a model of so many bytes."""
    return min(MOST_TENSORS, LEAST_TENSORS + size // BYTES_FOR_EACH)
