"""ggml's block formats in numpy: the definition that the native kernels must equal bit for bit.

Layouts: ggml-common.h; order of values: ggml-quants.c. Every function takes uint8[blocks, bytes] and gives
float32[blocks, values]. Products are formed scale first, as ggml does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels._grids import grid, width
from assay.kernels.types import GGML, TYPES

# numpy's annotations lose the type in bit arithmetic: the tests hold it instead
Bytes = Any  # NDArray[np.uint8]
Values = Any  # NDArray[np.float32]
FP4 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)
NL4 = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)
F = np.float32


def dequantised(name: str, packed: Bytes) -> Values:
    """Values of whole blocks of a ggml type: uint8[blocks * bytes] -> float32[blocks * values]."""
    kind = TYPES[name]
    with np.errstate(all="ignore"):
        return _READ[name](packed.reshape(-1, kind.bytes)).reshape(-1).astype(np.float32, copy=False)


def _half(b: Bytes, at: int) -> Values:
    """The f16 scale at byte `at` of each block: float32[blocks, 1]."""
    return np.ascontiguousarray(b[:, at : at + 2]).view(np.float16).astype(np.float32)


def _word(b: Bytes, at: int, count: int, dtype: str) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize
    return np.ascontiguousarray(b[:, at : at + count * size]).view(dtype)


def _nibbles(q: Bytes) -> Bytes:
    """The low nibbles of a block's bytes, then the high ones."""
    count = q.shape[-1]
    found = np.empty((*q.shape[:-1], 2 * count), np.uint8)
    np.bitwise_and(q, 15, out=found[..., :count])
    np.right_shift(q, 4, out=found[..., count:])
    return found


def _q4_0(b: Bytes) -> Values:
    return (_nibbles(b[:, 2:]).astype(F) - F(8)) * _half(b, 0)


def _q4_1(b: Bytes) -> Values:
    return _nibbles(b[:, 4:]).astype(F) * _half(b, 0) + _half(b, 2)


def _fifth(b: Bytes, at: int) -> Bytes:
    bits = _word(b, at, 1, "<u4") >> np.arange(32, dtype=np.uint32) & 1
    return (bits << 4).astype(np.uint8)


def _q5_0(b: Bytes) -> Values:
    return ((_nibbles(b[:, 6:]) | _fifth(b, 2)).astype(F) - F(16)) * _half(b, 0)


def _q5_1(b: Bytes) -> Values:
    return (_nibbles(b[:, 8:]) | _fifth(b, 4)).astype(F) * _half(b, 0) + _half(b, 2)


def _q8_0(b: Bytes) -> Values:
    return b[:, 2:].view(np.int8).astype(F) * _half(b, 0)


def _q8_k(b: Bytes) -> Values:
    return b[:, 4:260].view(np.int8).astype(F) * _word(b, 0, 1, "<f4")


def _pairs(q: Bytes) -> Bytes:
    """Two-bit codes of 64 bytes in ggml's order: for each half of 32 bytes, shifts 0, 2, 4, 6: uint8[blocks, 256]."""
    halves = q.reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1) & 3
    return halves.reshape(-1, 256)


def _q2_k(b: Bytes) -> Values:
    scales = b[:, :16]
    dl, ml = _half(b, 80) * (scales & 15).astype(F), _half(b, 82) * (scales >> 4).astype(F)
    return _pairs(b[:, 16:80]).reshape(-1, 16, 16).astype(F) * dl[:, :, None] - ml[:, :, None]


def _q3_k(b: Bytes) -> Values:
    s = b[:, 96:108]
    low = _nibbles(s[:, :8])
    high = (s[:, None, 8:] >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 4, 1) & 3).reshape(-1, 16)
    dl = _half(b, 108) * ((low | high << 4).astype(F) - F(32))
    up = (b[:, None, :32] >> np.arange(8, dtype=np.uint8).reshape(1, 8, 1) & 1).reshape(-1, 256)
    codes = _pairs(b[:, 32:96]) | up << 2
    return (codes.astype(F) - F(4)).reshape(-1, 16, 16) * dl[:, :, None]


def _scale_min(s: Bytes) -> tuple[Bytes, Bytes]:
    """Eight six-bit scales and minima packed in twelve bytes (q4_K, q5_K)."""
    scale = np.concatenate([s[:, :4] & 63, (s[:, 8:] & 15) | s[:, :4] >> 6 << 4], axis=1)
    minimum = np.concatenate([s[:, 4:8] & 63, s[:, 8:] >> 4 | s[:, 4:8] >> 6 << 4], axis=1)
    return scale, minimum


def _scaled(b: Bytes, codes: Bytes) -> Values:
    scale, minimum = _scale_min(b[:, 4:16])
    dl, ml = _half(b, 0) * scale.astype(F), _half(b, 2) * minimum.astype(F)
    return codes.reshape(-1, 8, 32).astype(F) * dl[:, :, None] - ml[:, :, None]


def _q4_k(b: Bytes) -> Values:
    return _scaled(b, _nibbles(b[:, 16:].reshape(-1, 4, 32)))


