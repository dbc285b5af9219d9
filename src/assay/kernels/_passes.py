"""What one pass over a portion of values gives in numpy: sums in lanes, powers, classes, extremes, hashes, counts.

A portion fits into the caches of a core, so that the many passes of numpy over it cost little; arrays that every
portion needs are kept. Sums are added by `einsum` of one operand, which adds from the first to the last and takes a
third of the time of `add.reduce` for sixteen lanes; the tests hold its order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANES, PIECE = 16, 4096
_ASIDE = 1 << 18  # codes that are counted at once: two megabytes of indexes
_KEY, _MIX, _FOLD = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint64(0x9E3779B97F4A7C15)
_SIGN, _SIZE, _INFINITY = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x7F800000)
Raw = NDArray[np.uint8]


def lanes(rows: NDArray[Any]) -> NDArray[Any]:
    """Sums of every sixteenth value of each row, added in order: [rows, 16]."""
    short = -rows.shape[1] % LANES
    padded = np.pad(rows, ((0, 0), (0, short))) if short else rows
    return np.asarray(np.einsum("rkl->rl", padded.reshape(len(rows), -1, LANES)))


def in_order(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The sum of each row, lane after lane of piece after piece, in float64: float64[rows]."""
    found = [lanes(rows[:, at : at + PIECE]) for at in range(0, rows.shape[1], PIECE)]
    every = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
    return np.asarray(np.add.accumulate(every, axis=1, dtype=np.float64)[:, -1])


