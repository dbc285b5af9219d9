"""One pass over a weight file: every tensor is summarised from the same blocks that are hashed.

Which bytes belong to which tensor comes from the index that the isolated reader gave. The kernels see only whole,
measured ranges; a tensor that cannot be read is named with its reason, never skipped in silence.
"""

from __future__ import annotations

import hashlib
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from assay import kernels
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import Lines, LowBits, Peak, TensorSummary, UnreadValues
from assay.kernels.types import BYTES, F32, TYPES, Type
from assay.weights.writing import Inflating, Unlike, Written, known

MIN_COLUMNS, MAX_COLUMNS, MAX_ROWS = 16, 1 << 20, 1 << 21  # what rows and columns are kept for: memory stays small
MOST_ACTIVE = 16  # tensors that one byte may belong to, where tensors share a storage: each holds a megabyte
MOST_TENSORS = 200_000  # of one file; the largest mixtures of experts in use have 50,000
MOST_RATIO = 2  # bytes summarised over bytes in the file: views of one storage repeat it, an attack does so without end
PEAK = 10.0  # times the median energy from which a row or column is named
DIGITS = 6  # significant digits kept: what a reader uses, and the same whichever kernel ran
LEAST_BYTES = 4096  # from here on the entropy of 256 kinds is estimated to 0.05 bits: (256 - 1) / (2 n ln 2)
_BITS = (1, 2, 4)


class Feed(Protocol):
    """Takes the bytes of one file in order, and gives facts at its end."""

    def feed(self, block: memoryview) -> None: ...

    def ended(self) -> Iterable[object]: ...


# takes artifact, tensor, and its exact histogram: codes as uint16, counts as uint64
Keep = Callable[[str, str, bytes, bytes], None]


class Pass:
    """Takes the blocks of one file in order and gives a summary of each tensor that lies in it in place."""

    def __init__(self, artifact: str, indexes: Sequence[WeightIndex], keep: Keep | None = None) -> None:
        self.found: list[TensorSummary | UnreadValues] = []
        self._artifact = artifact
        waiting = sorted(self._readable(indexes), key=lambda row: row[0].start, reverse=True)
        self._waiting: list[tuple[TensorSpec, Type, str]] = waiting
        self._active: list[tuple[TensorSpec, Type, kernels.Summary]] = []
        self._at, self._keep = 0, keep
        self._digest: kernels.Digest | None = None
        self._hashed = 0  # bytes of the file that the digest has
        self.stop = max((row[0].stop for row in waiting), default=0)

    def hashes(self) -> kernels.Digest | None:
        """The SHA-256 of all that will be fed, from the first byte on; None where it does not hash."""
        self._digest = kernels.sha256()
        return self._digest

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""
        start, stop = self._at, self._at + len(block)
        open_, self._active = self._active, []
        for tensor, kind, summary in open_:
            self._take(tensor, kind, summary, block, start)
        while self._waiting and self._waiting[-1][0].start < stop:  # one after another: a block may hold thousands
            tensor, kind, written = self._waiting.pop()
            if len(self._active) >= MOST_ACTIVE:
                self.found.append(UnreadValues(self._artifact, tensor.name, "too many tensors overlap it"))
                continue
            summary = kernels.summary(kind, *_extent(tensor, kind))
            if written:
                summary = Written(summary, written, kind, tensor)
            self._take(tensor, kind, summary, block, start)
        if self._digest is not None:
            self._digest.update(block[self._hashed - start :])
            self._hashed = stop
        self._at = stop

    def _take(self, tensor: TensorSpec, kind: Type, summary: kernels.Summary, block: memoryview, start: int) -> None:
        """Feed the part of the block that is the tensor's; it stays active if more is to come."""
        stop = start + len(block)
        begin, end = max(tensor.start, start), min(tensor.stop, stop)
        if self._digest is None or begin < self._hashed or isinstance(summary, Written):
            summary.feed(block[begin - start : end - start])
        else:
            self._digest.update(block[self._hashed - start : begin - start])
            summary.feed(block[begin - start : end - start], self._digest)
            self._hashed = end
        if tensor.stop > stop:
            self._active.append((tensor, kind, summary))
            return
        try:
            found = summary.finish()
        except Unlike as reason:
            self.found.append(UnreadValues(self._artifact, tensor.name, str(reason)))
            return
        self.found.append(_summary(self._artifact, tensor, kind, found))
        if self._keep is not None:
            self._keep(self._artifact, tensor.name, found["codes"], found["counts"])

    def ended(self) -> tuple[TensorSummary | UnreadValues, ...]:
        """What was found, in name order; tensors that the file was too short for are unread."""
        cut = [row[0] for row in self._active] + [row[0] for row in self._waiting]
        self.found += [UnreadValues(self._artifact, t.name, "the file ends before it does") for t in cut]
        self._active, self._waiting = [], []
        return tuple(sorted(self.found, key=lambda row: row.name))

    def _readable(self, indexes: Sequence[WeightIndex]) -> Iterator[tuple[TensorSpec, Type, str]]:
        """The tensors that can be summarised; the others are put among what was found, with the reason."""
        budget = MOST_RATIO * max((max(0, index.data_stop) for index in indexes), default=0)
        seen: set[tuple[int, int, str, str]] = set()
        taken = 0
        for index in indexes:
            self.found += [UnreadValues(self._artifact, name, why) for name, why in index.unread]
            reached = 0
            for tensor in sorted(index.tensors, key=lambda tensor: (tensor.start, tensor.stop, tensor.name)):
                kind, tensor = _kind(tensor)
                size, written = tensor.stop - tensor.start, index.written
                reason = _unreadable(tensor, kind, written)
                if not reason and tensor.stop > index.data_stop:
                    reason = "the file ends before it does"
                if not reason and not index.shares_storage and tensor.start < reached:
                    reason = "it shares bytes with another tensor"
                if not reason and (tensor.start, tensor.stop, tensor.dtype, written) in seen:
                    continue  # tied: the same bytes under a second name
                if not reason and size > budget:
                    reason = "the tensors of this file overlap so much that reading each would not end"
                if not reason and taken >= MOST_TENSORS:
                    reason = f"assay summarises the first {MOST_TENSORS:,} tensors of a file"
                reached = max(reached, tensor.stop)
                if reason:
                    self.found.append(UnreadValues(self._artifact, tensor.name, reason))
                elif kind is not None and size:
                    seen.add((tensor.start, tensor.stop, tensor.dtype, written))
                    budget -= min(size, tensor.elements * kind.bytes)
                    taken += 1
                    yield tensor, kind, written


