"""Block formats against gguf-py, which is another implementation: every value, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from assay import kernels
from assay.kernels import _blocks, lattice, reference, types

# gguf-py cannot dequantise these two; their layouts are in ggml-quants.c alone
ALONE = {"Q8_K", "Q1_0"}
BLOCKS = sorted(_blocks._READ)


def packed(name: str, seed: int = 0) -> np.ndarray:
    kind = types.TYPES[name]
    return np.random.default_rng(seed).integers(0, 256, 700 * kind.bytes, np.uint8)


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    return bool(((left == right) | (np.isnan(left) & np.isnan(right))).all())


@pytest.mark.parametrize("name", [name for name in BLOCKS if name not in ALONE])
def test_the_reference_equals_gguf_py(name: str) -> None:
    kind, raw = types.TYPES[name], packed(name)
    with np.errstate(all="ignore"):
        wanted = dequantize(raw.reshape(-1, kind.bytes), GGMLQuantizationType[name]).reshape(-1)
    assert equal(_blocks.dequantised(name, raw), wanted)


@pytest.mark.parametrize("name", [*BLOCKS, "F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I8"])
def test_the_kernels_equal_the_reference(name: str) -> None:
    kind, raw = types.TYPES[name], packed(name, 1)
    assert equal(kernels.widened(kind, raw), reference.widened(kind, raw))


def test_one_bit_and_eight_bit_blocks_by_hand() -> None:
    one = np.frombuffer(np.float16(0.5).tobytes() + bytes([0b101] + [0] * 15), np.uint8)
    assert kernels.widened(types.TYPES["Q1_0"], one)[:4].tolist() == [0.5, -0.5, 0.5, -0.5]
    eight = np.float32(0.25).tobytes() + np.arange(-128, 128, dtype=np.int8).tobytes() + bytes(32)
    assert kernels.widened(types.TYPES["Q8_K"], np.frombuffer(eight, np.uint8)).tolist() == [
        n / 4 for n in range(-128, 128)
    ]


@pytest.mark.parametrize("name", sorted(lattice.REQUANTISES))
def test_quantising_again_equals_gguf_py(name: str) -> None:
    values = (np.random.default_rng(3).standard_normal(32 * 500) * 0.02).astype(np.float32)
    values[:64] = 0
    wanted = quantize(values.reshape(-1, 32), GGMLQuantizationType[name]).reshape(-1)
    assert np.array_equal(lattice.quantised(name, values), wanted)


@pytest.mark.parametrize("name", sorted(lattice.EVEN))
def test_steps_are_the_distance_between_codes(name: str) -> None:
    """Values of one group lie on a lattice of the step that is claimed for them."""
    kind, raw = types.TYPES[name], packed(name, 4)
    with np.errstate(all="ignore"):
        values, step = kernels.widened(kind, raw).astype(np.float64), lattice.steps(name, raw).astype(np.float64)
        first = np.repeat(values.reshape(-1, 16)[:, 0], 16)
        # a minimum far larger than the step leaves float32 too few bits to see the lattice
        good = np.isfinite(values) & (step > 1e-3 * np.abs(values)) & (step > 1e-3 * np.abs(first))
        places = (values[good] - first[good]) / step[good]
        assert np.abs(places - np.rint(places)).max() < 1e-2


@pytest.mark.parametrize(
    ("dtype", "code", "value"),
    [
        ("F8_E4M3", 0x7E, 448.0),
        ("F8_E4M3", 0x01, 2.0**-9),
        ("F8_E5M2", 0x7B, 57344.0),
        ("F8_E5M2", 0x7C, float("inf")),
        ("F8_E4M3FNUZ", 0x7F, 240.0),
        ("F8_E5M2FNUZ", 0x7F, 57344.0),
        ("F8_E8M0", 0, 2.0**-127),
        ("I8", 0x80, -128.0),
    ],
)
def test_eight_bit_codes_have_the_values_of_their_specification(dtype: str, code: int, value: float) -> None:
    assert kernels.widened(types.TYPES[dtype], bytes([code])).tolist() == [value]
