"""What inputs that are made to cost time or memory cost an audit.

A line for each: wall and CPU seconds, peak memory of the auditing process and of its workers, exit status, and what
decided first. None may take more than 60 seconds of CPU or 1 GiB in one process, or end with another status than a
verdict's.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
import zlib
from pathlib import Path

from benchmarks.attacks.protobuf import field, number
from benchmarks.attacks.structures import STRUCTURES, Made, file, nested

MOST_SECONDS, MOST_MEMORY = 60.0, 1 << 20  # of CPU; KiB


def _index(count: int) -> bytes:
    rows = {f"t{n}": {"dtype": "U8", "shape": [1], "data_offsets": [n, n + 1]} for n in range(count)}
    head = json.dumps(rows, separators=(",", ":")).encode()
    return struct.pack("<Q", len(head)) + head + bytes(count)


def _nested_header(depth: int) -> bytes:
    head = b'{"__metadata__":' + b"[" * depth + b"]" * depth + b"}"
    return struct.pack("<Q", len(head)) + head


def _sparse(path: Path) -> None:
    path.write_bytes(b"\x80\x02N.")
    os.truncate(path, 1 << 40)


def _many_files(folder: Path) -> None:
    for place in range(20_000):
        (folder / f"{place}.json").write_text("{}")


def _many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for place in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"{place}.pkl"), b"\x80\x02N.")


def _overlapping(path: Path) -> None:
    """One member under 2,000 names (Fifield, "A better zip bomb")."""
    raw = bytes(64 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = packer.compress(raw) + packer.flush()
    sizes = (zlib.crc32(raw), len(kernel), len(raw))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, *sizes, 5, 0) + b"a.pkl" + kernel
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, *sizes, 5, 0, 0, 0, 0, 0, 0) + b"a.pkl"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2000, 2000, 2000 * len(entry), len(local), 0)
    path.write_bytes(local + entry * 2000 + end)


def _gguf(kind: int, count: int, item: bytes) -> bytes:
    def text(raw: bytes) -> bytes:
        return struct.pack("<Q", len(raw)) + raw

    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + text(b"general.architecture")
    head += struct.pack("<I", 8) + text(b"llama") + text(b"tokenizer.ggml.tokens")
    return head + struct.pack("<IIQ", 9, kind, count) + item * count


def _template(source: str) -> Made:
    return lambda folder: (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": source}))


def _tokenizer(count: int) -> bytes:
    words = ",".join(f'"t{place}":{place}' for place in range(count))
    return f'{{"version":"1.0","model":{{"type":"BPE","vocab":{{{words}}},"merges":[]}}}}'.encode()


def _tar(folder: Path) -> None:
    with tarfile.open(folder / "model.tar", "w") as archive:
        for place in range(50_000):
            archive.addfile(tarfile.TarInfo(f"{place}.pkl"))


def _notebook(count: int) -> bytes:
    cell = b'{"cell_type":"code","source":["x = 1\\n"],"outputs":[],"metadata":{},"execution_count":null}'
    return b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[' + b",".join([cell] * count) + b"]}"


def _onnx(size: int, *, external: bool) -> bytes:
    """A graph with one tensor that claims 2^40 values: of raw bytes, or of a file that is not there."""
    tensor = number(1, 1 << 40) + number(2, 1) + field(8, b"w")
    away = field(13, field(1, b"location") + field(2, b"away.bin")) + number(14, 1)
    tensor += away if external else field(9, bytes(size))
    return number(1, 8) + field(7, field(2, b"g") + field(5, tensor))


INPUTS: dict[str, Made] = {
    "safetensors with 1,000,000 tensors": file("model.safetensors", lambda: _index(1_000_000)),
    "safetensors with 50,000 tensors": file("model.safetensors", lambda: _index(50_000)),
    "safetensors header nested 5,000,000 deep": file("model.safetensors", lambda: _nested_header(5_000_000)),
    "1 TiB that was never written": lambda folder: _sparse(folder / "model.bin"),
    "20,000 files": _many_files,
    "config of 10,000,000 lists": file("config.json", lambda: b'{"x":[' + b"[]," * 9_999_999 + b"[]]}"),
    "config nested 200,000 deep": file("config.json", lambda: b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "config with a number of 2,000,000 digits": file(
        "config.json", lambda: b'{"vocab_size":' + b"9" * 2_000_000 + b"}"
    ),
    "pickle of 10,000,000 steps": file("model.pkl", lambda: b"\x80\x02" + b"N0" * 5_000_000 + b"N."),
    "pickle of 20,000,000 lists": file("model.pkl", lambda: b"\x80\x04](" + b"]" * 20_000_000 + b"e."),
    "pickle that doubles 400 times": file("model.pkl", lambda: b"\x80\x02cos\nsystem\nN" + b"2\x86" * 400 + b"\x85R."),
    "pickle nested 2,000,000 deep": file("model.pkl", lambda: b"\x80\x02cos\nsystem\nN" + b"\x85" * 2_000_000 + b"R."),
    "zip of 100,000 pickles": lambda folder: _many_members(folder / "model.zip"),
    "zip of one member under 2,000 names": lambda folder: _overlapping(folder / "model.zip"),
    "GGUF array of 10,000,000 texts": file("m.gguf", lambda: _gguf(8, 10_000_000, struct.pack("<Q", 1) + b"a")),
    "GGUF array nested 200,000 deep": file("m.gguf", lambda: _gguf(9, 1, struct.pack("<IQ", 9, 1) * 200_000)),
    "tokenizer with 1,000,000 entries": file("tokenizer.json", lambda: _tokenizer(1_000_000)),
    "template of nested loops": _template("{% for a in range(99999) %}" * 3 + "x" + "{% endfor %}" * 3),
    "template that multiplies text": _template('{{ "x" * 10000000000 }}'),
    "template nested 50,000 deep": _template("{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}"),
    "template of 30,000,000 characters": _template("x" * 30_000_000),
    "code of one line of 50,000,000 characters": file("modeling_x.py", lambda: b"x = " + b'"a"+' * 12_500_000 + b'"b"'),
    "card of 50,000,000 marks": file("README.md", lambda: b"---\nlicense: mit\n---\n" + b"*_" * 25_000_000),
    "YAML nested 100,000 deep": file("config.yaml", lambda: b"a: " + b"[" * 100_000 + b"]" * 100_000),
    "msgpack nested 5,000,000 deep": file("flax_model.msgpack", lambda: b"\x91" * 5_000_000 + b"\xc0"),
    "tar of 50,000 members": _tar,
    "zips nested 200 deep": file("model.zip", lambda: nested("inner.zip", 200)),
    "ONNX of 200 MB that claims 2^40 values": file("model.onnx", lambda: _onnx(200_000_000, external=False)),
    "ONNX of 2^40 values in a file that is absent": file("model.onnx", lambda: _onnx(0, external=True)),
    "notebook of 500,000 cells": file("a.ipynb", lambda: _notebook(500_000)),
    "code of 4,000,000 bytes, a name and a semicolon at a time": file("modeling_x.py", lambda: b"a;" * 2_000_000),
    "code of 4,000,000 bytes, call after call": file("modeling_x.py", lambda: b"x = eval\n" * 444_444),
    "code of 2,000,000 lines": file("modeling_x.py", lambda: b"x = eval\n" * 2_000_000),
    "code nested 100,000 deep": file("modeling_x.py", lambda: b"(" * 100_000 + b")" * 100_000),
    "code of one name of 50,000,000 letters": file("modeling_x.py", lambda: b"x" * 50_000_000),
    "one line of 200,000,000 characters": file("README.md", lambda: b"a" * 200_000_000),
    "card nested 100,000 deep": file("README.md", lambda: b"---\na: " + b"{a: " * 100_000 + b"\n---\n"),
    "YAML of aliases that double 40 times": file(
        "config.yaml",
        lambda: b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 41)),
    ),
    "YAML of 1,000,000 keys": file("config.yaml", lambda: b"".join(b"k%d: 1\n" % n for n in range(1_000_000))),
    "vocabulary of 2,000,000 entries": file(
        "vocab.json", lambda: json.dumps({f"t{n}": n for n in range(2_000_000)}).encode()
    ),
    "merges of 5,000,000 lines": file("merges.txt", lambda: b"a b\n" * 5_000_000),
    "pickle of a text of 500,000,000 bytes": file(
        "model.pkl", lambda: b"\x80\x02X" + struct.pack("<I", 500_000_000) + b"a" * 500_000_000 + b"."
    ),
    "pickle of 1,000,000 calls": file("model.pkl", lambda: b"\x80\x02" + b"cos\nsystem\n(tR0" * 1_000_000 + b"N."),
    "pickle of 1,000,000 pickles": file("model.pkl", lambda: b"\x80\x02N." * 1_000_000),
    "npy of 2^50 values": file(
        "a.npy",
        lambda: b"\x93NUMPY\x01\0v\0" + b"{'descr':'<f8','fortran_order':False,'shape':(%d,)}" % (1 << 50) + b" " * 66,
    ),
    "sentencepiece with 2,000,000 pieces": file("tokenizer.model", lambda: b"\n\x08\n\x01a\x15\0\0\0\0" * 2_000_000),
}


def _peak(pid: str) -> int:
    """The most memory that a process has had so far, in KiB; 0 once it has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _watch(parent: int, ended: threading.Event, peaks: dict[str, int]) -> None:
    """Note the peak of the process, and of those that it has started, until it has ended."""
    while not ended.wait(0.02):
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        peaks["parent"] = max(peaks["parent"], _peak(str(parent)))
        peaks["worker"] = max([peaks["worker"], *map(_peak, children)])


