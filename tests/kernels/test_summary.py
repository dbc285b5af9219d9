"""The native kernels against their numpy definition: equal, to the last bit, at every instruction-set level."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.kernels import reference, types
from assay.kernels._grids import grid
from tests.kernels import levels, same

native = pytest.importorskip("openassay_native")


def summaries(kind: types.Type, raw: bytes, count: int, columns: int, cuts: list[int]) -> None:
    tables = types.table(kind.name), grid(kind.number - types.GGML)
    expected = reference.Summary(kind.number, count, columns, *tables)
    expected.feed(raw)
    wanted = expected.finish()
    again = reference.Summary(kind.number, count, columns, *tables)
    for start, stop in pairwise([0, *sorted(cuts), len(raw)]):
        again.feed(memoryview(raw)[start:stop])
    assert same(again.finish(), wanted)
    for level in levels():
        native.use(level)
        found = native.Summary(kind.number, count, columns, *tables)
        at = 0
        for cut in [*sorted(cuts), len(raw)]:
            found.feed(memoryview(raw)[at:cut])
            at = cut
        got = found.finish()
        assert got.keys() == wanted.keys()
        for key in wanted:
            assert same(got[key], wanted[key]), (level, kind.name, key, got[key], wanted[key])


@given(st.data())
def test_native_summaries_equal_the_reference(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(types.TYPES.values(), key=lambda t: t.name)))
    each = 1 if not kind.valued else kind.elements
    columns = each * data.draw(st.integers(1, 40)) if data.draw(st.booleans()) and kind.valued else 0
    rows = data.draw(st.integers(1, 30))
    count = rows * (columns or each * 17)
    size = count if not kind.valued else count // kind.elements * kind.bytes
    seed = data.draw(st.integers(0, 2**32 - 1))
    raw = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    if data.draw(st.booleans()):  # few different rows: dead, constant and duplicate ones
        raw[: size // 2] = data.draw(st.sampled_from([0, 0x3C, 0xFF]))
    cuts = data.draw(st.lists(st.integers(0, size), max_size=4))
    summaries(kind, raw.tobytes(), count, columns, cuts)


@pytest.mark.parametrize("columns", [5120, 81_920])  # the second are longer than what numpy takes at a time
@pytest.mark.parametrize("name", ["BF16", "F16", "F32", "F64", "Q4_1"])
def test_long_rows_many_rows_and_windows_equal_the_reference(name: str, columns: int) -> None:
    kind = types.TYPES[name]
    values = np.random.default_rng(1).standard_normal(5120 * 640).astype(np.float32) * np.float32(0.02)
    if name == "BF16":
        raw = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    elif name in ("F16", "F32", "F64"):
        raw = values.astype({"F16": "<f2", "F32": "<f4", "F64": "<f8"}[name]).tobytes()
    else:
        raw = np.random.default_rng(2).integers(0, 120, len(values) // 32 * 20, np.uint8).tobytes()
    summaries(kind, raw, len(values), columns, [1, 4097, 1 << 20])


@pytest.mark.parametrize("name", ["BF16", "F32", "F8_E4M3", "Q8_0"])
@pytest.mark.parametrize("columns", [0, 96])
def test_many_short_rows_equal_the_reference(name: str, columns: int) -> None:
    """More of them than are taken together, than are flushed together and than one window holds."""
    kind = types.TYPES[name]
    count = 96 * 23_000
    raw = np.random.default_rng(3).integers(0, 120, count // kind.elements * kind.bytes, np.uint8).tobytes()
    summaries(kind, raw, count, columns, [1, 4097, 1 << 20, 2_000_003])


@given(st.integers(0, 9000), st.integers(0, 2**32 - 1))
def test_native_differences_equal_the_reference(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    left = random.standard_normal(count).astype(np.float32)
    right = np.where(random.random(count) < 0.5, left, random.standard_normal(count)).astype(np.float32)
    wanted_change = np.empty_like(left)
    wanted = reference.difference(left, right, wanted_change)
    for level in levels():
        native.use(level)
        change = np.empty_like(left)
        assert native.difference(left, right, change) == wanted
        assert np.array_equal(change, wanted_change)


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="whole blocks"):
        native.Summary(types.TYPES["Q4_1"].number, 33, 0)
    with pytest.raises(ValueError, match="grid"):
        native.Summary(types.TYPES["IQ1_S"].number, 256, 0)
    with pytest.raises(ValueError, match="table"):
        native.Summary(types.CODE8, 4, 0)
    with pytest.raises(ValueError, match="rows"):
        native.Summary(types.F32, 10, 3)
    with pytest.raises(ValueError, match="length"):
        native.widen(types.F16, b"\0" * 3, np.empty(1, np.float32))
    with pytest.raises(ValueError, match="fewer bytes"):
        native.Summary(types.F32, 10, 0).finish()
    with pytest.raises(ValueError, match="length"):
        native.difference(np.zeros(3, np.float32), np.zeros(4, np.float32))


SIZES = st.one_of(st.integers(0, 5000), st.sampled_from([2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, 2**64 - 1]))


@given(st.data())
def test_any_sizes_are_taken_or_refused(data: st.DataObject) -> None:
    """What a header may claim, beside bytes that begin anywhere: a ValueError, or the summary of what was fed."""
    number = data.draw(st.one_of(st.sampled_from([row.number for row in types.TYPES.values()]), st.integers(-9, 300)))
    count, columns = data.draw(SIZES), data.draw(SIZES)
    raw = memoryview(np.random.default_rng(data.draw(st.integers(0, 9))).integers(0, 256, 9000, np.uint8).tobytes())
    kind = next((row for row in types.TYPES.values() if row.number == number), types.TYPES["F32"])
    table, grids = types.table(kind.name), grid(kind.number - types.GGML)
    for level in levels():
        native.use(level)
        try:
            found = native.Summary(number, count, columns, table, grids)
            for start, stop in data.draw(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 9000)), max_size=4)):
                found.feed(raw[start:stop])
            found.finish()
        except (ValueError, MemoryError, OverflowError):
            pass
        start, stop, room = (data.draw(st.integers(0, 600)) for _ in range(3))
        try:
            native.widen(number, np.frombuffer(raw[start:stop], np.uint8), np.empty(room, np.float32), table, grids)
        except ValueError:
            pass


def hadamard(size: int) -> Any:
    """Rows of equal values whose signs alone differ, in the most regular way there is (Sylvester's construction)."""
    found = np.ones((1, 1), np.float32)
    while len(found) < size:
        found = np.block([[found, found], [found, -found]])
    return found / 16


def signs_of_pairs(size: int) -> Any:
    """Noise, and the same rows with the signs of two values changed that lie a hash lane apart."""
    values = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
    values[size // 2 :] = values[: size // 2]
    values[size // 2 :, 1] *= -1
    values[size // 2 :, 33] *= -1
    return values


def positions(size: int) -> Any:
    """Sinusoids of a position embedding (arXiv:1706.03762, section 3.5)."""
    angles = np.arange(2 * size)[:, None] * np.exp(-np.arange(0, size, 2) * math.log(10_000) / size)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(2 * size, size).astype(np.float32)


@pytest.mark.parametrize("made", [hadamard, signs_of_pairs, positions])
@pytest.mark.parametrize("dtype", ["F32", "F16"])
def test_rows_that_differ_in_signs_are_not_taken_for_equal(made: Any, dtype: str) -> None:
    values = made(256).astype(np.float32 if dtype == "F32" else np.float16)
    assert len(np.unique(values, axis=0)) == len(values)
    kind = types.TYPES[dtype]
    for summary in (reference.Summary, native.Summary):
        found = summary(kind.number, values.size, values.shape[1])
        found.feed(values.tobytes())
        assert found.finish()["rows"]["duplicate"] == 0
