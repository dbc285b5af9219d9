"""Same input, same bytes: under any hash seed, locale, time zone, working directory, thread count or worker start."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import calls, hub_model

SETTINGS = [
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC", "COLUMNS": "60"},
    {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "FORCE_COLOR": "1", "PYTHONUTF8": "0"},
]


def dossier(model: str, out: Path, cwd: Path, env: dict[str, str], *extra: str) -> bytes:
    command = [sys.executable, "-m", "assay", "audit", model, "-o", f"json={out}", "-o", f"html={out}.html", *extra]
    subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, timeout=300)
    return out.read_bytes() + Path(f"{out}.html").read_bytes()


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    model = hub_model(
        tmp_path / "m", **{"x.pkl": calls("os", "system", "id"), "z.pkl": calls("os", "popen", "id"), "a/b.txt": "ä"}
    )
    (tmp_path / "elsewhere").mkdir()
    first = dossier(str(model), tmp_path / "1.json", tmp_path, SETTINGS[0], "--jobs", "1")
    second = dossier(
        "../m", tmp_path / "2.json", tmp_path / "elsewhere", SETTINGS[1], "--jobs", "4", "--require-isolation"
    )
    assert first == second


def test_the_real_model_gives_the_same_bytes_and_names_no_place(smollm2: Path, tmp_path: Path) -> None:
    first = dossier(str(smollm2), tmp_path / "1.json", tmp_path, SETTINGS[0])
    second = dossier(smollm2.name, tmp_path / "2.json", smollm2.parent, SETTINGS[1], "--jobs", "2")
    assert first == second
    for trace in (str(smollm2.parent), str(tmp_path), os.uname().nodename):
        assert not re.search(
            rb"(?<![\w+/=])" + re.escape(trace.encode()) + rb"(?![\w+/=])", first
        )  # no part of a digest


@pytest.mark.parametrize("key", ["date", "time", "host", "duration", "cwd", "user"])
def test_a_dossier_has_no_field_for_what_differs_between_runs(key: str) -> None:
    schema = json.loads((Path(__file__).resolve().parents[1] / "docs" / "dossier.schema.json").read_text())
    names = {name for definition in schema["$defs"].values() for name in definition["properties"]}
    assert key not in names and "as_of" in names  # as_of is an input, recorded only if a waiver for this subject exists
