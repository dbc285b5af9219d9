"""The values of every format that carries them: read in the same pass, or said to be unread."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders import hdf5, msgpack, safetensors, tensorproto
from tests.conftest import messages, of
from tests.hostile.graphs import field, flat, node, onnx, table, varint
from tests.hostile.pickles import tarred, zipped

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
    assert messages(sound, "weights.values-unread", Kind.PASS) == ["128 values in 1 tensor were read, every one"]
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


def npy(values: Any) -> bytes:
    buffer = BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def saved(save: Callable[..., None], **arrays: Any) -> bytes:
    buffer = BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def weights_h5(values: Any) -> bytes:
    place = hdf5.dataset_file(hdf5.space(*values.shape), hdf5.float32(), hdf5.contiguous(0, values.nbytes))
    layout = hdf5.contiguous(len(place), values.nbytes)
    return hdf5.dataset_file(hdf5.space(*values.shape), hdf5.float32(), layout, after=values.tobytes())


def keras(values: Any) -> bytes:
    return zipped({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": weights_h5(values)})


def flax(values: Any) -> bytes:
    """Nested parameters, as flax.serialization.msgpack_serialize writes them."""
    array = msgpack.array(values)
    step = msgpack.array(np.int32(3), 3)
    tree = {"params": {"layers": [{"kernel": array}], "name": "a"}, "step": step, "more": {"w": array}}
    return msgpack.packed(tree)


def spacy(values: Any) -> bytes:
    """Parameters as thinc writes them: arrays are maps (msgpack_numpy.py, `encode`)."""
    array = {
        **{b"nd": b"yes", b"type": values.dtype.str, b"kind": b"", b"shape": values.shape},
        b"data": values.tobytes(),
    }
    return msgpack.packed({"nodes": [], "params": [{"W": array}]})


def tflite(values: Any, spare: int = 0) -> bytes:
    shape = ("v", list(values.shape))
    tensor = table({0: shape, 1: ("i", 0), 2: ("i", 1), 3: ("s", "w")})
    subgraph = table({0: ("t", [tensor]), 4: ("s", "main")})
    buffers = [table({0: ("b", raw)}) for raw in (b"", values.tobytes(), b"x" * spare)]
    codes = [table({0: ("i", 3), 3: ("i", 3)})]
    return flat(table({0: ("i", 3), 1: ("t", codes), 2: ("t", [subgraph]), 4: ("t", buffers)}), b"TFL3")


FILES: dict[str, Callable[[Any], bytes]] = {
    "array.npy": npy,
    "stored.npz": lambda v: saved(np.savez, w=v, step=np.int64(3)),
    "packed.npz": lambda v: saved(np.savez_compressed, w=v, step=np.int64(3)),
    "columns.npz": lambda v: saved(np.savez, w=np.asfortranarray(v)),
    "complex.npy": lambda v: npy(v.astype(np.complex64)),
    "model.weights.h5": weights_h5,
    "model.keras": keras,
    "flax_model.msgpack": flax,
    "thinc.msgpack": spacy,
    "model.tflite": tflite,
    "array.npy.gz": lambda v: gzip.compress(npy(v), mtime=0),
    "array.npy.xz": lambda v: lzma.compress(npy(v)),
    "model.tar": lambda v: tarred({"w.npy": npy(v)}),
    "model.zip": lambda v: zipped({"a/m.safetensors": one(v)}),
    "packed.zip": lambda v: zipped({"a/m.safetensors": one(v), "b.npy": npy(v)}, zipfile.ZIP_DEFLATED),
    "nested.zip": lambda v: zipped({"a.zip": zipped({"m.npy": npy(v)}, zipfile.ZIP_DEFLATED)}),
}


def one(values: Any) -> bytes:
    header = {"w": {"dtype": "F32", "shape": list(values.shape), "data_offsets": [0, values.nbytes]}}
    return safetensors(header=header, data=values.tobytes())


@pytest.mark.parametrize("name", sorted(FILES))
def test_values_of_every_format_are_read_and_a_nan_fails(name: str, tmp_path: Path, audit: Audit) -> None:
    model = tmp_path / name
    model.write_bytes(FILES[name](noise(16, 24)))
    sound = audit(model)
    assert any(values >= 384 for values, _ in told(sound).values())
    assert of(sound, "weights.values-unread", Kind.OPEN) == [] == of(sound, "weights.not-finite", Kind.FAIL)
    assert sound.decision.verdict is Verdict.PASSED, sound.decision
    rows = {row.name: row for row in sound.tensors if row.mean is not None and row.values == 384}
    assert all(row.mean == float(f"{noise(16, 24).mean(dtype=np.float64):.6g}") for row in rows.values())
    model.write_bytes(FILES[name](noise(16, 24, broken=True)))
    broken = audit(model)
    assert broken.decision.verdict is Verdict.FAILED
    assert "1 NaN of" in messages(broken, "weights.not-finite", Kind.FAIL)[0]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_arrays_in_pickled_objects_are_read_and_a_nan_is_for_a_person(
    protocol: int, tmp_path: Path, audit: Audit
) -> None:
    """Old protocols write bytes as a text; records, as decision trees have, are read field by field."""
    nodes = np.zeros(24, [("left", "<i8"), ("threshold", "<f8"), ("leaf", "<f4"), ("used", "u1")])
    nodes["threshold"], nodes["leaf"][3] = noise(24), np.nan
    inner = np.array([{"deep": noise(4, 4)}, None], object)
    value = {"coef_": noise(16, 24), "columns": np.asfortranarray(noise(6, 4)), "nodes": nodes, "inner": inner}
    (tmp_path / "m.pkl").write_bytes(pickle.dumps({**value, "words": np.array(["a", "b"])}, protocol))
    dossier = audit(tmp_path / "m.pkl")
    assert told(dossier) == {
        **{"coef_": (384, 0), "columns": (24, 0), "inner.0.deep": (16, 0)},
        **{"nodes.threshold": (24, 0), "nodes.leaf": (24, 1)},
    }
    assert messages(dossier, "weights.not-finite", Kind.REVIEW) == [
        "nodes.leaf: 1 NaN and 0 infinite of 24 values in a pickled object, where they may be meant"
    ]
    assert of(dossier, "weights.values-unread", Kind.OPEN) == []
    rows = {row.name: row for row in dossier.tensors}
    assert rows["nodes.threshold"].mean == float(f"{noise(24).mean(dtype=np.float64):.6g}")


def joblib(values: Any) -> bytes:
    """What joblib writes: a pickle in which an array wrapper is followed by padding and the bytes themselves."""
    dtype = b"cnumpy\ndtype\n(X\x02\0\0\0f4I00\nI01\ntR(I3\nX\x01\0\0\0<NNNI-1\nI-1\nI0\ntb"
    shape = b"(" + b"".join(b"I%d\n" % extent for extent in values.shape) + b"t"

    def key(name: bytes) -> bytes:
        return b"X" + struct.pack("<I", len(name)) + name

    state = b"}(" + key(b"dtype") + dtype + key(b"shape") + shape + key(b"numpy_array_alignment_bytes") + b"I16\nub"
    wrapper = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state
    return b"\x80\x02}" + key(b"w") + wrapper + b"\x03pad" + bytes(values.tobytes()) + b"s."


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress, bz2.compress, lzma.compress])
def test_arrays_that_joblib_writes_are_read_packed_or_not(
    pack: Callable[[bytes], bytes], tmp_path: Path, audit: Audit
) -> None:
    (tmp_path / "m.joblib").write_bytes(pack(joblib(noise(16, 24, broken=True))))
    found = told(audit(tmp_path / "m.joblib"))
    assert list(found.values()) == [(384, 1)] and next(iter(found)).endswith("w")


def test_tensors_in_containers_are_named_by_their_members(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "m.npz").write_bytes(saved(np.savez, **{"layer/w": noise(4, 4)}))
    (tmp_path / "m.keras").write_bytes(keras(noise(4, 4)))
    (tmp_path / "m.msgpack").write_bytes(flax(noise(4, 4)))
    names = {(row.artifact, row.name) for row in audit(tmp_path).tensors}
    assert names >= {
        ("m.npz", "layer/w"),
        ("m.keras", "model.weights.h5 > w"),
        ("m.msgpack", "params.layers.0.kernel"),
        ("m.msgpack", "more.w"),
        ("m.msgpack", "step"),
    }


UNREAD: dict[str, tuple[bytes, str]] = {
    "chunked.h5": (
        hdf5.dataset_file(hdf5.space(8, 8), hdf5.float32(), hdf5.chunked(4, 4, 4)),
        "w: it is stored in chunks, of which assay reads no values",
    ),
    "highest.npy": (npy(noise(4, 4).astype(">f4")), "highest: assay does not read values of NumPy type >f4"),
    "record.npy": (
        npy(np.zeros(3, [("a", "<f4"), ("b", "<i8")])),
        "record: assay does not read values of NumPy type of several fields",
    ),
    "twice.npy.gz": (
        gzip.compress(gzip.compress(npy(noise(4, 4)), mtime=0), mtime=0),
        "it is packed in a way that assay reads no values from",
    ),
    "foreign.msgpack": (
        msgpack.packed({"w": msgpack.Extension(1, b"\x01")}),
        "w: it is no array as Flax writes them",
    ),
}


@pytest.mark.parametrize("name", sorted(UNREAD))
def test_what_is_not_read_is_named_with_the_reason(name: str, tmp_path: Path, audit: Audit) -> None:
    content, why = UNREAD[name]
    (tmp_path / name).write_bytes(content)
    dossier = audit(tmp_path / name)
    (found,) = of(dossier, "weights.values-unread", Kind.OPEN)
    tensor, _, reason = why.rpartition(": ")
    assert reason in found.message and (not tensor or found.evidence[0].name == tensor)
    assert dossier.decision.verdict is Verdict.INCOMPLETE


def test_a_buffer_that_nothing_in_a_tflite_model_uses_is_told(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "m.tflite").write_bytes(tflite(noise(4, 4), spare=4096))
    (found,) = messages(audit(tmp_path / "m.tflite"), "artifact.hidden-bytes", Kind.REVIEW)
    assert found == "m.tflite: buffer 2 holds 4,096 bytes that no tensor and no metadata uses"


def openvino(folder: Path, values: Any, tail: bytes = b"") -> None:
    data = f'<data element_type="f32" shape="16, 24" offset="0" size="{values.nbytes}"/>'
    layer = f'<layer id="0" name="w" type="Const" version="opset1">{data}</layer>'
    (folder / "m.xml").write_text(f'<net name="m" version="11"><layers>{layer}</layers></net>')
    (folder / "m.bin").write_bytes(values.tobytes() + tail)


def test_constants_of_an_openvino_model_are_read_beside_it(tmp_path: Path, audit: Audit) -> None:
    openvino(tmp_path, noise(16, 24))
    sound = audit(tmp_path)
    assert told(sound) == {"w": (384, 0)} and sound.decision.verdict is Verdict.PASSED
    openvino(tmp_path, noise(16, 24, broken=True), b"payload!" * 100)
    broken = audit(tmp_path)
    assert messages(broken, "weights.not-finite", Kind.FAIL) == ["w: 1 NaN of 384 values"]
    assert messages(broken, "weights.unowned-bytes", Kind.FAIL) == [
        "m.bin: 800 bytes after the last tensor belong to no tensor"
    ]


def test_a_member_that_does_not_inflate_leaves_its_values_unread(tmp_path: Path, audit: Audit) -> None:
    raw = bytearray(saved(np.savez_compressed, w=noise(64, 64)))
    raw[2000:2100] = bytes(100)
    (tmp_path / "m.npz").write_bytes(raw)
    assert audit(tmp_path / "m.npz").decision.verdict is not Verdict.PASSED


def test_weights_in_an_archive_are_no_copy_that_a_config_speaks_of(tmp_path: Path, audit: Audit) -> None:
    """A config beside an archive says nothing about what is in it."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "torch_dtype": "bfloat16"}))
    (tmp_path / "m.zip").write_bytes(zipped({"m.safetensors": one(noise(4, 4))}))
    dossier = audit(tmp_path)
    checks = ("weights.not-as-configured", "weights.dtype-not-as-claimed", "weights.count-not-as-claimed")
    assert all(f.kind not in (Kind.FAIL, Kind.REVIEW) for f in dossier.findings if f.check in checks)
    assert messages(dossier, "weights.absent", Kind.PASS) == [
        "m.zip > m.safetensors (safetensors): 16 values in 1 tensors"
    ]


