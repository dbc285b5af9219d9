"""What a summary of the kernels says of a tensor, as the fact that a dossier keeps."""

from __future__ import annotations

import hashlib
import math
import sys
from array import array
from collections.abc import Iterator
from typing import Any

from assay.facts.tensor import TensorSpec
from assay.facts.values import Lines, LowBits, Peak, TensorSummary
from assay.kernels.types import F32, Type

PEAK = 10.0  # times the median energy from which a row or column is named
DIGITS = 6  # significant digits kept: what a reader uses, and the same whichever kernel ran
LEAST_BYTES = 4096  # from here on the entropy of 256 kinds is estimated to 0.05 bits: (256 - 1) / (2 n ln 2)
_BITS = (1, 2, 4)


def described(artifact: str, tensor: TensorSpec, kind: Type, found: dict[str, Any]) -> TensorSummary:
    """The summary of a tensor, from what the kernels' `Summary.finish` gave of it."""
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
