"""What the tests of kernels share."""

from __future__ import annotations

import math
from typing import Any

LEVELS = ("x86_64_v2", "x86_64_v3", "x86_64_v4", "portable")


def levels() -> list[str]:
    """The instruction-set levels of the native kernels that this machine has."""
    import openassay_native as native

    found, current = [], native.level()
    for level in LEVELS:
        try:
            native.use(level)
        except ValueError:
            continue
        found.append(level)
    native.use(current)
    return found


def same(left: Any, right: Any) -> bool:
    """Equal, where NaN equals NaN."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
