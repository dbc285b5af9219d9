"""How evenly the codes of a tensor are used: random low bits, as a payload has them, make neighbours equal."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTHS = (1, 2, 4)


def low_bits(
    counts: NDArray[Any], first: int, values: int, mantissa: int
) -> tuple[int, int, tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """How uneven the codes are inside groups of 2, 4 and 16 neighbours: (first, values, seen, expected, noise).

    A density that slopes makes neighbouring codes occur unequally, by an amount that the groups beside them predict;
    random low bits make them equal. `seen` is the excess of chi-square over its degrees of freedom, `expected` the
    excess that the slope to the adjacent groups predicts, `noise` the variance of `seen` if the bits are random. Each
    group weighs what the slope to the groups beyond the adjacent ones predicts, which is independent of both, so that
    groups without a slope count for nothing. Groups at the edge of a binade, where the density jumps, are left out.
    """
    rows = [_uneven(counts, depth, mantissa) for depth in DEPTHS]
    seen, expected, noise = zip(*rows, strict=True)
    return first, values, seen, expected, noise


def _uneven(codes: NDArray[Any], depth: int, mantissa: int) -> tuple[float, float, float]:
    m = 1 << depth
    counts = codes.reshape(-1, m)
    group = codes
    for _ in range(depth):
        group = group[::2] + group[1::2]
    chosen = np.flatnonzero((group >= 16 * m) & _inner(m, mantissa))
    group = group.astype(np.float64)
    mean = group[chosen] / m
    chi = np.zeros(len(chosen))
    for j in range(m):
        chi += (counts[chosen, j] - mean) ** 2
    weight = _slope(group[chosen + 2], group[chosen - 2], 2, m, mean)
    adjacent = _slope(group[chosen + 1], group[chosen - 1], 1, m, mean)
    use = weight > 0
    w = weight[use]
    seen = w * (chi[use] / mean[use] - float(m - 1))
    return _ordered(seen), _ordered(w * adjacent[use]), _ordered(w * w * (2 * float(m - 1)))


@cache
def _inner(m: int, mantissa: int) -> NDArray[np.bool_]:
    """Which groups have no neighbour in another binade."""
    place = np.arange((1 << 16) // m) * m & (mantissa - 1)
    return np.asarray((place >= 2 * m) & (place <= mantissa - 3 * m))


def _slope(up: NDArray[Any], down: NDArray[Any], apart: int, m: int, mean: NDArray[Any]) -> NDArray[Any]:
    step = up - down
    slope = (step * step - (up + down)) / (4 * apart * apart * (m * m) * (m * m))
    return np.asarray(slope * (float(m**3 - m) / 12) / mean)


def _ordered(values: NDArray[Any]) -> float:
    """The sum from the first to the last, as the native loop adds."""
    return float(np.cumsum(values)[-1]) if len(values) else 0.0
