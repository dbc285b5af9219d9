"""CTranslate2, fastText, word2vec, TensorFlow checkpoints and shards of distributed ones: walked to their last byte."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.artifact import Trouble
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.structure import Flaw
from assay.facts.tensor import WeightIndex
from assay.formats import recognised
from tests.builders import calls, torch_zip
from tests.builders.tables import ctranslate2, fasttext, tensor_bundle, word2vec
from tests.conftest import messages, of, read

Audit = Callable[..., Dossier]
F32 = struct.pack("<4f", 1.0, 2.0, 3.0, 4.5)
CT2 = ctranslate2({"a/weight": (0, (2, 2), F32), "b/weight": (1, (4,), b"\x01\x02\x03\x04")}, {"c/weight": "a/weight"})
WORDS = ["the", "red", "cat"]
VECTORS: dict[str, tuple[float, ...]] = {"the": (1.0, 2.0, 3.5), "red": (0.5, -1.0, 2.0), "cat": (0.25, 1.0, -3.0)}
BUNDLE = tensor_bundle({"w": (1, (2, 2), 0, 16), "b": (1, (4,), 16, 16), "_GRAPH": (7, (), 32, 5)})
TORCH: dict[str, tuple[str, tuple[int, ...]]] = {"a": ("FloatStorage", (2, 3))}


@pytest.mark.parametrize(
    "name, raw, tensors",
    [
        ("model.bin", CT2, {"a/weight": ("F32", (2, 2)), "b/weight": ("I8", (4,))}),
        ("model.bin", CT2[: -4 - 2 * 11], {"a/weight": ("F32", (2, 2)), "b/weight": ("I8", (4,))}),
        ("lid.bin", fasttext(WORDS), {"input": ("F32", (3, 4)), "output": ("F32", (3, 4))}),
        (
            "lid.ftz",
            fasttext(WORDS, quantised=True),
            {
                "input.codes": ("U8", (6,)),
                "input.centroids": ("F32", (256, 4)),
                "input.norm_codes": ("U8", (3,)),
                "input.norm_centroids": ("F32", (256, 1)),
                "output": ("F32", (3, 4)),
            },
        ),
    ],
)
def test_tensors_are_listed(name: str, raw: bytes, tensors: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    found = read(name, raw)
    assert found.obstacle is None
    (index,) = [fact for fact in found.facts if isinstance(fact, WeightIndex)]
    assert {tensor.name: (tensor.dtype, tensor.shape) for tensor in index.tensors} == tensors


@pytest.mark.parametrize("name, raw", [("model.bin", CT2), ("lid.bin", fasttext(WORDS)), ("v.bin", word2vec(VECTORS))])
def test_a_sound_file_passes_with_every_value_read(tmp_path: Path, audit: Audit, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    dossier = audit(tmp_path)
    assert dossier.decision.verdict == "PASSED"
    assert of(dossier, "weights.values-unread", Kind.PASS) and of(dossier, "weights.unowned-bytes", Kind.PASS)


def test_values_that_are_no_numbers_fail_in_ctranslate2(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "model.bin").write_bytes(ctranslate2({"w": (0, (2,), struct.pack("<2f", 1.0, float("nan")))}))
    assert of(audit(tmp_path), "weights.not-finite", Kind.FAIL)


@pytest.mark.parametrize(
    "name, raw",
    [("model.bin", CT2), ("lid.bin", fasttext(WORDS)), ("vectors.bin", word2vec(VECTORS))],
)
def test_bytes_behind_the_last_value_are_hidden(name: str, raw: bytes) -> None:
    (flaw,) = [fact for fact in read(name, raw + calls("os", "system", "id")).facts if isinstance(fact, Flaw)]
    assert flaw.at == len(raw) and "follow the" in flaw.message


@pytest.mark.parametrize("raw", [CT2, fasttext(WORDS), fasttext(WORDS, quantised=True), word2vec(VECTORS)])
def test_a_file_that_is_cut_off_is_malformed(raw: bytes) -> None:
    name = "model.bin"
    for cut in (len(raw) // 3, len(raw) // 2, len(raw) - 30):
        obstacle = read(name, raw[: max(cut, 40)]).obstacle
        assert obstacle is not None and obstacle.trouble is Trouble.MALFORMED


def test_many_vectors_are_walked_and_not_listed(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "vectors.bin").write_bytes(word2vec({f"w{n}": (1.0, n / 7) for n in range(2_001)}))
    dossier = audit(tmp_path)
    assert [(row.format, row.standing) for row in dossier.artifacts] == [("word2vec", "examined")]
    (said,) = messages(dossier, "weights.values-unread", Kind.OPEN)
    assert "2,001 vectors" in said


def _tfjs(paths: list[str], weights: list[dict[str, object]]) -> str:
    return json.dumps({"format": "layers-model", "weightsManifest": [{"paths": paths, "weights": weights}]})


def test_a_tensorflow_js_model_passes_with_the_values_of_its_shards_read(tmp_path: Path, audit: Audit) -> None:
    weights: list[dict[str, object]] = [
        {"name": "a", "shape": [2, 2], "dtype": "float32"},
        {"name": "b", "shape": [4], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.1, "min": 0}},
    ]
    (tmp_path / "model.json").write_text(_tfjs(["group1-shard1of1.bin"], weights))
    (tmp_path / "group1-shard1of1.bin").write_bytes(F32 + b"\x01\x02\x03\x04")
    dossier = audit(tmp_path)
    assert dossier.decision.verdict == "PASSED"
    assert messages(dossier, "weights.values-unread", Kind.PASS) == ["8 values in 2 tensors were read, every one"]


def test_a_manifest_of_its_own_leads_to_its_shards(tmp_path: Path, audit: Audit) -> None:
    group = {"paths": ["net.bin"], "weights": [{"name": "a", "shape": [2, 2], "dtype": "float32"}]}
    (tmp_path / "net-weights_manifest.json").write_text(json.dumps([group]))
    (tmp_path / "net.bin").write_bytes(F32)
    dossier = audit(tmp_path)
    assert messages(dossier, "weights.values-unread", Kind.PASS) == ["4 values in 1 tensor were read, every one"]
    (tmp_path / "list.json").write_text(json.dumps([{"paths": ["x"], "weights": {}}, {"paths": ["../../x"]}]))
    assert messages(audit(tmp_path), "artifact.malformed", Kind.OPEN) == []  # data of some other purpose


def test_a_weight_across_two_shards_is_read_in_both(tmp_path: Path, audit: Audit) -> None:
    count = (4 << 20) // 4 + 100
    (tmp_path / "model.json").write_text(
        _tfjs(["s1.bin", "s2.bin"], [{"name": "a", "shape": [count], "dtype": "float32"}])
    )
    raw = struct.pack("<f", 1.25) * count
    (tmp_path / "s1.bin").write_bytes(raw[: 4 << 20])
    (tmp_path / "s2.bin").write_bytes(raw[4 << 20 :])
    dossier = audit(tmp_path)
    assert messages(dossier, "weights.values-unread", Kind.PASS) == [
        f"{count:,} values in 2 tensors were read, every one"
    ]


@pytest.mark.parametrize("path", ["../../secret", "/etc/passwd", "https://example.org/x.bin"])
def test_a_shard_outside_the_model_is_told(tmp_path: Path, audit: Audit, path: str) -> None:
    (tmp_path / "model.json").write_text(_tfjs([path], [{"name": "a", "shape": [1], "dtype": "float32"}]))
    assert of(audit(tmp_path), "model.touches-files", Kind.FAIL)


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["float32", "a.bin", 3]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["paths", "weights", "name", "shape", "dtype", "quantization"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(manifest=_JSON)
def test_any_manifest_gives_facts_or_says_what_is_wrong(manifest: object) -> None:
    found = read("model.json", json.dumps({"weightsManifest": manifest}).encode()).obstacle
    assert found is None or found.reason.startswith("a group of weightsManifest has no list of paths or of weights")
    assert read("weights_manifest.json", json.dumps(manifest).encode()).obstacle is None


def test_darknet_weights_pass_with_every_value_read(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "yolo.weights").write_bytes(struct.pack("<iiiq", 0, 2, 5, 32_013_312) + F32)
    dossier = audit(tmp_path)
    assert dossier.decision.verdict == "PASSED"
    assert messages(dossier, "weights.values-unread", Kind.PASS) == ["4 values in 1 tensor were read, every one"]


def test_a_tensorflow_checkpoint_passes_with_its_values_read(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "model.ckpt.index").write_bytes(BUNDLE)
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(F32 + F32 + b"graph")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    dossier = audit(tmp_path)
    assert dossier.decision.verdict == "PASSED" and not of(dossier, "artifact.unread", Kind.OPEN)
    (said,) = messages(dossier, "weights.values-unread", Kind.PASS)
    assert said == "8 values in 2 tensors were read, every one"


def test_a_tensorflow_checkpoint_without_its_data_is_open(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "model.ckpt.index").write_bytes(BUNDLE)
    assert audit(tmp_path).decision.verdict == "INCOMPLETE"


def test_bytes_of_a_tensorflow_checkpoint_that_nothing_names_fail(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "model.ckpt.index").write_bytes(tensor_bundle({"w": (1, (2, 2), 0, 16), "b": (1, (4,), 4096, 16)}))
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(F32 + bytes(4080) + F32)
    assert of(audit(tmp_path), "weights.unowned-bytes", Kind.FAIL, Kind.REVIEW)


def test_each_entry_of_a_distributed_shard_is_read(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "__0_0.distcp").write_bytes(torch_zip(TORCH) + torch_zip(TORCH))
    dossier = audit(tmp_path)
    (said,) = messages(dossier, "weights.values-unread", Kind.PASS)
    assert said == "12 values in 2 tensors were read, every one"
    assert not of(dossier, "artifact.malformed", Kind.OPEN) and not of(dossier, "artifact.hidden-bytes", Kind.REVIEW)


def test_a_payload_in_a_later_entry_of_a_shard_is_told(tmp_path: Path, audit: Audit) -> None:
    evil = torch_zip(TORCH, members={"data.pkl": calls("os", "system", "id")})
    (tmp_path / "__0_0.distcp").write_bytes(torch_zip(TORCH) + evil)
    (found,) = messages(audit(tmp_path), "pickle.reaches-outside", Kind.FAIL)
    assert "entry 2" in found and "system" in found


@given(data=st.data())
def test_a_shard_with_some_bytes_changed_gives_facts_or_one_obstacle(data: st.DataObject) -> None:
    raw = bytearray(torch_zip(TORCH) * 2)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = read("a.distcp", bytes(raw))
    assert found.facts or found.obstacle
    assert not found.obstacle or found.obstacle.trouble in (Trouble.MALFORMED, Trouble.LIMIT)


def test_a_pickle_is_no_table() -> None:
    found = recognised("vectors.bin", pickle.dumps(["3 4\n"]))
    assert found is not None and found.id == "pickle"


@pytest.mark.parametrize("name", ["runs/events.out.tfevents.1700000000.host.1.0", "train.tfrecord"])
def test_records_are_walked(tmp_path: Path, audit: Audit, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    record = struct.pack("<QI", 5, 0) + b"event" + bytes(4)
    (tmp_path / name).write_bytes(record * 3)
    (row,) = audit(tmp_path).artifacts
    assert (row.format, row.standing) == ("tfrecord", "examined")
    (tmp_path / name).write_bytes(record * 2 + record[:9])
    (found,) = messages(audit(tmp_path), "artifact.malformed", Kind.OPEN)
    assert "record runs past the end at byte 42" in found
