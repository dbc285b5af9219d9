"""What a policy allows at most of what is measured."""

from __future__ import annotations

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRateLimit:
    """The largest share of wrong answers that a policy allows."""

    most: float
