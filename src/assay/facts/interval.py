"""The interval of a share, and how many it takes."""

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


def needed(share: float, most: float) -> int | None:
    """How many it takes until the upper end of the interval of this share is at most `most`; None: however many.

    Rounded up to two digits, for the share will not stay just what it is.
    """
    if share >= most:
        return None
    # the upper end of Wilson's interval is the larger root of (p - share)^2 = z^2 p (1 - p) / n, here with p = most
    count = math.ceil(_Z * _Z * most * (1 - most) / (most - share) ** 2)
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step