def feed(artifact: str, indexes: Sequence[WeightIndex], keep: Keep | None = None) -> Feed:
    """What takes the blocks of one file and gives the summaries of every tensor in it, packed ones too."""
    rows: list[Feed] = [Pass(artifact, [index for index in indexes if index.packed is None], keep)]
    packed: dict[tuple[int, int, str], list[WeightIndex]] = {}
    for index in indexes:
        if index.packed is not None:
            packed.setdefault(index.packed, []).append(index)
    reached = 0
    for place, members in sorted(packed.items()):
        if place[0] < reached:
            names = [(tensor.name, "it lies in packed data that overlaps") for row in members for tensor in row.tensors]
            rows.append(Pass(artifact, [replace(members[0], tensors=(), unread=tuple(names))]))
            continue
        reached = place[1]
        rows.append(Inflating(*place, Pass(artifact, members, keep)))
    return rows[0] if len(rows) == 1 else Together(rows)


class Together:
    """Several feeds as one."""

    def __init__(self, rows: Sequence[Feed]) -> None:
        self._rows = rows

    def feed(self, block: memoryview) -> None:
        """Give the bytes to each."""
        for row in self._rows:
            row.feed(block)

    def ended(self) -> tuple[object, ...]:
        """The facts of each."""
        return tuple(fact for row in self._rows for fact in row.ended())


def _kind(tensor: TensorSpec) -> tuple[Type | None, TensorSpec]:
    """The kernels' type of a tensor; complex values are read as pairs of real ones."""
    real = {"C64": "F32", "C128": "F64"}.get(tensor.dtype)
    if real is not None:
        tensor = replace(tensor, dtype=real, shape=(*tensor.shape, 2))
    return TYPES.get(tensor.dtype), tensor


