"""Files are what their content is: under any name, and never what their content is not."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.formats import Format, installed, recognised
from assay.formats.pickle.opening import may_open, opens
from assay.formats.window import Window
from tests.builders import calls, torch_legacy, torch_zip
from tests.builders.hub import tensors
from tests.builders.safetensors import safetensors
from tests.conftest import messages, of

Audit = Callable[..., Dossier]
TORCH: dict[str, tuple[str, tuple[int, ...]]] = {"a": ("FloatStorage", (2, 3))}
_PATTERNS = sorted({pattern for entry in installed() for pattern in entry.names})
_MARKS = sorted({(at, mark) for entry in installed() for at, mark in entry.magic})
_NAMES = st.one_of(
    st.sampled_from(_PATTERNS).flatmap(
        lambda pattern: st.text("a.-_", max_size=4).map(lambda part: pattern.replace("*", part))
    ),
    st.text("abc.-_", max_size=8).flatmap(lambda stem: st.sampled_from(_PATTERNS).map(lambda p: stem + p.lstrip("*"))),
)
_HEADS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(_MARKS).flatmap(lambda row: st.binary(max_size=9).map(lambda rest: bytes(row[0]) + row[1] + rest)),
    st.sampled_from([pickle.dumps({"a": 1}, 0), calls("os", "system", "id"), torch_zip(TORCH)[:512]]),
)


def by_rule(name: str, head: bytes) -> Format | None:
    """The rule as it is written down: the first of those that rank highest."""
    best = max(installed(), key=lambda entry: entry.rank(name, head))
    return best if best.rank(name, head) > (0, 0) else None


@given(name=_NAMES, head=_HEADS)
def test_the_index_of_formats_answers_as_the_rule_does(name: str, head: bytes) -> None:
    assert recognised(name, head) is by_rule(name.lower(), head)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["notes.txt", "README.md", "rows.dat", "rows", "table.csv", "x.weights", "model.bin"])
def test_a_pickle_is_followed_under_any_name(tmp_path: Path, audit: Audit, name: str, protocol: int) -> None:
    (tmp_path / "model.safetensors").write_bytes(safetensors(tensors()))
    (tmp_path / name).write_bytes(pickle.dumps([Evil()], protocol))
    (found,) = of(audit(tmp_path), "pickle.reaches-outside", Kind.FAIL)
    assert name in found.message and "system" in found.message


@pytest.mark.parametrize("name", ["config.json", "a.yaml", "model.onnx"])
def test_a_checkpoint_that_calls_itself_something_else_is_disguised(tmp_path: Path, audit: Audit, name: str) -> None:
    (tmp_path / name).write_bytes(torch_zip(TORCH))
    (found,) = messages(audit(tmp_path), "artifact.disguised", Kind.FAIL)
    assert found.endswith("its content is a PyTorch checkpoint")


@pytest.mark.parametrize("name", ["weights.h5", "a.npy", "a.hdf5"])
def test_a_checkpoint_saved_under_the_name_of_arrays_is_no_disguise(tmp_path: Path, audit: Audit, name: str) -> None:
    (tmp_path / name).write_bytes(torch_zip(TORCH))
    assert not of(audit(tmp_path), "artifact.disguised", Kind.FAIL)


@pytest.mark.parametrize("name", ["a.th", "a.jit", "a.ts", "a.weights", "a.params", "a", "a.model", "a.data"])
@pytest.mark.parametrize("raw", [torch_zip(TORCH), torch_legacy(TORCH)], ids=["zip", "legacy"])
def test_a_checkpoint_is_read_under_any_name(tmp_path: Path, audit: Audit, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    dossier = audit(tmp_path)
    assert of(dossier, "weights.absent", Kind.PASS) and not of(dossier, "artifact.unread", Kind.OPEN)


def test_a_pickle_that_begins_with_a_long_text_is_found_by_its_whole(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "notes.txt").write_bytes(b"S'" + b"a" * 200_000 + b"'\n0" + pickle.dumps(Evil(), 0))
    (found,) = of(audit(tmp_path), "pickle.reaches-outside", Kind.FAIL)
    assert "notes.txt" in found.message


@pytest.mark.parametrize("name", ["model.bin", "model.pt", "x.dat", "last.ckpt"])
def test_data_is_not_taken_for_a_damaged_pickle(tmp_path: Path, audit: Audit, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(7, 256)) * 9)
    dossier = audit(tmp_path)
    assert of(dossier, "artifact.unread", Kind.OPEN) and not of(dossier, "artifact.malformed", Kind.OPEN)


@pytest.mark.parametrize(
    "raw",
    [
        b"cat\ndog\ncow\nhen\n" * 99,
        b"N. America\n",
        b"This is a text. " * 99,
        b"(see below)\n" * 99,
        b"I1\nI2\nI3\n" * 99,
        b"]\n}\n",
        b"TZif2" + bytes(99),
        b"PK\x03\x04" + calls("os", "system", "id"),
    ],
)
def test_other_content_is_no_pickle(raw: bytes) -> None:
    assert not opens(raw[:512]) and not may_open(Window(io.BytesIO(raw)))


@given(value=st.recursive(st.text() | st.integers() | st.binary(), st.lists), protocol=st.integers(2, 5))
def test_what_pickle_writes_is_a_pickle(value: object, protocol: int) -> None:
    raw = pickle.dumps([value], protocol)
    assert opens(raw[:512]) and may_open(Window(io.BytesIO(raw)))


class Evil:
    """Calls a function when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("true",)


