"""Quantisation seen from the other side: the step of every value, and what quantising again would store.

The formulas are ggml's reference quantisers (ggml-quants.c, quantize_row_q4_0_ref and its siblings).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels._blocks import FP4, NL4, dequantised, nibbles_of
from assay.kernels.types import TYPES

F = np.float32
REQUANTISES = frozenset({"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"})
EVEN = REQUANTISES | {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"}  # codes at equal distances
_CODEBOOKS = {"IQ4_NL": NL4, "IQ4_XS": NL4, "MXFP4": FP4, "NVFP4": FP4}
HAS_CELL = EVEN | frozenset(_CODEBOOKS)


def steps(name: str, packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The distance between neighbouring codes at each value: uint8[blocks * bytes] -> float32[blocks * values].

    Only for the types in HAS_CELL. Where codes lie at unequal distances, the larger of the two that a value has.
    """
    kind = TYPES[name]
    blocks = packed.reshape(-1, kind.bytes)
    if name in _CODEBOOKS:
        return _gaps(_CODEBOOKS[name], kind.name, packed)
    scale = _scales(name, blocks)
    return np.asarray(np.repeat(np.abs(scale), kind.elements // scale.shape[1], axis=1).reshape(-1), F)


def _gaps(codebook: Any, name: str, packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The larger distance to a neighbouring code, for types that look values up in a table."""
    values = dequantised(name, packed)
    codes = nibbles_of(name, packed)
    table = np.unique(codebook)
    between = np.diff(table)
    larger = np.maximum(np.append(between, between[-1]), np.insert(between, 0, between[0]))
    of_code = larger[np.searchsorted(table, codebook)]
    with np.errstate(all="ignore"):
        scale = np.where(codebook[codes] != 0, values / codebook[codes], np.nan).reshape(-1, 16)
        scale = np.nanmax(np.abs(scale), axis=1, keepdims=True, initial=0.0, where=~np.isnan(scale))
    return np.asarray((of_code[codes].reshape(-1, 16) * scale).reshape(-1), F)


def _half(blocks: Any, at: int) -> Any:
    return np.ascontiguousarray(blocks[:, at : at + 2]).view("<f2").astype(F)


def _scales(name: str, b: Any) -> Any:
    """The step of each group of a block: float32[blocks, groups]."""
    if name in REQUANTISES:
        return _half(b, 0)
    if name == "Q2_K":
        return _half(b, 80) * (b[:, :16] & 15).astype(F)
    if name == "Q6_K":
        return _half(b, 208) * b[:, 192:208].view(np.int8).astype(F)
    if name == "Q3_K":
        s = b[:, 96:108]
        low = np.concatenate([s[:, :8] & 15, s[:, :8] >> 4], axis=1)
        high = (s[:, None, 8:] >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 4, 1) & 3).reshape(-1, 16)
        return _half(b, 108) * ((low | high << 4).astype(F) - F(32))
    s = b[:, 4:16]
    return _half(b, 0) * np.concatenate([s[:, :4] & 63, (s[:, 8:] & 15) | s[:, :4] >> 6 << 4], axis=1).astype(F)


def quantised(name: str, values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """uint8[blocks * bytes]: float32[blocks * 32] as ggml's reference quantiser stores it, for types in REQUANTISES."""
    x = values.reshape(-1, 32)
    with np.errstate(all="ignore"):
        parts = {"Q8_0": _q8_0, "Q4_0": _q4_0, "Q4_1": _q4_1, "Q5_0": _q5_0, "Q5_1": _q5_1}[name](x)
    return np.concatenate(parts, axis=1).reshape(-1)


def _inverse(d: Any) -> Any:
    return np.where(d == 0, F(0), F(1) / np.where(d == 0, F(1), d))


def _f16(d: Any) -> Any:
    return d.astype("<f2").view(np.uint8)


def _q8_0(x: Any) -> list[Any]:
    d = np.abs(x).max(axis=1, keepdims=True) / F(127)
    scaled = x * _inverse(d)
    q = np.trunc(scaled + np.copysign(F(0.5), scaled))  # roundf: halves away from zero
    return [_f16(d), q.astype(np.int8).view(np.uint8)]


def _largest(x: Any) -> Any:
    """The value of largest size in each row, with its sign."""
    at = np.abs(x).argmax(axis=1)
    return x[np.arange(len(x)), at][:, None]


def _codes(scaled: Any, most: int) -> Any:
    return np.clip(np.trunc(scaled), 0, most).astype(np.uint8)


def _packed4(q: Any) -> Any:
    return q[:, :16] & 15 | (q[:, 16:] & 15) << 4


def _fifth(q: Any) -> Any:
    return np.packbits(q >> 4 & 1, axis=1, bitorder="little")


def _q4_0(x: Any) -> list[Any]:
    d = _largest(x) / F(-8)
    return [_f16(d), _packed4(_codes(x * _inverse(d) + F(8.5), 15))]


def _q4_1(x: Any) -> list[Any]:
    low = x.min(axis=1, keepdims=True)
    d = (x.max(axis=1, keepdims=True) - low) / F(15)
    return [_f16(d), _f16(low), _packed4(_codes((x - low) * _inverse(d) + F(0.5), 15))]


def _q5_0(x: Any) -> list[Any]:
    d = _largest(x) / F(-16)
    q = _codes(x * _inverse(d) + F(16.5), 31)
    return [_f16(d), _fifth(q), _packed4(q)]


def _q5_1(x: Any) -> list[Any]:
    low = x.min(axis=1, keepdims=True)
    d = (x.max(axis=1, keepdims=True) - low) / F(31)
    q = _codes((x - low) * _inverse(d) + F(0.5), 31)
    return [_f16(d), _f16(low), _fifth(q), _packed4(q)]


def rounded(dtype: str, values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """`values` after a round trip through a narrower float type, to nearest even; None for other types."""
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(F)
    if dtype == "BF16":
        bits = values.view(np.uint32)
        nearest = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
        return np.where(np.isnan(values), values, (nearest & np.uint32(0xFFFF0000)).view(F))
    return values if dtype in ("F32", "F64") else None
