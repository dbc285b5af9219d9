"""The end of a summary in numpy: quantiles, a picture, rows that are dead, constant or duplicate, the largest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels.reference import BINS, GROUPS, MEMBERS, QUANTILES, SHOWN, TOP, widened
from assay.kernels.types import BF16, BYTES, CODE8, F16, Type
from assay.lazy import dataclass

_EMPTY = {
    **dict.fromkeys(("count", "dead", "constant", "duplicate"), 0),
    **dict.fromkeys(("dead_shown", "constant_shown", "groups", "top"), ()),
    "median": 0.0,
}
_CLASSES = ("nan", "positive_infinity", "negative_infinity", "zero", "subnormal")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was counted while bytes streamed past."""

    classes: NDArray[np.int64]
    sums: NDArray[np.float64]
    minimum: float
    maximum: float
    narrow: tuple[int, int]
    scales: tuple[int, int]
    lowest: NDArray[np.int64]
    windows: tuple[Any, ...]


def described(
    kind: Type, total: NDArray[np.int64], seen: Gathered, rows: dict[str, Any], columns: dict[str, Any]
) -> dict[str, Any]:
    """The whole summary as plain Python values."""
    codes = np.flatnonzero(total)
    counts = total[codes]
    valued = kind.number != BYTES
    classes, sums = seen.classes, [_in_order(lane) for lane in seen.sums]
    quantiles, bins, span = (0.0,) * len(QUANTILES), (0,) * BINS, (0.0, 0.0)
    if valued:
        values = _values(kind, codes)
        if kind.number in (F16, BF16, CODE8):
            classes, sums = _from_codes(kind, codes, values, counts)
        quantiles, bins, span = _picture(values, counts)
    return {
        **dict(zip(_CLASSES, map(int, classes), strict=True)),
        "sums": tuple(sums),
        "minimum": seen.minimum if valued else 0.0,
        "maximum": seen.maximum if valued else 0.0,
        "distinct": len(codes),
        "narrow": seen.narrow,
        "scales": seen.scales,
        "quantiles": quantiles,
        "bins": bins,
        "range": span,
        "lowest": tuple(map(int, seen.lowest)),
        "codes": codes.astype("<u2").tobytes(),
        "counts": counts.astype("<u8").tobytes(),
        "rows": rows,
        "columns": columns,
        "windows": seen.windows,
        "valued": valued,
    }


def _values(kind: Type, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each code of the histogram stands for; for the upper half of an f32 the middle of what it covers."""
    if kind.number == CODE8:
        return widened(kind, codes.astype(np.uint8)).astype(np.float64)
    words = codes.astype("<u2")
    if kind.number in (F16, BF16):
        return widened(kind, words.view(np.uint8)).astype(np.float64)
    edge = (words & 0x7F80 == 0x7F80) | (words & 0x7FFF == 0)
    bits = words.astype(np.uint32) << 16 | np.where(edge, 0, 0x8000).astype(np.uint32)
    with np.errstate(all="ignore"):
        return bits.view(np.float32).astype(np.float64)


def _from_codes(
    kind: Type, codes: NDArray[np.int64], values: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[float]]:
    finite = np.isfinite(values)
    small = {BF16: codes & 0x7F80 == 0, F16: codes & 0x7C00 == 0}.get(kind.number, np.zeros(len(codes), bool))
    tests = (np.isnan(values), values == np.inf, values == -np.inf, values == 0, small & (values != 0))
    classes = np.array([int(counts[test].sum()) for test in tests], np.int64)
    v, c = values[finite], counts[finite].astype(np.float64)
    square = v * v
    return classes, [_in_order(c * power) for power in (v, square, square * v, square * square)]


def _in_order(values: NDArray[np.float64]) -> float:
    """The sum added from the first to the last, as the native loop adds."""
    return float(np.cumsum(values)[-1]) if len(values) else 0.0


def _picture(
    values: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[tuple[float, ...], tuple[int, ...], tuple[float, float]]:
    """Quantiles, and counts in 48 bins over the range from the first to the last quantile and an eighth beyond."""
    finite = np.isfinite(values)
    order = np.argsort(values[finite], kind="stable")
    v, c = values[finite][order], counts[finite][order]
    if not len(v):
        return (0.0,) * len(QUANTILES), (0,) * BINS, (0.0, 0.0)
    seen = np.cumsum(c)
    total = float(seen[-1])
    quantiles = tuple(float(v[np.argmax(seen.astype(np.float64) >= q * total)]) for q in QUANTILES)
    margin = (quantiles[-1] - quantiles[0]) * 0.125
    start, stop = quantiles[0] - margin, quantiles[-1] + margin
    width = (stop - start) / BINS
    column = np.clip(np.floor((v - start) / width), 0, BINS - 1) if width > 0 else np.zeros(len(v))
    bins = np.zeros(BINS, np.uint64)
    np.add.at(bins, column.astype(np.int64), c)
    return quantiles, tuple(map(int, bins)), (start, stop)


def rows(found: list[tuple[NDArray[np.float32], ...]], hashed: list[NDArray[np.uint64]]) -> dict[str, Any]:
    """Dead, constant and duplicate rows, and the largest, from energies, least and greatest values, and hashes."""
    if not found:
        return dict(_EMPTY)
    energies, low, high = (np.concatenate(column) for column in zip(*found, strict=True))
    known = ~np.isnan(energies)
    dead = known & (low == 0) & (high == 0)
    constant = np.flatnonzero(known & ~dead & (low == high))
    alive = np.flatnonzero(~dead)
    hashes = np.concatenate(hashed)[alive]
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(hashes[order]) != 0)) if len(order) else order
    sizes = np.diff(np.append(starts, len(order)))
    several = sizes > 1
    runs = zip(starts[several], sizes[several], strict=True)
    members = (alive[order[start : start + min(size, MEMBERS)]] for start, size in runs)
    groups = sorted(tuple(map(int, group)) for group in members)
    return largest(energies) | {
        "dead": int(np.count_nonzero(dead)),
        "constant": len(constant),
        "duplicate": int(sizes[several].sum()),
        "dead_shown": tuple(map(int, np.flatnonzero(dead)[:SHOWN])),
        "constant_shown": tuple(map(int, constant[:SHOWN])),
        "groups": tuple(groups[:GROUPS]),
    }


def largest(energies: NDArray[Any]) -> dict[str, Any]:
    """The median energy and the largest ones with their indexes; NaN counts as least."""
    if not len(energies):
        return dict(_EMPTY)
    wide = energies.astype(np.float64)
    order = np.argsort(np.where(np.isnan(wide), np.inf, -wide), kind="stable")
    ranked = np.where(np.isnan(wide), -np.inf, wide)[order]
    top = tuple((int(index), float(wide[index])) for index in order[:TOP])
    return dict(_EMPTY) | {"count": len(wide), "top": top, "median": float(ranked[len(wide) // 2])}