def _q5_k(b: Bytes) -> Values:
    up = b[:, None, 16:48] >> np.arange(8, dtype=np.uint8).reshape(1, 8, 1) & 1
    return _scaled(b, _nibbles(b[:, 48:].reshape(-1, 4, 32)).reshape(-1, 8, 32) | up << 4)


def _q6_k(b: Bytes) -> Values:
    low = _nibbles(b[:, :128].reshape(-1, 2, 64)).reshape(-1, 256)
    up = _pairs(b[:, 128:192])
    dl = _half(b, 208) * b[:, 192:208].view(np.int8).astype(F)
    codes = (low | up << 4).view(np.int8) - np.int8(32)  # bytes, where they still are
    return codes.astype(F).reshape(-1, 16, 16) * dl[:, :, None]


def _tq1_0(b: Bytes) -> Values:
    power = np.array([1, 3, 9, 27, 81], np.uint8)
    parts = [
        (b[:, None, start:stop] * power[:many].reshape(1, many, 1)).reshape(len(b), -1)
        for start, stop, many in ((0, 32, 5), (32, 48, 5), (48, 52, 4))
    ]
    digits = np.concatenate(parts, axis=1).astype(np.uint16) * 3 >> 8
    return (digits.astype(F) - F(1)) * _half(b, 52)


def _tq2_0(b: Bytes) -> Values:
    return (_pairs(b[:, :64]).astype(F) - F(1)) * _half(b, 64)


def _q1_0(b: Bytes) -> Values:
    bits = np.unpackbits(b[:, 2:], axis=1, bitorder="little")
    d = _half(b, 0)
    return np.where(bits == 1, d, -d)


def _mxfp4(b: Bytes) -> Values:
    return np.take(FP4, _nibbles(b[:, 1:])) * np.take(_of_e8m0(), b[:, :1])


@cache
def _of_e8m0() -> Values:
    """The scale that each code of MXFP4 stands for, half of what E8M0 says, as ggml has it: float32[256]."""
    code = np.arange(256, dtype=np.uint32)
    bits = np.where(code < 2, np.uint32(0x00200000) << np.minimum(code, 1), (np.maximum(code, 1) - 1) << 23)
    return bits.astype(np.uint32).view(F)


def _nvfp4(b: Bytes) -> Values:
    code = b[:, :4]
    exponent, mantissa = (code >> 3 & 15).astype(np.int32), (code & 7).astype(F)
    raw = np.where(exponent == 0, mantissa * F(2**-9), np.ldexp(F(1) + mantissa / F(8), exponent - 7))
    d = np.where((code == 0) | (code == 0x7F), F(0), raw.astype(F) * F(0.5))
    return np.take(FP4, _nibbles(b[:, 4:].reshape(-1, 4, 8))) * d[:, :, None]


def nibbles_of(name: str, packed: Bytes) -> Bytes:
    """The four-bit codes of a type that looks values up in a table, in the order of its values: uint8[values]."""
    b = packed.reshape(-1, TYPES[name].bytes)
    parts = {"IQ4_NL": (2, 16), "IQ4_XS": (8, 16), "MXFP4": (1, 16), "NVFP4": (4, 8)}
    start, group = parts[name]
    return _nibbles(b[:, start:].reshape(len(b), -1, group)).reshape(-1)


def _iq4_nl(b: Bytes) -> Values:
    return np.take(NL4, _nibbles(b[:, 2:])) * _half(b, 0)


