"""The numpy reference of every kernel: what the native ones must compute, and what runs where they are not installed.

Integer results of the native kernels are equal to these; sums are too, because both add in the same order: sixteen
lanes over pieces of 4,096 values. Only the order of NaN payloads is unspecified.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels import _blocks
from assay.kernels._evenness import low_bits
from assay.kernels._passes import (
    PIECE,
    Bytes,
    Powers,
    Raw,
    Tally,
    classes,
    extremes,
    folded,
    in_order,
    lanes,
    mixed,
    narrow,
)
from assay.kernels.types import BF16, BYTES, CODE8, F16, F32, F64, GGML, TYPES, Type, table

TOGETHER = 1 << 16  # values that are taken at a time: what numpy makes of them stays in the caches of a core
FLUSH = 256  # rows whose squares are added in float32 before they go to float64
HASHED = 8 * FLUSH  # rows whose hashes are folded at once
BINS, SHOWN, GROUPS, MEMBERS, TOP = 48, 64, 32, 16, 8
WINDOW, WINDOWS = 1 << 20, 16
QUANTILES = (0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999)


def widened(kind: Type, raw: Raw) -> NDArray[np.float32]:
    """Values of whole blocks as float32."""
    with np.errstate(all="ignore"):
        if kind.number >= GGML:
            return np.asarray(_blocks.dequantised(kind.name, raw), np.float32)
        if kind.number == BF16:
            return np.asarray((raw.view("<u2").astype(np.uint32) << 16).view(np.float32))
        if kind.number == CODE8:
            even = len(raw) & ~1
            pairs = np.take(_of_pairs(kind.name), raw[:even].view("<u2")).view("<f4")
            return np.append(pairs, np.frombuffer(table(kind.name), "<f4")[raw[even:]]) if even < len(raw) else pairs
        if kind.number == F16:
            return np.asarray(np.take(_of_halves(), raw.view("<u2")))
        return np.asarray(raw.view({F64: "<f8", F32: "<f4"}[kind.number]), np.float32)


@lru_cache(maxsize=2)
def _of_pairs(name: str) -> NDArray[np.uint64]:
    """The two values of each pair of codes of an 8-bit type: float32[65536, 2], as one word each."""
    codes = np.arange(1 << 16, dtype="<u2").view(np.uint8)
    return np.frombuffer(table(name), "<f4")[codes].view(np.uint64)


@cache
def _of_halves() -> NDArray[np.float32]:
    """The value of each F16: a table is twice as quick as numpy's conversion."""
    return np.arange(1 << 16, dtype="<u2").view("<f2").astype(np.float32)


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
    return float(in_order(values[None])[0]) if len(values) else 0.0


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
        self._tally: Tally | Bytes = Bytes(count) if type in (CODE8, BYTES) else Tally(count)
        self._lowest, self._narrow = Bytes(count if type == F32 else 0), [0, 0]
        self._total: Any = 0
        self._target = min(max(WINDOW, -(-count // WINDOWS)), 1 << 31) if type in (F16, BF16) else count
        self._in_window = 0
        self._scales = [0, 0]
        self._powers = Powers()
        self._classes = np.zeros(5, np.int64)
        self._carry = np.zeros(0, np.uint8)
        self._low, self._high = np.float32(np.inf), np.float32(-np.inf)
        self._column = np.zeros(columns, np.float32)
        self._column_total = np.zeros(columns)
        self._rows: list[tuple[NDArray[np.float32], ...]] = []
        self._ended = 0
        self._mixed: list[list[NDArray[np.uint32]]] = []
        self._hashes: list[NDArray[np.uint64]] = []
        self._row: list[Any] = [0.0, np.float32(np.inf), np.float32(-np.inf), 0, 0]
        self._windows: list[tuple[Any, ...]] = []

    def feed(self, bytes: Any) -> None:
        """Take the next bytes of the tensor, in any portions."""
        raw = np.frombuffer(memoryview(bytes).cast("B"), np.uint8)
        if len(self._carry):
            raw = np.concatenate([self._carry, raw])
        elif raw.__array_interface__["data"][0] % 8:
            raw = raw.copy()  # numpy is slow where words are not aligned
        with np.errstate(all="ignore"):
            at = self._pieces(raw)
        self._carry = raw[at:].copy()

    def _pieces(self, raw: Raw) -> int:
        """Take what is whole, and give where it ends."""
        at = 0
        while self._done < self._count:
            whole = (len(raw) - at) // self._size * self._each
            count = self._next(whole)
            if count > whole:
                break
            need = count // self._each * self._size
            if self._kind.number == BYTES:
                self._count_codes(raw[at : at + need], count)
            else:
                self._values(raw[at : at + need], count)
            at += need
        return at

    def _next(self, values: int) -> int:
        """How many values are taken next, of so many that are there: rows or pieces, to where squares are flushed."""
        width, left = self._columns or PIECE, self._count - self._done
        if width > TOGETHER:
            return min(PIECE, self._columns - int(self._row[4]))
        if left < width:
            return left
        here = max(1, min(values, left, TOGETHER) // width)
        return min(here, FLUSH - self._ended % FLUSH) * width

    def _values(self, raw: Raw, count: int) -> None:
        number, values = self._kind.number, widened(self._kind, raw)
        width = self._columns or PIECE
        rows = values.reshape(-1, min(width, count))
        low, high, finite = extremes(rows)
        if self._coded:
            codes = raw if number == CODE8 else raw.view("<u2")
        else:
            codes = values.view("<u2")[1::2]
            if number != F32 and not finite:  # every NaN as one code: which one results depends on the machine
                codes = np.where(np.isnan(values), np.uint16(0x7FC0), codes)
            self._classes += classes(values, finite)
            exact = raw.view("<f8").reshape(rows.shape) if number == F64 else rows
            self._powers.add(exact, finite and number != F64)
        self._count_codes(codes, min(width, count))
        if number == F32:
            self._lowest.put(raw[::4].copy())
            self._narrow = [had + more for had, more in zip(self._narrow, narrow(raw), strict=True)]
        if number >= GGML:
            bad, zero = _bad_scales(self._kind, raw)
            self._scales = [self._scales[0] + bad, self._scales[1] + zero]
        if not self._columns:
            self._low, self._high = min(self._low, *low), max(self._high, *high)
        elif count < self._columns:
            self._part_of_row(raw, values, low[0], high[0])
        else:
            self._whole_rows(raw.reshape(len(rows), -1), rows, low, high)

    def _part_of_row(self, raw: Raw, values: NDArray[np.float32], low: np.float32, high: np.float32) -> None:
        """A piece of a row that is longer than what is taken together."""
        square, row, count = values * values, self._row, len(values)
        for lane in lanes(square[None])[0]:
            row[0] += float(lane)
        row[1], row[2] = min(row[1], low), max(row[2], high)
        self._column[row[4] : row[4] + count] += square
        row[3] = int(folded(mixed(raw[None]), np.array([row[3]], np.uint64))[0])
        row[4] += count
        if row[4] == self._columns:
            self._row = [0.0, np.float32(np.inf), np.float32(-np.inf), 0, 0]
            self._hashes.append(np.array([row[3]], np.uint64))
            self._end_rows(*(np.array([value], np.float32) for value in row[:3]))

    def _whole_rows(
        self, raw: Raw, values: NDArray[np.float32], low: NDArray[np.float32], high: NDArray[np.float32]
    ) -> None:
        """Rows that are taken together: `raw` as uint8[rows, bytes], `values` as float32[rows, columns]."""
        square = values * values
        energies = in_order(square).astype(np.float32)
        size = PIECE // self._each * self._size
        found = [mixed(raw[:, at : at + size]) for at in range(0, raw.shape[1], size)]
        self._mixed.append(found)
        square[0] += self._column
        self._column = np.add.reduce(square, axis=0)
        self._end_rows(energies, low, high)

    def _fold(self) -> None:
        if self._mixed:
            hashes: Any = np.uint64(0)
            for piece in zip(*self._mixed, strict=True):
                hashes = folded(np.concatenate(piece), hashes)
            self._hashes.append(hashes)
            self._mixed.clear()

    def _end_rows(self, energies: NDArray[np.float32], low: NDArray[np.float32], high: NDArray[np.float32]) -> None:
        self._rows.append((energies, low, high))
        self._ended += len(energies)
        if self._ended % FLUSH == 0:
            self._flush()
            if self._ended % HASHED == 0:
                self._fold()

    def _flush(self) -> None:
        self._column_total += self._column
        self._column[:] = 0

    def _count_codes(self, codes: NDArray[Any], width: int) -> None:
        """Count codes of rows of that width; a window closes with the first piece of a row that fills it."""
        while len(codes):
            rows, rest = divmod(self._target - self._in_window - 1, width)
            count = min(len(codes), rows * width + min((rest // PIECE + 1) * PIECE, width))
            self._tally.put(codes[:count])
            codes = codes[count:]
            self._done += count
            self._in_window += count
            if self._in_window >= self._target or self._done == self._count:
                self._close_window()

    def _close_window(self) -> None:
        window = self._tally.taken()
        if self._kind.number in (F16, BF16) and self._in_window >= WINDOW:
            mantissa = 128 if self._kind.number == BF16 else 1024
            self._windows.append(low_bits(window, self._done - self._in_window, self._in_window, mantissa))
        self._total = self._total + window
        self._in_window = 0

    def finish(self) -> dict[str, Any]:
        """Everything learnt, as plain Python values; ValueError if bytes are missing."""
        if self._done != self._count or len(self._carry):
            raise ValueError("fewer bytes than the tensor has were fed")
        from assay.kernels import _description

        if len(self._windows) > 1:  # the whole tensor as one more test: it sees less payload, spread thin
            mantissa = 128 if self._kind.number == BF16 else 1024
            self._windows.append(low_bits(self._total, 0, self._done, mantissa))
        gathered = _description.Gathered(
            classes=self._classes,
            sums=self._powers.sums,
            minimum=float(min((row[1].min() for row in self._rows), default=self._low)),
            maximum=float(max((row[2].max() for row in self._rows), default=self._high)),
            narrow=(self._narrow[0], self._narrow[1]),
            scales=(self._scales[0], self._scales[1]),
            lowest=self._lowest.taken(),
            windows=tuple(self._windows),
        )
        with np.errstate(all="ignore"):
            self._flush()
            self._fold()
            rows, columns = _description.rows(self._rows, self._hashes), _description.largest(self._column_total)
            return _description.described(self._kind, self._total, gathered, rows, columns)


def _same(name: str, values: bytes) -> bool:
    return table(name) == values


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
