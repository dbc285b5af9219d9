"""How rows depend on each other: natively at every level, by numpy, and by the definition written out."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from assay import kernels
from assay.kernels import types
from assay.kernels._correlated import correlated
from tests.kernels import levels

native = pytest.importorskip("openassay_native")


@pytest.mark.parametrize(
    ("name", "rows", "columns", "most"),
    [("F32", 33, 50, 2048), ("BF16", 32, 300, 128), ("F16", 128, 96, 96), ("Q8_0", 48, 96, 64), ("I8", 1, 16, 16)],
)
def test_every_way_gives_what_the_definition_says(name: str, rows: int, columns: int, most: int) -> None:
    kind, random = types.TYPES[name], np.random.default_rng(rows)
    normal = random.standard_normal((rows, columns), np.float32)
    raw = {
        "F32": normal.tobytes(),
        "BF16": (normal.view(np.uint32) >> 16).astype("<u2").tobytes(),
        "F16": normal.astype("<f2").tobytes(),
    }.get(name) or random.integers(1, 120, rows * columns // kind.elements * kind.bytes, np.uint8).tobytes()
    x = kernels.widened(kind, raw).reshape(rows, columns)[:, :most].astype(float)
    unit = x / np.linalg.norm(x, axis=1)[:, None]
    of_rows, of_columns = (np.square(x).mean(axis=axis) / np.square(x).mean() for axis in (1, 0))
    wanted = (
        x.mean(),
        np.square(x).mean(),
        of_rows.var(),
        of_columns.var(),
        np.square(unit @ unit.T).sum() - rows,
        np.linalg.norm(unit, 2) ** 2,
    )
    for level in levels():
        native.use(level)
        found = kernels.correlated(kind, raw, rows, columns, most)
        assert found is not None
        assert astuple(found) == pytest.approx(wanted, rel=1e-9, abs=1e-12), level
    assert correlated(x.astype(np.float32)) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_row_of_which_nothing_can_be_said_is_not_guessed_at(value: float) -> None:
    values = np.ones((32, 64), np.float32)
    values[3] = value
    assert kernels.correlated(types.TYPES["F32"], values, 32, 64, 64) is None
    assert correlated(values) is None


def test_rows_that_are_not_all_there_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        kernels.correlated(types.TYPES["F32"], bytes(4 * 32 * 64 - 1), 32, 64, 64)
    with pytest.raises(ValueError, match="whole blocks"):
        kernels.correlated(types.TYPES["Q8_0"], bytes(34), 1, 33, 64)
