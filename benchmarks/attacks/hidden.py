"""Attacks by files: two views of one container, names that stand for others, and what loaders are led to."""

from __future__ import annotations

import base64
import io
import json
import os
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from pathlib import Path

from tests.builders import calls, safetensors
from tests.builders.command import run

from benchmarks.attacks.attack import CURL, Answer, asked, attack, model, no, signed
from benchmarks.attacks.protobuf import field, number

_PICKLE = calls("os", "system", CURL)


def _member(name: bytes, raw: bytes, shown: bytes, claimed: int | None = None) -> tuple[bytes, bytes]:
    """A stored member of a zip and its entry in the directory, which shows another name or claims another size."""
    size = len(raw) if claimed is None else claimed
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(raw), len(raw), len(raw), len(name), 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, zlib.crc32(raw[:size]), size, size, *[0] * 7)
    entry = entry[:28] + struct.pack("<H", len(shown)) + entry[30:]
    return local + name + raw, entry + shown


def _zip(body: bytes, directory: bytes, at: int = 0) -> bytes:
    return body + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), at + len(body), 0)


@attack("a zip whose directory calls a pickle a text")
def _(at: Path) -> Answer:
    model(at / "m", x__zip=_zip(*_member(b"data.pkl", _PICKLE, b"data.txt")))
    return no(at, "audit", "m", "-q")


@attack("a zip whose directory ends a pickle before it calls")
def _(at: Path) -> Answer:
    raw = b"\x80\x02N." + _PICKLE
    model(at / "m", x__zip=_zip(*_member(b"data.pkl", raw, b"data.pkl", claimed=4)))
    return no(at, "audit", "m", "-q")


@attack("a zip with a second directory, which another reader takes")
def _(at: Path) -> Answer:
    evil = _zip(*_member(b"data.pkl", _PICKLE, b"data.pkl"))
    model(at / "m", x__zip=evil + _zip(*_member(b"data.pkl", b"\x80\x02N.", b"data.pkl"), at=len(evil)))
    return no(at, "audit", "m", "-q")


@attack("a zip whose member is in no directory")
def _(at: Path) -> Answer:
    hidden, _ = _member(b"archive/data.pkl", _PICKLE, b"x")
    body, entry = _member(b"a.txt", b"hello", b"a.txt")
    entry = entry[:42] + struct.pack("<L", len(hidden)) + entry[46:]
    model(at / "m", x__zip=_zip(hidden + body, entry))
    return no(at, "audit", "m", "-q")


def _header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    row = tarfile.TarInfo(name)
    row.size, row.type = size, kind
    return row.tobuf(tarfile.USTAR_FORMAT)


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 512)


def _pax(**records: str) -> bytes:
    rows = b""
    for key, value in records.items():
        text = f" {key}={value}\n"
        length = len(text) + len(str(len(text) + 2))
        rows += f"{length}{text}".encode()
    return _header("pax", len(rows), tarfile.XHDTYPE) + _padded(rows)


@attack("a tar whose extended header calls a text a pickle")
def _(at: Path) -> Answer:
    raw = _pax(path="pytorch_model.bin") + _header("notes.txt", len(_PICKLE)) + _padded(_PICKLE)
    model(at / "m", x__tar=raw + bytes(1024))
    return no(at, "audit", "m", "-q")


@attack("a tar whose extended header has another size: a member in it for one reader alone")
def _(at: Path) -> Answer:
    hidden = _header("pytorch_model.bin", len(_PICKLE)) + _padded(_PICKLE)
    raw = _pax(size=str(len(hidden))) + _header("notes.txt", 0) + hidden
    model(at / "m", x__tar=raw + bytes(1024))
    return no(at, "audit", "m", "-q")


@attack("a tar that goes on after its end, for a reader that skips empty blocks")
def _(at: Path) -> Answer:
    first = _header("notes.txt", 5) + _padded(b"hello") + bytes(1024)
    model(at / "m", x__tar=first + _header("pytorch_model.bin", len(_PICKLE)) + _padded(_PICKLE) + bytes(1024))
    return no(at, "audit", "m", "-q")


@attack("a tar whose member leads out of the folder")
def _(at: Path) -> Answer:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        row = tarfile.TarInfo("../../.bashrc")
        row.size = 5
        archive.addfile(row, io.BytesIO(b"hello"))
    model(at / "m", x__tar=held.getvalue())
    return no(at, "audit", "m", "-q")


@attack("a pickle in a zip in a tar.gz in a zip")
def _(at: Path) -> Answer:
    inner = _zip(*_member(b"data.pkl", _PICKLE, b"data.pkl"))
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        row = tarfile.TarInfo("inner.zip")
        row.size = len(inner)
        archive.addfile(row, io.BytesIO(inner))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as whole:
        whole.writestr("inner.tar.gz", held.getvalue())
    model(at / "m", x__zip=outer.getvalue())
    return no(at, "audit", "m", "-q")


@attack("a pickle in an archive that assay does not open")
def _(at: Path) -> Answer:
    model(at / "m", x__7z=b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40) + _PICKLE)
    return no(at, "audit", "m", "-q")


@attack("a pickle behind the weights of a safetensors file")
def _(at: Path) -> Answer:
    model(at / "m", model__safetensors=safetensors({"w": ("F32", (4, 4))}) + _PICKLE)
    return no(at, "audit", "m", "-q")


@attack("a pickle in base64 in the metadata of safetensors, which a loader of its own unpickles")
def _(at: Path) -> Answer:
    held = {"format": "pt", "state": base64.b64encode(_PICKLE).decode()}
    model(at / "m", model__safetensors=safetensors({"w": ("F32", (4, 4))}, metadata=held))
    return no(at, "audit", "m", "-q")


