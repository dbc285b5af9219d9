"""Element types: how many values a block holds, in how many bytes, and which number the kernels know it by."""

from __future__ import annotations

import struct
from functools import cache

from assay.lazy import dataclass

F64, F32, F16, BF16, CODE8, BYTES, GGML = 0, 1, 2, 3, 4, 5, 100


@dataclass(frozen=True, slots=True)
class Type:
    """One element type: the kernels' number, values per block, bytes per block.

    `valued` is False for integers that are codes of something else (packed weights, indexes): they have a histogram of
    bytes and no moments.
    """

    name: str
    number: int
    elements: int
    bytes: int
    valued: bool = True


# ggml type id, values per block, bytes per block: ggml-common.h block structs
_BLOCKS = {
    "Q4_0": (2, 32, 18), "Q4_1": (3, 32, 20), "Q5_0": (6, 32, 22), "Q5_1": (7, 32, 24), "Q8_0": (8, 32, 34),
    "Q2_K": (10, 256, 84), "Q3_K": (11, 256, 110), "Q4_K": (12, 256, 144), "Q5_K": (13, 256, 176),
    "Q6_K": (14, 256, 210), "Q8_K": (15, 256, 292), "IQ2_XXS": (16, 256, 66), "IQ2_XS": (17, 256, 74),
    "IQ3_XXS": (18, 256, 98), "IQ1_S": (19, 256, 50), "IQ4_NL": (20, 32, 18), "IQ3_S": (21, 256, 110),
    "IQ2_S": (22, 256, 82), "IQ4_XS": (23, 256, 136), "IQ1_M": (29, 256, 56), "TQ1_0": (34, 256, 54),
    "TQ2_0": (35, 256, 66), "MXFP4": (39, 32, 17), "NVFP4": (40, 64, 36), "Q1_0": (41, 128, 18),
}  # fmt: skip
_INTEGERS = {"I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8}
# values and bytes of one block of codes below a byte; F4 and F6 (OCP MX specification) have no NaN and no infinity
_SMALL = {
    **dict.fromkeys(("I4", "U4", "F4"), (2, 1)),
    **dict.fromkeys(("I2", "U2"), (4, 1)),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), (4, 3)),
    "U1": (8, 1),
}
_EIGHT_BIT = ("F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0", "I8", "U8", "BOOL")


def _types() -> dict[str, Type]:
    rows = [Type("F64", F64, 1, 8), Type("F32", F32, 1, 4), Type("F16", F16, 1, 2), Type("BF16", BF16, 1, 2)]
    rows += [Type(name, CODE8, 1, 1) for name in _EIGHT_BIT]
    rows += [Type(name, GGML + id, elements, size) for name, (id, elements, size) in _BLOCKS.items()]
    rows += [Type(name, BYTES, 1, size, valued=False) for name, size in _INTEGERS.items()]
    rows += [Type(name, BYTES, count, size, valued=False) for name, (count, size) in _SMALL.items()]
    return {row.name: row for row in rows}


TYPES = _types()


@cache
def table(name: str) -> bytes:
    """The value of each of the 256 codes of an 8-bit type as little-endian float32; empty for other types."""
    if name not in _EIGHT_BIT:
        return b""
    return struct.pack("<256f", *(_value(name, code) for code in range(256)))


def _value(name: str, code: int) -> float:
    """OCP OFP8 and MX specifications; the FNUZ variants have no infinity, one NaN (0x80) and a bias one higher."""
    if name in ("U8", "BOOL"):
        return float(code)
    if name == "I8":
        return float(code - 256 if code > 127 else code)
    if name == "F8_E8M0":
        return float("nan") if code == 255 else 2.0 ** (code - 127)
    width, bias = (3, 7) if "E4M3" in name else (2, 15)
    if name.endswith("FNUZ"):
        bias += 1
        if code == 0x80:
            return float("nan")
    sign = -1.0 if code & 0x80 else 1.0
    exponent, mantissa = (code & 0x7F) >> width, code & ((1 << width) - 1)
    if name == "F8_E4M3" and code & 0x7F == 0x7F:
        return float("nan")
    if name == "F8_E5M2" and exponent == 31:
        return float("nan") if mantissa else sign * float("inf")
    fraction = mantissa / (1 << width)
    return sign * (fraction * 2.0 ** (1 - bias) if exponent == 0 else (1 + fraction) * 2.0 ** (exponent - bias))