class Powers:
    """The first four powers of values, added lane by lane over a whole tensor: `sums` is float64[4, 16]."""

    def __init__(self) -> None:
        self.sums = np.zeros((4, LANES))
        self._kept = np.empty((3, 0, LANES))

    def add(self, rows: NDArray[Any], finite: bool) -> None:
        """Add [rows, width]; zeros come to the end of a row up to whole lanes, and in the place of what is not finite.

        `finite`: whether all of them are known to be.
        """
        count, width = rows.shape
        wide = -(-width // LANES) * LANES
        size = count * wide // LANES + 1
        if self._kept.shape[1] < size:
            self._kept = np.empty((3, size, LANES))
        value, square, other = self._kept[:, :size]
        padded = value[1:].reshape(count, wide)
        padded[:, :width] = rows if finite else _finite(rows)
        padded[:, width:] = 0
        np.multiply(value[1:], value[1:], out=square[1:])
        for number, power in enumerate((value, square, other, other)):
            if number > 1:
                np.multiply(square[1:], (value if number == 2 else square)[1:], out=other[1:])
            power[0] = self.sums[number]
            self.sums[number] = np.einsum("kl->l", power)


def _all_bits(chosen: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """All bits where chosen, none elsewhere: with `&` a `where` without branches, which random choices mislead."""
    return np.asarray(np.negative(chosen.view(np.uint8).astype(np.uint32)))


def _finite(rows: NDArray[Any]) -> NDArray[Any]:
    """The values, with zeros in the place of what is not finite."""
    if rows.dtype != np.float32 or not rows.flags.c_contiguous:
        return np.where(np.isfinite(rows), rows, rows.dtype.type(0))
    bits = rows.view(np.uint32)
    return np.asarray((bits & _all_bits((bits & _INFINITY) != _INFINITY)).view(np.float32))


def extremes(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32], bool]:
    """The least and the greatest of each row, NaN apart, float32[rows] each; whether all values are finite.

    Not fmin and fmax: those of numpy 2 lose values beside a signalling NaN.
    """
    low, high = np.minimum.reduce(rows, axis=1), np.maximum.reduce(rows, axis=1)
    if np.isfinite(high - low).all():
        return low, high, True
    unknown = np.flatnonzero(np.isnan(low) | np.isnan(high))
    if len(unknown):
        bits = rows[unknown].view(np.uint32)
        number = _all_bits((bits & _SIZE) <= _INFINITY)
        bits &= number
        np.invert(number, out=number)
        for found, reduced, least in (
            (low, np.minimum.reduce, _INFINITY),
            (high, np.maximum.reduce, _INFINITY | _SIGN),
        ):
            found[unknown] = reduced((bits | number & least).view(np.float32), axis=1)
    return low, high, not len(unknown) and bool(np.isfinite(low).all() and np.isfinite(high).all())


def classes(values: NDArray[np.float32], finite: bool) -> NDArray[np.int64]:
    """NaN, +infinity, -infinity, zero, subnormal: how many of each."""
    bits = values.view(np.uint32)
    size = bits & np.uint32(0x7FFFFFFF)
    found = np.zeros(5, np.int64)
    if not finite:
        for place, test in enumerate((size > 0x7F800000, bits == 0x7F800000, bits == 0xFF800000)):
            found[place] = np.count_nonzero(test)
    small = int(np.count_nonzero(size < 0x00800000))
    if small:
        found[3] = len(values) - np.count_nonzero(size)
        found[4] = small - found[3]
    return found


def narrow(raw: Raw) -> tuple[int, int]:
    """How many f32 have zeros in their lowest 16 bits, and in their lowest 13."""
    words = raw.view("<u4")
    half = len(words) - int(np.count_nonzero(words & np.uint32(0x1FFF)))
    return len(words) - int(np.count_nonzero(words & np.uint32(0xFFFF))) if half else 0, half


def mixed(rows: Raw) -> NDArray[np.uint32]:
    """The first half of a hash of pieces of rows, uint8[rows, bytes]: uint32[rows, 32].

    Words are mixed, multiplied with the key of their group and summed in 32 lanes. Quick, not cryptographic;
    native/src/kernels.cpp says why words and keys are mixed.
    """
    count, width = rows.shape
    padded = np.ascontiguousarray(rows)
    if width % 128:
        padded = np.zeros((count, width + -width % 128), np.uint8)
        padded[:, :width] = rows
    words = padded.view("<u4").reshape(count, -1, 32)
    found = words >> 15
    found ^= words
    found *= _MIX
    found ^= found >> 13
    return np.asarray(np.einsum("rgl,g->rl", found, _keys(found.shape[1])))


def folded(found: NDArray[np.uint32], seeds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The second half: what `mixed` gave, uint32[rows, 32], into a hash of each row from its seed: uint64[rows]."""
    hashes = seeds ^ np.uint64(0xCBF29CE484222325)
    for lane in found.T:
        hashes ^= lane
        hashes *= _FOLD
    return hashes ^ hashes >> np.uint64(32)


@lru_cache(maxsize=8)
def _keys(groups: int) -> NDArray[np.uint32]:
    keys = (2 * np.arange(groups, dtype=np.uint32) + np.uint32(1)) * _KEY
    keys ^= keys >> 15
    return np.asarray(keys * _MIX | np.uint32(1))


class Tally:
    """How often each code of 16 bits occurs, of up to `most` codes: put aside as indexes, and counted many at once."""

    def __init__(self, most: int) -> None:
        self._counts = np.zeros(1 << 16, np.int64)
        self._aside = np.empty(min(most, _ASIDE), np.intp)
        self._at = 0

    def put(self, codes: NDArray[Any]) -> None:
        """Take more codes, uint16[n]."""
        while len(codes):
            room = self._aside[self._at : self._at + len(codes)]
            room[:] = codes[: len(room)]
            codes = codes[len(room) :]
            self._at += len(room)
            if self._at == len(self._aside):
                self._settle()

    def _settle(self) -> None:
        if self._at:
            self._counts += np.bincount(self._aside[: self._at], minlength=1 << 16)
            self._at = 0

    def taken(self) -> NDArray[np.int64]:
        """How often each occurred since this was asked last: int64[65536]."""
        self._settle()
        counts, self._counts = self._counts, np.zeros(1 << 16, np.int64)
        return counts


class Bytes:
    """How often each byte occurs: two at a time are one code of 16 bits."""

    def __init__(self, most: int) -> None:
        self._pairs, self._single = Tally(most // 2 + 1), np.zeros(256, np.int64)

    def put(self, codes: Raw) -> None:
        """Take more bytes."""
        even = len(codes) & ~1
        self._pairs.put(codes[:even].view("<u2"))
        for last in codes[even:]:
            self._single[last] += 1

    def taken(self) -> NDArray[np.int64]:
        """How often each occurred since this was asked last: int64[256]."""
        pairs, single = self._pairs.taken().reshape(256, 256), self._single
        self._single = np.zeros(256, np.int64)
        return np.asarray(pairs.sum(axis=0) + pairs.sum(axis=1) + single)