def _unreadable(tensor: TensorSpec, kind: Type | None, written: str) -> str:
    if kind is None:
        return f"assay does not read values of type {tensor.dtype}"
    if written and (not known(written) or tensor.elements > 8 * (tensor.stop - tensor.start)):
        return "its values are written in a way that does not add up to its shape"
    if tensor.elements % kind.elements and kind.valued:
        return f"its values are no whole blocks of {tensor.dtype}"
    if not written and tensor.stop - tensor.start != -(-tensor.elements // kind.elements) * kind.bytes:
        return "its values do not lie together in the file"
    return ""


def _extent(tensor: TensorSpec, kind: Type) -> tuple[int, int]:
    """(values, columns): columns 0 where rows are too short, too long or too many to be worth keeping."""
    if kind.number == BYTES:
        return -(-tensor.elements // kind.elements) * kind.bytes, 0
    count = tensor.elements
    columns = tensor.shape[-1] if len(tensor.shape) > 1 else 0
    if not MIN_COLUMNS <= columns <= MAX_COLUMNS or count // columns > MAX_ROWS or columns % kind.elements:
        columns = 0
    return count, columns


def _summary(artifact: str, tensor: TensorSpec, kind: Type, found: dict[str, Any]) -> TensorSummary:
    valued = bool(found["valued"])
    infinities = found["positive_infinity"] + found["negative_infinity"]
    finite = tensor.elements - found["nan"] - infinities if valued else 0
    mean, deviation, kurtosis = _moments(found["sums"], finite)
    start, stop = found["range"]
    return TensorSummary(
        artifact=artifact,
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        values=tensor.elements,
        zeros=found["zero"],
        nans=found["nan"],
        infinities=infinities,
        subnormals=found["subnormal"],
        distinct=found["distinct"],
        minimum=_rounded(found["minimum"]) if finite else None,
        maximum=_rounded(found["maximum"]) if finite else None,
        mean=mean,
        deviation=deviation,
        kurtosis=kurtosis,
        quantiles=tuple(_rounded(q) or 0.0 for q in found["quantiles"]),
        bins=tuple(found["bins"]),
        span=(_rounded(start) or 0.0, _rounded(stop) or 0.0),
        rows=_lines(found["rows"]),
        columns=_lines(found["columns"]),
        low_bits=tuple(_low_bits(found["windows"])),
        narrower=_narrower(tensor, kind, found),
        scales_not_finite=found["scales"][0],
        scales_zero=found["scales"][1],
        byte_entropy=_entropy(found["lowest"]) if kind.number == F32 else None,
        histogram=hashlib.sha256(found["codes"] + found["counts"]).hexdigest(),
    )


def _moments(sums: tuple[float, ...], count: int) -> tuple[float | None, float | None, float | None]:
    """Mean, standard deviation and kurtosis from the first four power sums."""
    if not count:
        return None, None, None
    first, second, third, fourth = (total / count for total in sums)
    square = first * first
    if not math.isfinite(second - square):
        return _rounded(first), None, None  # squares beyond what a float holds
    variance = max(0.0, second - square)
    central = fourth - 4 * first * third + 6 * square * second - 3 * square * square
    # below this the difference is rounding of the sums, not spread
    spread = variance > 1e-12 * second
    kurtosis = central / (variance * variance) if spread and variance * variance > 0 else None
    return _rounded(first), _rounded(math.sqrt(variance)) if spread else 0.0, _rounded(kurtosis)


def _rounded(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}") + 0.0  # no negative zero


def _lines(found: dict[str, Any]) -> Lines | None:
    if not found["count"]:
        return None
    median = found["median"]
    peaks = (
        Peak(place, _rounded(energy / median) or 0.0)
        for place, energy in found["top"]
        if median > 0 and energy >= PEAK * median
    )
    return Lines(
        found["count"],
        found["dead"],
        found["constant"],
        found["duplicate"],
        tuple(found["dead_shown"]),
        tuple(tuple(group) for group in found["groups"]),
        tuple(peaks),
    )


def _low_bits(tests: tuple[Any, ...]) -> Iterator[LowBits]:
    """The tests that have any power: those for which the density predicts something."""
    for first, values, seen, expected, noise in tests:
        for bits, found, wanted, variance in zip(_BITS, seen, expected, noise, strict=True):
            if wanted > 0 and variance > 0:
                yield LowBits(
                    bits, first, values, _rounded(found / wanted) or 0.0, _rounded(math.sqrt(variance) / wanted) or 0.0
                )


def _narrower(tensor: TensorSpec, kind: Type, found: dict[str, Any]) -> str | None:
    """A 16-bit type that every f32 value fits, by the bits that are zero in all of them."""
    if kind.number != F32 or not tensor.elements or found["zero"] == tensor.elements:
        return None
    bf16, f16 = found["narrow"]
    if bf16 == tensor.elements:
        return "BF16"
    largest = max(abs(found["minimum"]), abs(found["maximum"]))
    return "F16" if f16 == tensor.elements and largest <= 65504 and _fits_half(found["codes"]) else None


def _fits_half(codes: bytes) -> bool:
    """Whether small values are ones that F16 has, by the upper halves of the f32 that occur.

    Below 2^-14 F16 has steps of 2^-24 (IEEE 754 binary16), so that fewer mantissa bits are left the smaller a value is.
    The lowest 13 bits of each value are known to be zero.
    """
    words = memoryview(codes).cast("H") if sys.byteorder == "little" else array("H", codes)
    for word in words:
        exponent, mantissa = (word >> 7 & 0xFF) - 127, word & 0x7F
        if -24 <= exponent < -17 and mantissa & ((1 << (-17 - exponent)) - 1):
            return False
        if exponent < -24 and word & 0x7FFF:
            return False
    return True


def _entropy(counts: tuple[int, ...]) -> float | None:
    """Bits of entropy of the lowest bytes that are not zero: 8 for random bytes, 0 for one that is always the same.

    A byte of zero belongs to a value of a narrower type, or to none; None where too few others are left to tell.
    """
    total = sum(counts[1:])
    if total < LEAST_BYTES:
        return None
    return _rounded(-sum(n / total * math.log2(n / total) for n in counts[1:] if n))
