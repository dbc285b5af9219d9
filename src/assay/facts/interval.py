"""The interval of a share."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # 95 %, two-sided


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, from `hits` in `count` (Wilson 1927, equation 6); (0, 1) where `count` is 0."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == count else min(1.0, middle + half)