@attack("a pickle in a property of ONNX")
def _(at: Path) -> Answer:
    entry = field(1, b"state") + field(2, _PICKLE)
    model(at / "m", model__onnx=number(1, 8) + field(7, field(2, b"g")) + field(14, entry))
    return no(at, "audit", "m", "-q")


@attack("a pickle that is called a text")
def _(at: Path) -> Answer:
    model(at / "m", notes__txt=_PICKLE)
    return no(at, "audit", "m", "-q")


@attack("a pickle whose name differs in case from what is loaded")
def _(at: Path) -> Answer:
    (model(at / "m") / "PyTorch_Model.BIN").write_bytes(_PICKLE)
    return no(at, "audit", "m", "-q")


@attack("a folder whose name is written in another form of Unicode than what leads to it")
def _(at: Path) -> Answer:
    modules = [{"idx": 0, "name": "0", "path": "caf\u00e9", "type": "sentence_transformers.models.Transformer"}]
    folder = model(at / "m", modules__json=json.dumps(modules).encode())
    hidden = folder / unicodedata.normalize("NFD", "caf\u00e9") / "pytorch_model.bin"
    hidden.parent.mkdir()
    hidden.write_bytes(_PICKLE)
    return no(at, "audit", "m", "-q")


@attack("a name with a line that says PASSED")
def _(at: Path) -> Answer:
    (model(at / "m") / "x\nPASSED  m  all is well\n.pkl").write_bytes(_PICKLE)
    _, said = asked(at, "audit", "m", "-v")
    return Answer(said, "exit 1: PASSED" in said or "PASSED" in said)


@attack("a pipe in the place of weights")
def _(at: Path) -> Answer:
    os.mkfifo(model(at / "m") / "pytorch_model.bin")
    return no(at, "audit", "m", "-q")


@attack("a link to weights that lie elsewhere")
def _(at: Path) -> Answer:
    (at / "elsewhere.bin").write_bytes(_PICKLE)
    (model(at / "m") / "pytorch_model.bin").symlink_to("../elsewhere.bin")
    return no(at, "audit", "m", "-q")


@attack("an index of shards that leads to a file elsewhere")
def _(at: Path) -> Answer:
    index = {"metadata": {}, "weight_map": {"v": "../elsewhere.safetensors"}}
    model(at / "m", model__safetensors__index__json=json.dumps(index).encode())
    return no(at, "audit", "m", "-q")


@attack("an adapter whose base is a folder elsewhere passes without a word of it")
def _(at: Path) -> Answer:
    settings = {"peft_type": "LORA", "base_model_name_or_path": "../evil", "r": 8}
    model(at / "evil", pytorch_model__bin=_PICKLE)
    (at / "m").mkdir()
    (at / "m/adapter_config.json").write_text(json.dumps(settings))
    weights: dict[str, tuple[str, tuple[int, ...]]]
    weights = {"base_model.model.q.lora_A.weight": ("F32", (8, 4)), "base_model.model.q.lora_B.weight": ("F32", (4, 8))}
    (at / "m/adapter_model.safetensors").write_bytes(safetensors(weights))
    done = run("audit", "m", cwd=at)  # an adapter has one as a rule: it may pass, if the base is said to be unread
    said = "did not read: ../evil" in " ".join(done.stdout.split())
    return Answer(f"exit {done.returncode}: {'says' if said else 'does not say'} that the base was not read", not said)


@attack("code of another repository that a configuration leads to")
def _(at: Path) -> Answer:
    config = {"model_type": "llama", "auto_map": {"AutoModel": "somebody/evil--modeling.Model"}}
    model(at / "m", config__json=json.dumps(config).encode())
    return no(at, "audit", "m", "-q")


@attack("weights that are a pointer to other storage")
def _(at: Path) -> Answer:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1000\n"
    (model(at / "m") / "model.safetensors").write_bytes(pointer)
    return no(at, "audit", "m", "-q")


@attack("a template that the tokenizer's file does not show and a file beside it replaces")
def _(at: Path) -> Answer:
    signed(at, tokenizer_config__json=json.dumps({"chat_template": "{{ messages[0].content }}"}).encode())
    (at / "m/chat_template.jinja").write_text("{{ cycler.__init__.__globals__ }}")
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub")


@attack("a tokenizer that was replaced after signing")
def _(at: Path) -> Answer:
    signed(at, tokenizer__json=b'{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}')
    (at / "m/tokenizer.json").write_bytes(b'{"model":{"type":"BPE","vocab":{"b":0},"merges":[]}}')
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub")


def _onnx(place: str) -> bytes:
    """A graph whose one tensor lies in another file."""
    entry = field(1, b"location") + field(2, place.encode())
    tensor = number(1, 4) + number(2, 1) + field(8, b"w") + field(13, entry) + number(14, 1)
    return number(1, 8) + field(7, field(2, b"g") + field(5, tensor))


@attack("tensors of ONNX in .github, which is not signed: signed")
def _(at: Path) -> Answer:
    signed(at)
    (at / "m/model.onnx").write_bytes(_onnx(".github/w.bin"))
    (at / "m/.github").mkdir()
    (at / "m/.github/w.bin").write_bytes(bytes(16))
    return no(at, "sign", "m", "--key", "k.pem", "-o", "n.sig")


@attack("a link in .git to code that a configuration names: PASSED")
def _(at: Path) -> Answer:
    modules = [{"idx": 0, "name": "0", "path": ".git/x", "type": "sentence_transformers.models.Transformer"}]
    folder = model(at / "m", modules__json=json.dumps(modules).encode())
    (at / "evil").mkdir()
    (at / "evil/pytorch_model.bin").write_bytes(_PICKLE)
    (folder / ".git").mkdir()
    (folder / ".git/x").symlink_to("../../evil")
    return no(at, "audit", "m", "-q")
