"""The static part runs where nothing native, threaded or networked does, on a seekable object instead of a path."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import assay
from assay.facts.codec import canonical
from tests.builders import gguf_model, hub_model
from tests.builders.command import run

# what a browser's Python lacks or must not do; jinja2 and yaml fall back to pure Python without their C parts
BLOCKED = (
    "openassay_native",
    "ctypes",
    "_ctypes",
    "mmap",
    "socket",
    "_socket",
    "ssl",
    "_ssl",
    "select",
    "_posixsubprocess",
    "subprocess",
    "multiprocessing",
    "concurrent.futures",
    "asyncio",
    "resource",
    "fcntl",
    "yaml._yaml",
    "markupsafe._speedups",
    "click",
    "rich",
)

CODE = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name in {blocked!r}:
            raise ImportError("blocked: " + name)
for name in {blocked!r}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Block())
import _thread
def refuse(*a, **k): raise RuntimeError("a thread was started")
_thread.start_new_thread = refuse
import io, os
from pathlib import Path
from assay.pipeline import Request, examined
from assay.subject import given
from assay.render import names, renderer
from assay.facts.codec import canonical

class OneWay(io.RawIOBase):
    '''A seekable object with nothing but seek and read: what a browser's file is.'''
    def __init__(self, raw): self.raw = io.BytesIO(raw)
    def seek(self, offset, whence=0): return self.raw.seek(offset, whence)
    def read(self, size=-1): return self.raw.read(size)
    readinto = None

files = {{p: OneWay(Path(f).read_bytes()) for p, f in {files!r}.items()}}
dossier = examined(given(files, {name!r}), Request())
for format in names():
    renderer(format).write(dossier, io.BytesIO())
sys.stdout.buffer.write(canonical(dossier))
"""


def in_a_bare_world(files: dict[str, str], name: str, *blocked: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(blocked=(*BLOCKED, *blocked), files=files, name=name)],
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_a_model_folder_gives_the_same_dossier_from_objects(tmp_path: Path) -> None:
    """The numbers of the numpy kernels are those of the native ones: only the line that names them differs."""
    model = hub_model(tmp_path / "tiny", **{"tiny.gguf": gguf_model(), "modeling_x.py": "import os\n"})
    files = {path.name: str(path) for path in model.iterdir()}
    here = replace(assay.audit(model, isolation=False), kernels="numpy")
    assert in_a_bare_world(files, "tiny") == canonical(here)


def test_the_real_model_is_audited_from_an_object_without_numpy(smollm2: Path) -> None:
    dossier = json.loads(in_a_bare_world({smollm2.name: str(smollm2)}, smollm2.name, "numpy"))
    assert {m["id"]: m["value"] for m in dossier["portrait"]["measurements"]}["parameters"] == 134_515_008
    assert dossier["kernels"] == "none needed" and dossier["tensors"] == []
    (found,) = [f for f in dossier["findings"] if f["check"] == "weights.values-unread"]
    assert found["kind"] == "open" and found["message"].endswith("neither native kernels nor numpy are here")


def test_without_numpy_a_report_says_what_stays_open_and_is_incomplete(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "tiny")
    raw = in_a_bare_world({path.name: str(path) for path in model.iterdir()}, "tiny", "numpy")
    (tmp_path / "dossier.json").write_bytes(raw)
    said = " ".join(run("report", str(tmp_path / "dossier.json"), "-o", "text").stdout.split())
    assert "INCOMPLETE Do not rely on it yet" in said
    assert "not measured: neither native kernels nor numpy are here" in said
    assert json.loads(raw)["tensors"] == []