def _iq4_xs(b: Bytes) -> Values:
    group = np.arange(8)
    low = b[:, 4 + group // 2] >> (group % 2 * 4).astype(np.uint8) & 15
    high = _word(b, 2, 1, "<u2") >> (2 * group).astype(np.uint16) & 3
    dl = _half(b, 0) * ((low | high << 4).astype(F) - F(32))
    return np.take(NL4, _nibbles(b[:, 8:].reshape(-1, 8, 16))) * dl[:, :, None]


def _grid(name: str) -> NDArray[np.int8]:
    number = TYPES[name].number - GGML
    return np.frombuffer(grid(number), np.int8).reshape(-1, width(number))


def _signs(seven: NDArray[Any]) -> Values:
    """Eight signs of which seven are stored; the eighth makes their number even: float32[..., 8]."""
    bits = seven[..., None].astype(np.uint32) >> np.arange(7, dtype=np.uint32) & 1
    eighth = bits.sum(axis=-1, keepdims=True) & 1
    return F(1) - F(2) * np.concatenate([bits, eighth], axis=-1).astype(F)


def _bit_signs(signs: Bytes) -> Values:
    return F(1) - F(2) * np.unpackbits(signs[..., None], axis=-1, bitorder="little").astype(F)


def _halves(scales: Bytes) -> Bytes:
    """Low nibble, then high nibble of each byte in turn."""
    return np.stack([scales & 15, scales >> 4], axis=-1).reshape(len(scales), -1)


def _iq2_xxs(b: Bytes) -> Values:
    words = _word(b, 2, 16, "<u4").reshape(-1, 8, 2)
    index = np.ascontiguousarray(words[:, :, 0]).view(np.uint8).reshape(-1, 8, 4)
    packed = words[:, :, 1]
    db = _half(b, 0) * (F(0.5) + (packed >> 28).astype(F)) * F(0.25)
    seven = packed[:, :, None] >> (7 * np.arange(4, dtype=np.uint32)) & 127
    return db[:, :, None, None] * _grid("IQ2_XXS")[index].astype(F) * _signs(seven)


def _iq2_xs(b: Bytes) -> Values:
    words = _word(b, 2, 32, "<u2")
    db = _half(b, 0) * (F(0.5) + _halves(b[:, 66:74]).astype(F)) * F(0.25)
    return np.repeat(db, 2, axis=1)[:, :, None] * _grid("IQ2_XS")[words & 511].astype(F) * _signs(words >> 9)


def _iq2_s(b: Bytes) -> Values:
    group = np.arange(32)
    up = b[:, 66 + group // 4].astype(np.uint16) << (8 - 2 * (group % 4)).astype(np.uint16) & 0x300
    db = _half(b, 0) * (F(0.5) + _halves(b[:, 74:82]).astype(F)) * F(0.25)
    values = _grid("IQ2_S")[b[:, 2:34] | up].astype(F)
    return np.repeat(db, 2, axis=1)[:, :, None] * values * _bit_signs(b[:, 34:66])


def _iq3_xxs(b: Bytes) -> Values:
    packed = _word(b, 66, 8, "<u4")
    db = _half(b, 0) * (F(0.5) + (packed >> 28).astype(F)) * F(0.5)
    seven = packed[:, :, None] >> (7 * np.arange(4, dtype=np.uint32)) & 127
    values = _grid("IQ3_XXS")[b[:, 2:66]].astype(F).reshape(-1, 8, 4, 8)
    return db[:, :, None, None] * values * _signs(seven)


def _iq3_s(b: Bytes) -> Values:
    up = np.unpackbits(b[:, 66:74], axis=1, bitorder="little").astype(np.uint16) << 8
    db = _half(b, 0) * (F(1) + F(2) * _halves(b[:, 106:110]).astype(F))
    values = _grid("IQ3_S")[b[:, 2:66] | up].astype(F).reshape(-1, 8, 4, 8)
    return db[:, :, None, None] * values * _bit_signs(b[:, 74:106]).reshape(-1, 8, 4, 8)


def _iq1_s(b: Bytes) -> Values:
    high = _word(b, 34, 8, "<u2")
    dl = _half(b, 0) * (F(2) * (high >> 12 & 7).astype(F) + F(1))
    delta = np.where(high & 0x8000, F(-0.125), F(0.125))
    index = b[:, 2:34].reshape(-1, 8, 4) | (high[:, :, None] >> (3 * np.arange(4, dtype=np.uint16)) & 7) << 8
    return dl[:, :, None, None] * (_grid("IQ1_S")[index].astype(F) + delta[:, :, None, None])


def _iq1_m(b: Bytes) -> Values:
    s = _word(b, 48, 4, "<u2")
    scale = s[:, 0] >> 12 | (s[:, 1] >> 8 & 0xF0) | (s[:, 2] >> 4 & 0xF00) | (s[:, 3] & 0xF000)
    d = scale.astype(np.uint16).view(np.float16).astype(F).reshape(-1, 1)
    three = (s[:, :, None] >> (3 * np.arange(4, dtype=np.uint16)) & 7).reshape(-1, 16)
    dl = np.repeat(d * (F(2) * three.astype(F) + F(1)), 2, axis=1)
    nibble = _halves(b[:, 32:48]).astype(np.uint16)
    delta = np.where(nibble & 8, F(-0.125), F(0.125))
    values = _grid("IQ1_S")[b[:, :32] | (nibble & 7) << 8].astype(F)
    return dl[:, :, None] * (values + delta[:, :, None])


_READ: dict[str, Callable[[Bytes], Values]] = {
    "Q4_0": _q4_0, "Q4_1": _q4_1, "Q5_0": _q5_0, "Q5_1": _q5_1, "Q8_0": _q8_0, "Q8_K": _q8_k, "Q2_K": _q2_k,
    "Q3_K": _q3_k, "Q4_K": _q4_k, "Q5_K": _q5_k, "Q6_K": _q6_k, "TQ1_0": _tq1_0, "TQ2_0": _tq2_0, "Q1_0": _q1_0,
    "MXFP4": _mxfp4, "NVFP4": _nvfp4, "IQ4_NL": _iq4_nl, "IQ4_XS": _iq4_xs, "IQ2_XXS": _iq2_xxs, "IQ2_XS": _iq2_xs,
    "IQ2_S": _iq2_s, "IQ3_XXS": _iq3_xxs, "IQ3_S": _iq3_s, "IQ1_S": _iq1_s, "IQ1_M": _iq1_m,
}  # fmt: skip