@pytest.mark.parametrize(
    "name, raw, said",
    [
        ("a.mlmodel", b"\x08\x06\x12\xda\x01\x0a\x18\x0a", "Core ML model"),
        ("weight.bin", b"\x15\0\0\0\x02" + bytes(59) + b"\xef\xbe\xad\xde", "values of a Core ML model"),
        ("faces.dat", bytes.fromhex("0101810a8101036eb8c68118"), "dlib model"),
        ("resnet.dat", b"\x01\x01\x01\x0dloss_metric_2\x03", "dlib model"),
        ("ggml-tiny.bin", b"lmgg\x99\xca\0\0", "GGML weights"),
        ("lm.binary", b"mmap lm http://kheafield.com/code format version 5\n\0", "KenLM language model"),
        ("index.faiss", b"IxFI\x08\0\0\0\x05\0\0\0", "FAISS search index"),
        ("xgb.model", b"{L" + bytes(7) + b"\x07learner{L", "XGBoost model"),
        ("a.cbm", b"CBM1\x10\0", "CatBoost model"),
        ("a.params", b"\x12\x01" + bytes(6) + bytes(8), "MXNet parameters"),
        ("a.ort", b"\x18\0\0\0ORTM\0\0\0\0", "model in ONNX Runtime's own format"),
        ("a.t7", b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1", "Torch7 model"),
        ("a.RData", b"RDX3\nX\n", "R objects"),
        ("a.engine", b"ftrt\x18", "TensorRT engine"),
        ("a.parquet", b"PAR1\x15", "Parquet data"),
        ("a.caffemodel", b"\x0a\x09AlexNet", "Caffe model"),
        ("group1-shard1of2.min.js", b"!function(e){", "TensorFlow.js model bundled as a script"),
        ("core.js", b"import x from 'y'\n", "source code in JavaScript"),
        ("rows.xyz", b"some words\nmore", "no reader knows what kind of text this is (it begins with 'some words')"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, audit: Audit, name: str, raw: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(raw)
    dossier = audit(tmp_path)
    (found,) = messages(dossier, "artifact.unread", Kind.OPEN)
    assert found.startswith((f"{name}: not analysed: {said}", f"{name}: {said}"))
    assert not of(dossier, "artifact.malformed", Kind.OPEN)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "pytorch_model.bin", "model.gguf", "model.onnx", "a.pt", "a.ckpt"]
)
@pytest.mark.parametrize(
    "raw, said",
    [
        (b"\n<!-- x --><!DOCTYPE html><html><title>Sign in</title>" + b"x" * 9000, "an HTML page ('Sign in')"),
        (b"404: Not Found", "a message ('404: Not Found')"),
        (b"Entry not found", "a message ('Entry not found')"),
        (b'{"error":"Access to model x is restricted"}', "an error message in JSON"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an error message in XML"),
    ],
)
def test_what_a_server_sent_instead_of_a_file_is_said(
    tmp_path: Path, audit: Audit, name: str, raw: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    dossier = audit(tmp_path)
    (found,) = messages(dossier, "artifact.absent", Kind.OPEN)
    assert found.startswith(f"{name}: it is {said}") and found.endswith("download it again")
    assert not of(dossier, "artifact.malformed", Kind.OPEN)


@pytest.mark.parametrize(
    "name, raw, format",
    [
        ("cfg", b'{\n  "labels":["A"]\n}', "json"),
        ("textcat/model", b"\x84\xa5nodes\x91\xa1a\xa1b\xc0\xa1c\xc2\xa1d\x01", "msgpack"),
        ("key2row", b"\x80", "msgpack"),
        ("lookups.bin", b"\x81\xabtable_names\x90", "msgpack"),
        ("checkpoint", b'model_checkpoint_path: "model.ckpt-1"\n', "text"),
        ("coco.names", b"person\ncar\n", "text"),
        ("rows.json", b'{"loss": NaN}\n', "json"),
        ("rows.json", b'{"a": 1}\n{"a": 2}\n', "json"),
        ("vocab.txt", b"[PAD]\n" + b"word\n" * 99 + b"\x1f\n", "text"),
        ("m.model", b"\x0a\x0c\x0a\x03<s>\x15\0\0\0\0\x18\x03", "sentencepiece"),
        ("weights.sft", safetensors(tensors()), "safetensors"),
    ],
)
def test_an_unknown_name_is_read_as_what_it_holds(
    tmp_path: Path, audit: Audit, name: str, raw: bytes, format: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(raw)
    dossier = audit(tmp_path)
    assert [(row.format, row.standing) for row in dossier.artifacts] == [(format, "examined")]


@pytest.mark.parametrize("raw", [b"\x84" + bytes(range(99)), b"\x91\x01\x02" * 50, b"\x9f\x3e" * 300])
def test_numbers_are_not_taken_for_messagepack(raw: bytes) -> None:
    assert recognised("weights", raw) is None


def test_values_of_an_openvino_model_beside_it_are_data(tmp_path: Path, audit: Audit) -> None:
    layer = (
        '<layer id="0" type="Const" version="opset1"><data element_type="f32" offset="0" shape="4" size="16"/></layer>'
    )
    (tmp_path / "m.xml").write_text(f'<net name="m"><layers>{layer}</layers></net>')
    (tmp_path / "m.bin").write_bytes(bytes(range(16)))
    dossier = audit(tmp_path)
    assert not of(dossier, "artifact.unread", Kind.OPEN) and not of(dossier, "artifact.malformed", Kind.OPEN)


@pytest.mark.parametrize(
    "name, said",
    [
        (
            "pytorch_model.bin",
            "torch.load('pytorch_model.bin', weights_only=False) runs pytorch_model.bin (to look for",
        ),
        ("a.pt", "torch.load('a.pt', weights_only=False) runs a.pt (to look for its magic number"),
        ("a.joblib", "joblib.load('a.joblib') runs a.joblib"),
        ("a.pdparams", "paddle.load('a.pdparams') runs a.pdparams"),
        ("notes.txt", "pickle.load(open('notes.txt', 'rb')) runs notes.txt"),
    ],
)
def test_who_runs_a_bare_pickle_is_told(tmp_path: Path, audit: Audit, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps([Evil()], 2))
    (found,) = messages(audit(tmp_path), "loading.runs-code", Kind.REVIEW, Kind.FAIL)
    assert found.startswith(said)
