"""The numpy reference of every kernel: what the native ones must compute, and what runs where they are not installed.

Integer results of the native kernels are equal to these; sums are too, because both add in the same order: sixteen
lanes over pieces of 4,096 values. Only the order of NaN payloads is unspecified.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels import _blocks
from assay.kernels.types import BF16, BYTES, CODE8, F16, F32, F64, GGML, TYPES, Type, table

LANES, PIECE = 16, 4096
BINS, SHOWN, GROUPS, MEMBERS, TOP = 48, 64, 32, 16, 8
WINDOW, WINDOWS = 1 << 20, 16
DEPTHS = (1, 2, 4)
QUANTILES = (0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999)
_KEY, _MIX, _FOLD = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
Raw = NDArray[np.uint8]


def widened(kind: Type, raw: Raw) -> NDArray[np.float32]:
    """Values of whole blocks as float32."""
    with np.errstate(all="ignore"):
        if kind.number >= GGML:
            return np.asarray(_blocks.dequantised(kind.name, raw), np.float32)
        if kind.number == BF16:
            return np.asarray((raw.view("<u2").astype(np.uint32) << 16).view(np.float32))
        if kind.number == CODE8:
            return np.asarray(np.frombuffer(table(kind.name), "<f4")[raw])
        return np.asarray(raw.view({F64: "<f8", F32: "<f4", F16: "<f2"}[kind.number]), np.float32)


def difference(
    left: NDArray[np.float32], right: NDArray[np.float32], change: NDArray[np.float32] | None = None
) -> tuple[float, float, float, float, float, int]:
    """(dot, |left|^2, |right|^2, |right-left|^2, largest change, values changed); `change` receives right - left."""
    with np.errstate(all="ignore"):
        delta = right - left
        if change is not None:
            change[:] = delta
        sums = [_piecewise(product) for product in (left * right, left * left, right * right, delta * delta)]
        sizes = np.abs(delta)
        largest = float(np.max(sizes, initial=0.0, where=~np.isnan(sizes)))
    return sums[0], sums[1], sums[2], sums[3], largest, int(np.count_nonzero(left != right))


def _piecewise(values: NDArray[np.float32]) -> float:
    total = 0.0
    for start in range(0, len(values), PIECE):
        for lane in _lanes(values[start : start + PIECE]):
            total += float(lane)
    return total


def _lanes(values: NDArray[Any]) -> NDArray[Any]:
    """Sums of every sixteenth value, added in order."""
    padded = np.zeros(-(-len(values) // LANES) * LANES, values.dtype)
    padded[: len(values)] = values
    return np.asarray(np.add.reduce(padded.reshape(-1, LANES), axis=0))


def hashed(raw: Raw, seed: int) -> int:
    """Hash of a row: words are mixed, multiplied with the key of their group and summed in 32 lanes, which are folded.

    Quick, not cryptographic; native/src/kernels.cpp says why words and keys are mixed.
    """
    padded = np.zeros(-(-len(raw) // 128) * 128, np.uint8)
    padded[: len(raw)] = raw
    words = padded.view("<u4").reshape(-1, 32)
    words = (words ^ words >> 15) * _MIX
    words ^= words >> 13
    keys = (2 * np.arange(len(words), dtype=np.uint32) + np.uint32(1)) * _KEY
    keys ^= keys >> 15
    keys = keys * _MIX | np.uint32(1)
    folded = seed ^ 0xCBF29CE484222325
    lanes = np.asarray(np.sum(words * keys[:, None], axis=0, dtype=np.uint32))
    for lane in lanes:
        folded = ((folded ^ int(lane)) * _FOLD) & _MASK
    return folded ^ (folded >> 32)


class Summary:
    """What one streaming pass over a tensor learns; the same methods as `openassay_native.Summary`.

    Args:
        type: the element type's number (`assay.kernels.types`).
        count: values in the tensor; for integers that are codes, bytes.
        columns: values in one row, or 0 for a tensor without rows to summarise.
    """

    def __init__(self, type: int, count: int, columns: int, table: bytes = b"", grid: bytes = b"") -> None:
        self._kind = next(
            row for row in TYPES.values() if row.number == type and (type != CODE8 or _same(row.name, table))
        )
        self._each, self._size = (1, 1) if type == BYTES else (self._kind.elements, self._kind.bytes)
        if count % self._each or (columns and (count % columns or columns % self._each)):
            raise ValueError("unknown type, or values that are no whole blocks")
        self._count, self._columns, self._done = count, columns, 0
        self._coded = type in (F16, BF16, CODE8, BYTES)
        codes = 256 if type in (CODE8, BYTES) else 65536
        self._window = np.zeros(codes, np.uint32)
        self._total = np.zeros(codes, np.uint64)
        self._target, self._in_window = max(WINDOW, -(-count // WINDOWS)), 0
        self._lowest = np.zeros(256, np.uint64)
        self._narrow, self._scales = [0, 0], [0, 0]
        self._codes: list[NDArray[Any]] = []
        self._sums = np.zeros((4, LANES))
        self._classes = np.zeros(5, np.int64)
        self._carry = bytearray()
        self._low, self._high = np.float32(np.inf), np.float32(-np.inf)
        self._column = np.zeros(columns, np.float32)
        self._column_total = np.zeros(columns)
        self._rows: list[tuple[np.float32, np.float32, np.float32, int]] = []
        self._row: list[Any] = [0.0, np.float32(np.inf), np.float32(-np.inf), 0, 0]
        self._windows: list[tuple[Any, ...]] = []

    def feed(self, bytes: Any) -> None:
        """Take the next bytes of the tensor, in any portions."""
        self._carry += memoryview(bytes).cast("B")
        at = 0
        while self._done < self._count:
            left = self._columns - self._row[4] if self._columns else self._count - self._done
            count = min(left, PIECE)
            need = count // self._each * self._size
            if len(self._carry) - at < need:
                break
            self._piece(np.frombuffer(self._carry[at : at + need], np.uint8), count)
            at += need
        del self._carry[:at]

    def _piece(self, raw: Raw, count: int) -> None:
        if self._kind.number == BYTES:
            self._count_codes(raw)
        else:
            with np.errstate(all="ignore"):
                self._values(raw, count)
        self._done += count
        self._in_window += count
        if self._in_window >= self._target or self._done == self._count:
            self._close_window()

    def _values(self, raw: Raw, count: int) -> None:
        number, values = self._kind.number, widened(self._kind, raw)
        if self._coded:
            codes = raw if number == CODE8 else raw.view("<u2")
        else:
            codes = (values.view(np.uint32) >> 16).astype(np.uint16)
            if number != F32:  # every NaN as one code: which one an operation gives depends on the machine
                codes[np.isnan(values)] = 0x7FC0
            self._classes += _classes(values)
            exact = raw.view("<f8") if number == F64 else values.astype(np.float64)
            self._sums = _powers(self._sums, exact)
        self._count_codes(codes)
        if number == F32:
            words = raw.view("<u4")
            self._lowest += np.bincount(words & 0xFF, minlength=256).astype(np.uint64)
            self._narrow[0] += int(np.count_nonzero(words & 0xFFFF == 0))
            self._narrow[1] += int(np.count_nonzero(words & 0x1FFF == 0))
        if number >= GGML:
            bad, zero = _bad_scales(self._kind, raw)
            self._scales = [self._scales[0] + bad, self._scales[1] + zero]
        self._fold(raw, values, count)

    def _fold(self, raw: Raw, values: NDArray[np.float32], count: int) -> None:
        square, row = values * values, self._row
        for lane in _lanes(square):
            row[0] += float(lane)
        known = values[~np.isnan(values)]
        row[1], row[2] = np.min(known, initial=row[1]), np.max(known, initial=row[2])
        if not self._columns:
            self._low, self._high = min(self._low, row[1]), max(self._high, row[2])
            return
        self._column[row[4] : row[4] + count] += square
        row[3] = hashed(raw, row[3])
        row[4] += count
        if row[4] == self._columns:
            self._low, self._high = min(self._low, row[1]), max(self._high, row[2])
            self._rows.append((np.float32(row[0]), row[1], row[2], row[3]))
            self._row = [0.0, np.float32(np.inf), np.float32(-np.inf), 0, 0]
            if len(self._rows) % 256 == 0:
                self._flush()

    def _flush(self) -> None:
        self._column_total += self._column
        self._column[:] = 0

    def _count_codes(self, codes: NDArray[Any]) -> None:
        """Put codes aside and count many at once: a count of 4,096 costs as much as one of a quarter of a million."""
        self._codes.append(codes)
        if len(self._codes) >= 64:
            self._count_now()

    def _count_now(self) -> None:
        if self._codes:
            self._window += np.bincount(np.concatenate(self._codes), minlength=len(self._window)).astype(np.uint32)
            self._codes.clear()

    def _close_window(self) -> None:
        self._count_now()
        if self._kind.number in (F16, BF16) and self._in_window >= WINDOW:
            mantissa = 128 if self._kind.number == BF16 else 1024
            self._windows.append(low_bits(self._window, self._done - self._in_window, self._in_window, mantissa))
        self._total += self._window
        self._window[:] = 0
        self._in_window = 0

    def finish(self) -> dict[str, Any]:
        """Everything learnt, as plain Python values; ValueError if bytes are missing."""
        if self._done != self._count or self._carry:
            raise ValueError("fewer bytes than the tensor has were fed")
        from assay.kernels import _description

        if len(self._windows) > 1:  # the whole tensor as one more test: it sees less payload, spread thin
            mantissa = 128 if self._kind.number == BF16 else 1024
            self._windows.append(low_bits(self._total, 0, self._done, mantissa))
        gathered = _description.Gathered(
            classes=self._classes,
            sums=self._sums,
            minimum=float(self._low),
            maximum=float(self._high),
            narrow=(self._narrow[0], self._narrow[1]),
            scales=(self._scales[0], self._scales[1]),
            lowest=self._lowest,
            windows=tuple(self._windows),
        )
        with np.errstate(all="ignore"):
            self._flush()
            rows, columns = _description.rows(self._rows), _description.largest(self._column_total)
            return _description.described(self._kind, self._total, gathered, rows, columns)


def _same(name: str, values: bytes) -> bool:
    return table(name) == values


def _classes(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """NaN, +infinity, -infinity, zero, subnormal: how many of each."""
    bits = values.view(np.uint32)
    size = bits & np.uint32(0x7FFFFFFF)
    infinite = bits == 0x7F800000, bits == 0xFF800000
    tests = (size > 0x7F800000, *infinite, size == 0, (size > 0) & (size < 0x00800000))
    return np.array([np.count_nonzero(test) for test in tests], np.int64)


def _powers(sums: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sums` with the first four powers of the finite values added lane by lane: float64[4, 16]."""
    padded = np.zeros(-(-len(values) // LANES) * LANES)
    padded[: len(values)] = np.where(np.isfinite(values), values, 0.0)
    square = padded * padded
    powers = (padded, square, square * padded, square * square)
    rows = [np.concatenate([sums[k], power]).reshape(-1, LANES) for k, power in enumerate(powers)]
    return np.array([np.add.reduce(row, axis=0) for row in rows])


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
    counts = codes.reshape(-1, m).astype(np.float64)
    group = counts.sum(axis=1)
    place = np.arange(len(group)) * m & (mantissa - 1)
    chosen = np.flatnonzero((place >= 2 * m) & (place <= mantissa - 3 * m) & (group >= 16 * m))
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


def _slope(up: NDArray[Any], down: NDArray[Any], apart: int, m: int, mean: NDArray[Any]) -> NDArray[Any]:
    step = up - down
    slope = (step * step - (up + down)) / (4 * apart * apart * (m * m) * (m * m))
    return np.asarray(slope * (float(m**3 - m) / 12) / mean)


def _ordered(values: NDArray[Any]) -> float:
    """The sum from the first to the last, as the native loop adds."""
    return float(np.cumsum(values)[-1]) if len(values) else 0.0


# where the scales of a block lie in bytes, the main one first; others begin with their only scale
_SCALES = {
    **dict.fromkeys(("Q4_1", "Q5_1", "Q4_K", "Q5_K"), (0, 2)),
    **{"Q2_K": (80, 82), "Q3_K": (108,), "Q6_K": (208,), "TQ1_0": (52,), "TQ2_0": (64,)},
}


def _bad_scales(kind: Type, raw: Raw) -> tuple[int, int]:
    """Scales that are not finite, and blocks whose main scale is zero."""
    blocks = raw.reshape(-1, kind.bytes)
    if kind.name == "MXFP4":
        return int(np.count_nonzero(blocks[:, 0] == 255)), 0
    if kind.name == "NVFP4":
        code = blocks[:, :4]
        bad = (code & 0x7F == 0x7F).any(axis=1)
        return int(np.count_nonzero(bad)), int(np.count_nonzero((code & 0x7F == 0).all(axis=1)))
    if kind.name == "Q8_K":
        scales = [np.ascontiguousarray(blocks[:, :4]).view("<f4")]
    elif kind.name == "IQ1_M":
        s = np.ascontiguousarray(blocks[:, 48:56]).view("<u2")
        word = s[:, :1] >> 12 | (s[:, 1:2] >> 8 & 0xF0) | (s[:, 2:3] >> 4 & 0xF00) | (s[:, 3:4] & 0xF000)
        scales = [word.astype(np.uint16).view(np.float16)]
    else:
        scales = [np.ascontiguousarray(blocks[:, at : at + 2]).view("<f2") for at in _SCALES.get(kind.name, (0,))]
    bad_scales = sum(int(np.count_nonzero(~np.isfinite(scale))) for scale in scales)
    return bad_scales, int(np.count_nonzero(scales[0] == 0))