def saved_model(tensor: bytes) -> bytes:
    """A SavedModel with one constant (tensorflow/core/framework/graph.proto)."""
    node = field(1, "c") + field(2, "Const") + field(5, field(1, "value") + field(2, field(8, tensor)))
    return field(1, 1) + field(2, field(2, field(1, node)))


@pytest.mark.parametrize("way", ["content", "numbers", "halves"])
def test_constants_of_a_tensorflow_graph_are_read(way: str, tmp_path: Path, audit: Audit) -> None:
    def tensor(values: Any) -> bytes:
        shape = field(2, field(2, field(1, 16)) + field(2, field(1, 24)))
        if way == "halves":
            codes = values.astype("<f2").view("<u2").ravel()
            return field(1, 19) + shape + field(13, b"".join(varint(int(code)) for code in codes))
        return field(1, 1) + shape + field(4 if way == "content" else 5, values.tobytes())

    path = tmp_path / "saved_model.pb"
    path.write_bytes(saved_model(tensor(noise(16, 24))))
    sound = audit(tmp_path)
    assert told(sound) == {"c": (384, 0)} and sound.decision.verdict is Verdict.PASSED
    path.write_bytes(saved_model(tensor(noise(16, 24, broken=True))))
    assert messages(audit(tmp_path), "weights.not-finite", Kind.FAIL) == ["c: 1 NaN of 384 values"]