def measured(folder: Path, report: Path) -> tuple[float, float, dict[str, int], int, str]:
    """Wall seconds, CPU seconds, peaks in KiB, exit status, and what decided first."""
    command = [sys.executable, "-m", "assay", "audit", str(folder), "-q", "-o", f"json={report}", "--offline"]
    begun, before, peaks = time.monotonic(), os.times(), {"parent": 0, "worker": 0}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        ended = threading.Event()
        thread = threading.Thread(target=_watch, args=(process.pid, ended, peaks))
        thread.start()
        status = process.wait()
        ended.set()
        thread.join()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    wall = time.monotonic() - begun
    return wall, cpu, peaks, status, _first(report) if status in (0, 1, 3) else ""


def _first(report: Path) -> str:
    """What an audit says first of why it did not pass: what is told of a file, before what follows from that."""
    dossier = json.loads(report.read_text())
    decided = [row for row in dossier["findings"] if row["fingerprint"] in dossier["decision"]["decided_by"]]
    decided.sort(key=lambda row: (row["kind"] != "fail", bool(row.get("follows")), row["check"] != "artifact.stopped"))
    return str(decided[0]["message"]) if decided else ""


def main(words: list[str]) -> int:
    """Print a line for each input whose name holds every word; returns how many were beyond what they may cost."""
    beyond = 0
    chosen = {name: make for name, make in (INPUTS | STRUCTURES).items() if all(word in name for word in words)}
    print(f"{'input':<44} {'wall s':>7} {'CPU s':>6} {'parent':>8} {'worker':>8}  exit  what decided first")
    for name, make in chosen.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "m"
            folder.mkdir()
            make(folder)
            wall, cpu, peaks, status, first = measured(folder, Path(place) / "r.json")
        beyond += cpu > MOST_SECONDS or max(peaks.values()) > MOST_MEMORY or status not in (0, 1, 3)
        sizes = "".join(f"{peaks[row] / 1024:5.0f} MiB" for row in ("parent", "worker"))
        print(f"{name:<44} {wall:7.1f} {cpu:6.1f} {sizes}  {status:4}  {first[:160]}", flush=True)
    print(f"{len(chosen)} inputs, {beyond} beyond {MOST_SECONDS:g} s of CPU or {MOST_MEMORY // 1024} MiB")
    return beyond
