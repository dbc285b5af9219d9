"""A digest that a summary updates while it counts is that of hashlib, and the summary is what it is without."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import kernels
from assay.kernels import types
from tests.kernels import same

native = pytest.importorskip("openassay_native")
if native.sha256() is None:
    pytest.skip("this processor has no instructions for SHA-256", allow_module_level=True)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_it_is_sha_256_of_bytes_in_any_portions(size: int) -> None:
    raw = np.random.default_rng(size).bytes(size)
    for cut in {0, 1, size // 2, size}:
        digest = native.sha256()
        digest.update(raw[:cut])
        digest.hexdigest()  # which may be asked meanwhile
        digest.update(memoryview(raw)[cut:])
        assert digest.hexdigest() == hashlib.sha256(raw).hexdigest()


@given(st.data())
def test_a_summary_that_hashes_gives_both_as_they_are_alone(data: st.DataObject) -> None:
    kind = data.draw(
        st.sampled_from([types.TYPES[name] for name in ("BF16", "F16", "F32", "I8", "U32", "Q4_0", "F64")])
    )
    columns = kind.elements * data.draw(st.integers(1, 300)) if data.draw(st.booleans()) and kind.valued else 0
    rows = data.draw(st.integers(1, 20))
    size = rows * (columns or kind.elements * 40) // kind.elements * kind.bytes
    count = rows * (columns or kind.elements * 40) if kind.valued else size
    before = data.draw(st.integers(0, 70))
    raw = np.random.default_rng(data.draw(st.integers(0, 99))).bytes(before + size)
    digest = native.sha256()
    digest.update(raw[:before])
    fused, plain = kernels.summary(kind, count, columns), kernels.summary(kind, count, columns)
    plain.feed(raw[before:])
    for part in portions(data, memoryview(raw)[before:]):
        fused.feed(part, digest)
    assert digest.hexdigest() == hashlib.sha256(raw).hexdigest()
    found = plain.finish()
    assert same(fused.finish(), found)
    parted = native.Summary(kind.number, count, columns, *kernels._tables(kind))
    digest, alone = native.sha256(), data.draw(st.booleans())
    with ThreadPoolExecutor(1) as other:  # while one counts, another thread measures, each in portions of its own
        measured = other.submit(lambda rows: [parted.measure(row) for row in rows], portions(data, raw[before:]))
        for part in portions(data, memoryview(raw)[before:]):
            parted.count(part, None if alone else digest)
        measured.result()
    assert alone or digest.hexdigest() == hashlib.sha256(raw[before:]).hexdigest()
    assert same(parted.finish(), found)


def test_a_summary_of_which_one_part_is_missing_is_none() -> None:
    for method, arguments in (("count", (bytes(64), None)), ("measure", (bytes(64),))):
        summary = native.Summary(types.TYPES["BF16"].number, 32, 0)
        getattr(summary, method)(*arguments)
        with pytest.raises(ValueError, match="fewer bytes than the tensor has were fed"):
            summary.finish()


def portions(data: st.DataObject, raw: Any) -> list[Any]:
    """The bytes in up to four portions."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=3)))
    return [raw[start:stop] for start, stop in pairwise([0, *cuts, len(raw)])]
