"""The values of every format that carries them: read in the same pass, or said to be unread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders import tensorproto
from tests.conftest import messages, of
from tests.hostile.graphs import field, node, onnx

Audit = Callable[..., Dossier]


def noise(*shape: int, broken: bool = False) -> Any:
    """Normal float32 values; one of them NaN where `broken`."""
    values = (np.random.default_rng(5).standard_normal(shape) * 0.02).astype(np.float32)
    if broken:
        values.reshape(-1)[values.size // 2] = np.nan
    return values


def told(dossier: Dossier) -> dict[str, tuple[int, int]]:
    """(values, NaN) of each tensor that was summarised."""
    return {row.name: (row.values, row.nans) for row in dossier.tensors}


def constant(tensor: bytes) -> bytes:
    return field(2, "c") + field(4, "Constant") + field(5, field(1, "value") + field(5, tensor) + field(20, 4))


def coefficients(values: Any) -> bytes:
    """A linear model: its numbers are an attribute, each with a tag before it."""
    rows = b"".join(bytes([7 << 3 | 5]) + value.tobytes() for value in values.ravel())
    attribute = field(5, field(1, "coefficients") + rows + field(20, 6))
    return field(2, "y") + field(4, "LinearRegressor") + attribute + field(7, "ai.onnx.ml")


WAYS: dict[str, Callable[[Any], bytes]] = {
    "raw": lambda v: onnx(node("Relu"), tensors=(tensorproto.raw(v),)),
    "float_data": lambda v: onnx(node("Relu"), tensors=(tensorproto.typed(v, tensorproto.FLOAT, 4),)),
    "one by one": lambda v: onnx(node("Relu"), tensors=(tensorproto.one_by_one(v),)),
    "double": lambda v: onnx(node("Relu"), tensors=(tensorproto.typed(v.astype("<f8"), tensorproto.DOUBLE, 10),)),
    "half in int32_data": lambda v: onnx(
        node("Relu"), tensors=(tensorproto.typed(v.astype("<f2").view("<u2"), tensorproto.FLOAT16, 5),)
    ),
    "constant": lambda v: onnx(constant(tensorproto.raw(v, name=""))),
    "attribute": lambda v: onnx(coefficients(v)),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_every_way_in_which_onnx_writes_numbers_is_read(way: str, tmp_path: Path, audit: Audit) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(WAYS[way](noise(8, 16)))
    sound = audit(model)
    assert sound.decision.verdict is Verdict.PASSED and list(told(sound).values()) == [(128, 0)]
    assert messages(sound, "weights.values-unread", Kind.PASS) == ["128 values in 1 tensors were read, every one"]
    model.write_bytes(WAYS[way](noise(8, 16, broken=True)))
    broken = audit(model)
    assert broken.decision.verdict is Verdict.FAILED
    assert messages(broken, "weights.not-finite", Kind.FAIL)[0].endswith("1 NaN of 128 values")


def test_integers_of_a_graph_are_read_whatever_their_width(tmp_path: Path, audit: Audit) -> None:
    shape = tensorproto.typed(np.array([-1, 3, 2**40], np.int64), tensorproto.INT64, 7, "shape")
    four = tensorproto.typed(np.array([0x21, 0x03], np.int64), tensorproto.INT4, 5, "four bits").replace(
        field(1, 2), field(1, 3), 1
    )
    (tmp_path / "m.onnx").write_bytes(onnx(node("Relu"), tensors=(shape, four)))
    dossier = audit(tmp_path / "m.onnx")
    assert told(dossier) == {"shape": (3, 0), "four bits": (3, 0)}
    assert dossier.decision.verdict is Verdict.PASSED


def test_masks_states_and_tables_of_a_graph_are_no_defects(tmp_path: Path, audit: Audit) -> None:
    mask = np.where(np.tril(np.ones((64, 64))) > 0, 0, -np.inf).astype(np.float32)
    tensors = {"mask": mask, "state": np.zeros((64, 64), np.float32), "table": np.tile(noise(1, 64), (64, 1))}
    rows = tuple(tensorproto.raw(values, name=name) for name, values in tensors.items())
    (tmp_path / "m.onnx").write_bytes(onnx(node("Relu"), tensors=rows))
    dossier = audit(tmp_path / "m.onnx")
    accused = [f for f in dossier.findings if f.check.startswith("weights.") and f.kind in (Kind.FAIL, Kind.REVIEW)]
    assert accused == [] and dossier.decision.verdict is Verdict.PASSED
    assert "mask: 2,016 of 4,096 values are infinite" in messages(dossier, "weights.not-finite", Kind.INFORMATIONAL)[0]


def test_values_beside_an_onnx_model_are_read_and_bytes_that_no_tensor_owns_found(tmp_path: Path, audit: Audit) -> None:
    values = noise(64, 64)
    tensors = (tensorproto.beside((64, 64), "m.onnx_data", 0), tensorproto.beside((64, 64), "m.onnx_data", 16384, "v"))
    (tmp_path / "m.onnx").write_bytes(onnx(node("Relu"), tensors=tensors))
    data = tmp_path / "m.onnx_data"
    data.write_bytes(values.tobytes() * 2)
    sound = audit(tmp_path)
    assert sound.decision.verdict is Verdict.PASSED and told(sound) == {"w": (4096, 0), "v": (4096, 0)}
    assert messages(sound, "weights.absent", Kind.PASS) == ["m.onnx (onnx): 8,192 values in 2 tensors"]
    data.write_bytes(values.tobytes() + noise(64, 64, broken=True).tobytes() + b"payload!" * 20_000)
    (found,) = of(audit(tmp_path), "weights.not-finite", Kind.FAIL)
    assert (found.message, found.evidence[0].artifact) == ("v: 1 NaN of 4,096 values", "m.onnx_data")
    (tail,) = messages(audit(tmp_path), "weights.unowned-bytes", Kind.FAIL)
    assert tail == "m.onnx_data: 160,000 bytes after the last tensor belong to no tensor"
    data.unlink()
    (gone,) = messages(audit(tmp_path), "weights.values-unread", Kind.OPEN)
    assert gone.endswith("2 tensors were not read: its values lie in 'm.onnx_data', which is not here")


def test_two_graphs_that_share_a_file_of_values_leave_no_gap_in_it(tmp_path: Path, audit: Audit) -> None:
    for name, offset in (("encoder.onnx", 0), ("decoder.onnx", 1 << 20)):
        (tmp_path / name).write_bytes(onnx(node("Relu"), tensors=(tensorproto.beside((512, 512), "all.bin", offset),)))
    (tmp_path / "all.bin").write_bytes(noise(1024, 512).tobytes())
    assert of(audit(tmp_path), "weights.unowned-bytes", Kind.FAIL) == []


def test_no_more_is_read_than_twice_the_file_however_many_graphs_name_it(tmp_path: Path, audit: Audit) -> None:
    for number in range(20):
        tensors = (tensorproto.beside((64, 64), "all.onnx_data", 4 * number),)
        (tmp_path / f"{number:02}.onnx").write_bytes(onnx(node("Relu"), tensors=tensors))
    (tmp_path / "all.onnx_data").write_bytes(noise(64, 66).tobytes())
    (found,) = messages(audit(tmp_path), "weights.values-unread", Kind.OPEN)
    assert "overlap so much that reading each would not end" in found


def test_raw_data_that_does_not_fit_its_shape_is_told(tmp_path: Path, audit: Audit) -> None:
    tensor = tensorproto.raw(noise(8, 16)).replace(field(1, 8), field(1, 7), 1)
    (tmp_path / "m.onnx").write_bytes(onnx(node("Relu"), tensors=(tensor,)))
    assert audit(tmp_path / "m.onnx").decision.verdict is Verdict.INCOMPLETE
