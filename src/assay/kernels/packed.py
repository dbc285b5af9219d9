"""Weights that several tensors hold together: GPTQ, AWQ, bitsandbytes, MXFP4 and NVFP4 as the hub stores them.

Every function takes numpy arrays as stored and gives float32[rows, columns], the matrix that the layer multiplies by
(outputs first). Layouts are those of the projects named in each docstring.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.kernels.types import table

Values = NDArray[np.float32]
_FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)  # OCP MX, E2M1
_AWQ_ORDER = np.array([0, 2, 4, 6, 1, 3, 5, 7])


def _fields(words: NDArray[Any], bits: int) -> NDArray[np.int32]:
    """The unsigned fields of each 32-bit word, lowest first: int32[..., 32 / bits]."""
    shifts = np.arange(0, 32, bits, dtype=np.uint32)
    return (words.view(np.uint32)[..., None] >> shifts & np.uint32((1 << bits) - 1)).astype(np.int32)


def gptq(
    qweight: NDArray[np.int32],
    scales: Values,
    qzeros: NDArray[np.int32],
    group: NDArray[np.int32] | None,
    bits: int = 4,
) -> Values:
    """GPTQ (AutoGPTQ checkpoint format 1): codes packed along the inputs, stored zero points one too small.

    qweight: int32[inputs * bits / 32, outputs]; scales: [groups, outputs]; qzeros: int32[groups, outputs * bits / 32];
    group: int32[inputs], the group of each input, or None for groups in order.
    """
    codes = _fields(qweight.T, bits).reshape(qweight.shape[1], -1)
    zeros = _fields(qzeros, bits).reshape(len(qzeros), -1) + 1
    inputs = codes.shape[1]
    of = group if group is not None else np.arange(inputs) // -(-inputs // len(scales))
    if len(of) != inputs or (inputs and (of.min() < 0 or of.max() >= len(scales))):
        raise ValueError("the groups of a GPTQ tensor do not fit its scales")
    return ((codes - zeros[of].T) * scales[of].T).astype(np.float32)


def awq(qweight: NDArray[np.int32], scales: Values, qzeros: NDArray[np.int32]) -> Values:
    """AWQ (AutoAWQ, GEMM layout): four bits packed along the outputs in the order 0 2 4 6 1 3 5 7.

    qweight: int32[inputs, outputs / 8]; scales: [groups, outputs]; qzeros: int32[groups, outputs / 8].
    """

    def unpacked(words: NDArray[np.int32]) -> NDArray[np.int32]:
        fields = _fields(words, 4)
        ordered = np.empty_like(fields)
        ordered[..., _AWQ_ORDER] = fields
        return ordered.reshape(len(words), -1)

    codes, zeros = unpacked(qweight), unpacked(qzeros)
    of = np.arange(len(codes)) // -(-len(codes) // len(scales))
    return ((codes - zeros[of]) * scales[of]).T.astype(np.float32)


def bitsandbytes4(
    packed: NDArray[np.uint8], absmax: Values, code: Values, shape: tuple[int, int], block: int = 64
) -> Values:
    """bitsandbytes 4-bit (nf4, fp4): two codes to a byte, the first in the high nibble, one maximum for each block."""
    codes = np.stack([packed.reshape(-1) >> 4, packed.reshape(-1) & 15], axis=-1).reshape(-1)
    values = code[codes] * np.repeat(absmax.reshape(-1), block)[: len(codes)]
    return values.reshape(shape).astype(np.float32)


def nested_absmax(absmax: NDArray[np.uint8], scale: Values, code: Values, offset: float, block: int = 256) -> Values:
    """The block maxima of bitsandbytes' double quantisation: codes, their own maxima, and an offset."""
    return (code[absmax] * np.repeat(scale, block)[: len(absmax)] + np.float32(offset)).astype(np.float32)


def bitsandbytes8(weight: NDArray[np.int8], absmax: Values) -> Values:
    """bitsandbytes LLM.int8(): each output row over 127 of its maximum."""
    return (weight.astype(np.float32) * absmax.reshape(-1, 1) / np.float32(127)).astype(np.float32)


def mxfp4(blocks: NDArray[np.uint8], scales: NDArray[np.uint8]) -> Values:
    """OCP MXFP4 as gpt-oss stores it: uint8[..., groups, 16] (low nibble first) with E8M0 uint8[..., groups]."""
    codes = np.stack([blocks & 15, blocks >> 4], axis=-1).reshape(*blocks.shape[:-1], 32)
    scale = np.frombuffer(table("F8_E8M0"), "<f4")[scales]
    values = _FP4[codes] * scale[..., None]
    return np.asarray(values.reshape(-1, blocks.shape[-2] * 32), np.float32)


def nvfp4(packed: NDArray[np.uint8], scales: Values, whole: float) -> Values:
    """NVFP4 of TensorRT Model Optimizer: uint8[outputs, inputs / 2], an E4M3 scale for 16 inputs, one f32 for all."""
    codes = np.stack([packed & 15, packed >> 4], axis=-1).reshape(len(packed), -1)
    return (_FP4[codes] * np.repeat(scales, 16, axis=1) * np.float32(whole)).astype(np.float32)
