"""Any bytes, in any reader: facts or one obstacle, in bounded time and memory, and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import resource
import struct
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.artifact import Trouble
from assay.facts.codec import decode, encode
from assay.formats import Format, installed
from assay.formats.window import Window
from assay.isolation import reading
from tests.builders import calls, gguf_model, hub_model, safetensors, torch_legacy, torch_zip
from tests.builders.hub import CARD, config, tensors, tokenizer
from tests.builders.inputs import pdf
from tests.builders.tables import ctranslate2, fasttext, tensor_bundle, word2vec
from tests.hostile.graphs import (
    KERAS,
    attribute,
    external,
    field,
    flat,
    hdf5,
    lite,
    node,
    onnx,
    plain_npy,
    stored,
    table,
)
from tests.hostile.pickles import tarred, zipped

TORCH = {"a": ("FloatStorage", (2, 3)), "b": ("HalfStorage", (4,))}
SOUND: dict[str, bytes] = {
    "safetensors": safetensors(tensors()),
    "gguf": gguf_model(),
    "torch-zip": torch_zip(TORCH),
    "torch-legacy": torch_legacy(TORCH),
    "pickle": calls("os", "system", "id"),
    "model-config": json.dumps(config(auto_map={"AutoModel": "a.B"})).encode(),
    "tokenizer": json.dumps(tokenizer()).encode(),
    "tokenizer-config": json.dumps({"chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}).encode(),
    "model-card": CARD.encode(),
    "python": b"import os\nclass A:\n    def f(self):\n        return os.environ\n",
    "chat-template": b"{% if 'x' in m.content %}{{ range(3) }}{% endif %}",
    "licence": b"MIT License",
    "assertions": b"components:\n  training_code:\n    path: train.py\n    by: A\n    date: 2026-11-01\n",
    "sentencepiece": b"\x0a\x0c\x0a\x03<s>\x15\0\0\0\0\x18\x03",
    "tiktoken": b"IQ== 0\nIg== 1\n",
    "quantize-config": b'{"bits": 4, "group_size": 128, "desc_act": false, "model_name": "m"}',
    "checksum-list": b"0123456789abcdef0123456789abcdef  model.bin\nSHA1 (a b) = " + b"0" * 40 + b"\n",
    "shard-index": b'{"weight_map": {"a": "b"}}',
    "zip": zipped({"a.json": b"{}", "b/model.pkl": pickle.dumps([1])}),
    "tar": tarred({"a.json": b"{}", "b/model.pkl": pickle.dumps([1])}),
    "compressed": gzip.compress(pickle.dumps([1, 2.5]), mtime=0),
    "numpy": plain_npy(),
    "onnx": onnx(node("Relu"), tensors=(stored("weights.bin"),)),
    "saved-model": field(1, 1) + field(2, field(2, field(1, field(1, "n") + field(2, "MatMul")))),
    "tflite": lite("Evil"),
    "executorch": flat(table({1: ("t", [table({0: ("s", "forward")})])}), b"ET12"),
    "openvino": b'<net name="m"><layers><layer id="0" type="Relu" version="opset1"/></layers></net>',
    "msgpack": b"\x82\xa1a\x93\x01\x02\xcb" + bytes(8) + b"\xa1b\xc4\x02xy",
    "keras": zipped({"config.json": json.dumps(KERAS["custom-class"]).encode(), "metadata.json": b"{}"}),
    "hdf5": hdf5(attribute("model_config", json.dumps(KERAS["lambda"])), external("w", "x.h5", "/")),
    "skops": zipped({"schema.json": b'{"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode"}'}),
    "yaml": b"model:\n  _target_: torch.nn.Linear\n  sizes: &s [1, 2]\n  more: *s\n",
    "settings": b'[nlp.before_creation]\n@callbacks = "a.b"\nrun = x.py\np { key: "a" value: { s: "b.py" } }\n',
    "native-code": b"\x7fELF\x02\x01\x01",
    "ctranslate2": ctranslate2({"w": (0, (1,), bytes(4)), "v": (1, (2,), bytes(2))}, {"a": "w"}),
    "fasttext": fasttext(["a", "b"], 2, quantised=True),
    "word2vec": word2vec({"a": (1.0, 2.0), "b": (3.0, 4.0)}),
    "tensorflow": tensor_bundle({"w": (1, (2, 2), 0, 16), "s": (7, (), 16, 4)}),
    "tfrecord": (struct.pack("<QI", 5, 0) + b"event" + bytes(4)) * 3,
    "darknet": struct.pack("<iiiq", 0, 2, 5, 7) + bytes(16),
    "licence-pdf": pdf("SPDX-License-Identifier: MIT"),
    "text": b"a line\nhttps://example.org\n",
}
by_id = {format.id: format for format in installed()}


def examined(format: Format, raw: bytes) -> None:
    found = reading("artifact", format, Window(io.BytesIO(raw)))
    assert found.facts or found.obstacle or format.id in ("json", "inert", "attachment")
    if found.obstacle:
        assert found.obstacle.trouble in (Trouble.MALFORMED, Trouble.LIMIT) and "\n" not in found.obstacle.reason
    for fact in found.facts:
        assert decode(type(fact), encode(fact)) == fact  # what the worker would send arrives unchanged


@pytest.mark.parametrize("id", sorted(by_id))
@given(raw=st.binary(max_size=200))
def test_any_bytes(id: str, raw: bytes) -> None:
    examined(by_id[id], raw)


@pytest.mark.parametrize("id", sorted(SOUND))
@given(data=st.data())
def test_a_sound_file_with_some_bytes_changed(id: str, data: st.DataObject) -> None:
    raw = bytearray(SOUND[id])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        raw = raw or bytearray(b"\0")
    examined(by_id[id], bytes(raw))


@pytest.mark.parametrize("id", sorted(SOUND))
def test_a_sound_file_is_read_whole(id: str) -> None:
    found = reading("artifact", by_id[id], Window(io.BytesIO(SOUND[id])))
    assert found.obstacle is None and found.facts


@pytest.mark.parametrize("id", sorted(by_id))
@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 1_000_000, b"(" * 1_000_000, b"[" * 1_000_000, b"\xff" * 1_000_000, b"A" * 5_000_000],
    ids=["empty", "zeros", "parens", "brackets", "ones", "letters"],
)
def test_large_monotonous_files_stay_within_time_and_memory(id: str, raw: bytes) -> None:
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    examined(by_id[id], raw)
    assert time.process_time() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB


@pytest.mark.skipif(sys.platform != "linux", reason="the worker is locked down on Linux")
def test_a_worker_tells_of_every_format_what_reading_it_here_tells(tmp_path: Path) -> None:
    files = {}
    for kind, raw in SOUND.items():
        pattern = next((name for name in by_id[kind].names if name != "*"), "x.bin")
        files[f"{kind}/{pattern.replace('*', 'x')}"] = raw
    inner = zipped({path.replace("/", "_"): raw for path, raw in files.items()})  # and what lies in a container
    model = hub_model(tmp_path / "model", **files, **{"all.zip": inner})
    worker, here = assay.audit(model), assay.audit(model, isolation=False)
    assert worker.isolation != here.isolation
    assert worker.obstacles == here.obstacles
    assert worker.findings == here.findings
