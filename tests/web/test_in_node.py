"""Under Pyodide in Node: the dossier is the command line's byte for byte, but for what says where it was made."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.facts.codec import canonical, decode
from assay.facts.dossier import Dossier
from tests.builders import gguf_model, hub_model
from tests.hostile import Case, cases
from tests.hostile.graphs import field, onnx, varint
from tests.hostile.graphs import node as node_of
from tests.web import summaries

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("node.mjs")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed (Debian: apt-get install nodejs)")


def node(site: Path, out: Path, options: dict[str, object], *models: Path) -> str:
    command = [str(NODE), str(SCRIPT), str(site), str(out), json.dumps(options), *map(str, models)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def audited(site: Path, out: Path, models: list[Path], **options: object) -> list[Dossier]:
    out.mkdir()
    node(site, out, options, *models)
    return [decode(Dossier, json.loads((out / f"{number}.json").read_bytes())) for number in range(len(models))]


def differing(site: Path, tmp_path: Path, models: list[Path]) -> list[str]:
    """The models of which the tab says something else than the command line."""
    found = audited(site, tmp_path / "out", models, cost="pass")
    assert {row.isolation for row in found} == {("browser tab",)}
    assert {row.kernels for row in found} <= {"native wasm", "none needed"}
    here = [assay.audit(model, cost="pass", isolation=False) for model in models]
    return [
        model.name
        for model, tab, cli in zip(models, found, here, strict=True)
        if canonical(replace(tab, isolation=(), kernels=cli.kernels)) != canonical(cli)
    ]


def test_the_kernels_compute_what_the_reference_defines(site: Path, tmp_path: Path) -> None:
    found = node(site, tmp_path, {}, Path(summaries.__file__)).split("\n")
    assert [row for row in found if row] == summaries.lines() and len(summaries.lines()) > 70


def test_the_kernels_hash_streams_side_by_side_in_any_portions(site: Path) -> None:
    code = """
      import fs from "node:fs";
      const [site] = process.argv.slice(1);
      const { LANES, loaded } = await import(`file://${site}/kernels.js`);
      const { begin, feed, finish } = (await loaded(fs.readFileSync(`${site}/kernels.wasm`))).digests;
      const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
      const sizes = Array.from({ length: 700 }, (_, size) => size);
      for (let width = 1; sizes.length; width = width % LANES + 1) {
        const rows = sizes.splice(0, width)
          .map((size, lane) => ({ handle: begin(), left: bytes.subarray(lane, lane + size) }));
        for (let turn = 1; rows.some(({ left }) => left.length); turn++) {
          const blocks = rows.map((row, lane) => {
            const portion = (turn * 67 + lane * 30) % 290;
            const block = row.left.subarray(0, portion);
            row.left = row.left.subarray(portion);
            return block;
          });
          feed(rows.map(({ handle }) => handle), blocks);
        }
        for (const [lane, { handle }] of rows.entries()) console.log(lane, finish(handle));
      }"""
    command = [str(NODE), "--input-type=module", "-e", code, str(site)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    raw = bytes(at % 251 for at in range(1000))
    found = [line.split() for line in done.stdout.splitlines()]
    assert {lane for lane, _ in found} == set("0123"), done.stderr
    expected = [hashlib.sha256(raw[int(lane) :][:size]).hexdigest() for size, (lane, _) in enumerate(found)]
    assert [digest for _, digest in found] == expected and len(found) == 700


def test_sound_models(site: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    single = tmp_path / "one" / "tiny.gguf"
    single.write_bytes(gguf_model())
    models = [
        hub_model(tmp_path / "plain"),
        hub_model(
            tmp_path / "more", **{"README.md": "---\nlicense: mit\n---\n# A model\n", "LICENSE": "MIT License\n"}
        ),
        single,
        tmp_path / "whole.onnx",
    ]
    # 64-bit numbers of one, two and ten bytes, beside floating point numbers
    tensor = field(1, 3) + field(2, 7) + field(7, varint(1) + varint(300) + varint(2**64 - 5)) + field(8, "steps")
    values = field(1, 2) + field(2, 1) + field(9, struct.pack("<2f", 0.5, -0.25)) + field(8, "w")
    models[-1].write_bytes(onnx(node_of("Relu"), tensors=(tensor, values)))
    assert differing(site, tmp_path, models) == []


def test_hostile_models_of_every_family(site: Path, tmp_path: Path) -> None:
    found: dict[str, Case] = {}
    for case in cases():
        found.setdefault(case.name if case.name in ("deep-lists", "deep-json") else case.family, case)
    assert len(found) > 10 and {"deep-lists", "deep-json"} <= set(found)
    assert differing(site, tmp_path, [case.beside(tmp_path / name) for name, case in found.items()]) == []
