"""The numpy reference of every kernel: what the native ones must compute, and what runs where they are not installed.

Integer results of the native kernels are equal to these; sums are too, because both add in the same order: sixteen
lanes over pieces of 4,096 values. Only the order of NaN payloads is unspecified.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels import _blocks
from assay.kernels._evenness import low_bits
from assay.kernels.types import BF16, BYTES, CODE8, F16, F32, F64, GGML, TYPES, Type, table

LANES, PIECE = 16, 4096
TOGETHER = (
    1 << 16
)  # values of short rows that are taken at a time: numpy's calls cost more than what they do for one row
FLUSH = 256  # rows whose squares are added in float32 before they go to float64
BINS, SHOWN, GROUPS, MEMBERS, TOP = 48, 64, 32, 16, 8
WINDOW, WINDOWS = 1 << 20, 16
QUANTILES = (0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999)
_KEY, _MIX, _FOLD = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint64(0x9E3779B97F4A7C15)
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
        for lane in _lanes(values[None, start : start + PIECE])[0]:
            total += float(lane)
    return total


def _lanes(values: NDArray[Any]) -> NDArray[Any]:
    """Sums of every sixteenth value of each row, added in order: [rows, 16]."""
    return np.asarray(np.add.reduce(_padded(values).reshape(len(values), -1, LANES), axis=1))


def _in_lanes(rows: NDArray[np.float32], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sums` with the sum of each row added, lane after lane: float64[rows]."""
    for lane in _lanes(rows).T:
        sums = sums + lane
    return sums


def hashed(rows: Raw, seeds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes of rows, uint8[rows, bytes], each from its seed: uint64[rows].

    Words are mixed, multiplied with the key of their group and summed in 32 lanes, which are folded. Quick, not
    cryptographic; native/src/kernels.cpp says why words and keys are mixed.
    """
    count, width = rows.shape
    padded = np.ascontiguousarray(rows) if width % 128 == 0 else np.pad(rows, ((0, 0), (0, -width % 128)))
    words = padded.view("<u4").reshape(count, -1, 32)
    words = words ^ words >> 15
    words *= _MIX
    words ^= words >> 13
    words *= _keys(words.shape[1])
    lanes = np.add.reduce(words, axis=1, dtype=np.uint32)
    folded = seeds ^ np.uint64(0xCBF29CE484222325)
    for lane in range(32):
        folded = (folded ^ lanes[:, lane]) * _FOLD
    return folded ^ folded >> np.uint64(32)


@lru_cache(maxsize=4)
def _keys(groups: int) -> NDArray[np.uint32]:
    keys = (2 * np.arange(groups, dtype=np.uint32) + np.uint32(1)) * _KEY
    keys ^= keys >> 15
    return (keys * _MIX | np.uint32(1))[:, None]


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
            whole = (len(self._carry) - at) // self._size * self._each
            count = self._together(whole) or self._to_piece()
            if count > whole:
                break
            need = count // self._each * self._size
            self._piece(np.frombuffer(self._carry[at : at + need], np.uint8), count)
            at += need
        del self._carry[:at]

    def _to_piece(self) -> int:
        left = self._columns - self._row[4] if self._columns else self._count - self._done
        return min(left, PIECE)

    def _together(self, values: int) -> int:
        """How many values are taken at once, whole rows or pieces: to where squares are flushed or a window ends."""
        width = self._columns or PIECE
        if width > PIECE or self._row[4]:
            return 0
        here = min(values, self._count - self._done) // width
        to_close = -(-(self._target - self._in_window) // width)
        to_flush = FLUSH - len(self._rows) % FLUSH
        return min(here, to_flush, to_close, max(1, TOGETHER // width)) * width

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
            codes = values.view("<u2")[1::2]
            classes = _classes(values)
            if number != F32 and classes[0]:  # every NaN as one code: which one results depends on the machine
                codes = codes.copy()
                codes[np.isnan(values)] = 0x7FC0
            self._classes += classes
            exact = raw.view("<f8") if number == F64 else values.astype(np.float64)
            width = (self._columns or PIECE) if count > self._to_piece() else count
            self._sums = _powers(self._sums, exact.reshape(-1, width))
        self._count_codes(codes)
        if number == F32:
            self._lowest += np.bincount(raw[::4], minlength=256).astype(np.uint64)
            lower = raw.view("<u2")[::2]
            self._narrow[0] += len(lower) - int(np.count_nonzero(lower))
            self._narrow[1] += len(lower) - int(np.count_nonzero(lower & 0x1FFF))
        if number >= GGML:
            bad, zero = _bad_scales(self._kind, raw)
            self._scales = [self._scales[0] + bad, self._scales[1] + zero]
        if not self._columns:
            (low,), (high,) = _extremes(values[None])
            self._low, self._high = min(self._low, low), max(self._high, high)
        elif self._columns > PIECE:
            self._part_of_row(raw, values, count)
        else:
            self._whole_rows(raw.reshape(-1, len(raw) * self._columns // count), values.reshape(-1, self._columns))

    def _part_of_row(self, raw: Raw, values: NDArray[np.float32], count: int) -> None:
        """A piece of a row that is longer than a piece."""
        square, row = values * values, self._row
        row[0] = float(_in_lanes(square[None], np.array([row[0]]))[0])
        (low,), (high,) = _extremes(values[None])
        row[1], row[2] = min(row[1], low), max(row[2], high)
        self._column[row[4] : row[4] + count] += square
        row[3] = int(hashed(raw[None], np.array([row[3]], np.uint64))[0])
        row[4] += count
        if row[4] == self._columns:
            self._row = [0.0, np.float32(np.inf), np.float32(-np.inf), 0, 0]
            self._end_rows([(np.float32(row[0]), row[1], row[2], row[3])])

    def _whole_rows(self, raw: Raw, values: NDArray[np.float32]) -> None:
        """Rows that are no longer than a piece: `raw` as uint8[rows, bytes], `values` as float32[rows, columns]."""
        square = values * values
        sums = _in_lanes(square, np.zeros(len(values))).astype(np.float32)
        low, high = _extremes(values)
        hashes = hashed(raw, np.zeros(len(raw), np.uint64)).tolist()
        square[0] += self._column
        self._column = np.add.reduce(square, axis=0)
        self._end_rows(list(zip(sums, low, high, hashes, strict=True)))

    def _end_rows(self, rows: list[tuple[np.float32, np.float32, np.float32, int]]) -> None:
        self._rows += rows
        self._low, self._high = min(self._low, *(row[1] for row in rows)), max(self._high, *(row[2] for row in rows))
        if len(self._rows) % FLUSH == 0:
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


def _extremes(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The least and the greatest of each row, NaN apart: float32[rows] each.

    Not fmin and fmax: those of numpy 2 lose values beside a signalling NaN.
    """
    unknown = np.isnan(rows)
    if not unknown.any():
        return np.min(rows, axis=1), np.max(rows, axis=1)
    above, below = np.float32(np.inf), np.float32(-np.inf)
    return np.min(np.where(unknown, above, rows), axis=1), np.max(np.where(unknown, below, rows), axis=1)


def _classes(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """NaN, +infinity, -infinity, zero, subnormal: how many of each."""
    bits = values.view(np.uint32)
    size = bits & np.uint32(0x7FFFFFFF)
    if size.size and size.min() >= 0x00800000 and size.max() < 0x7F800000:
        return np.zeros(5, np.int64)
    infinite = bits == 0x7F800000, bits == 0xFF800000
    tests = (size > 0x7F800000, *infinite, size == 0, (size > 0) & (size < 0x00800000))
    return np.array([np.count_nonzero(test) for test in tests], np.int64)


def _powers(sums: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sums` with the first four powers of the finite values of rows added lane by lane: float64[4, 16]."""
    finite = np.isfinite(rows)
    values = _padded(rows if finite.all() else np.where(finite, rows, 0.0)).reshape(-1, LANES)
    square = values * values
    powers = (values.copy(), square, square * values, square * square)
    for power, before in zip(powers, sums, strict=True):
        power[0] += before
    return np.array([np.add.reduce(power) for power in powers])


def _padded(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows with zeros at their ends up to whole lanes."""
    short = -rows.shape[1] % LANES
    return np.pad(rows, ((0, 0), (0, short))) if short else rows


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
