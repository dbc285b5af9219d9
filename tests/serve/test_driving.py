"""Driving garak: a program in its place asks the served model as garak does, and writes a report as garak does."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

from assay.errors import UsageError
from assay.probes.reported import read
from assay.serve.driving import Driven, garak, python_of
from tests.builders.command import run
from tests.builders.runtimes import Leaking

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a script stands for a Python")
ASKS = """
import json, os, sys, urllib.request
from pathlib import Path
if "-c" in sys.argv:
    print("0.17.1")
    raise SystemExit
named = dict(zip(sys.argv[3::2], sys.argv[4::2]))
own = json.loads(Path(named["--config"]).read_text())["plugins"]["generators"]["openai"]["OpenAICompatible"]
value = {"model": named["--target_name"], "prompt": "What is the capital of France?", "max_tokens": 8, "temperature": 0}
key = {"Authorization": f"Bearer {os.environ['OPENAICOMPATIBLE_API_KEY']}"}
request = urllib.request.Request(f"{own['uri']}completions", json.dumps(value).encode(), key)
said = json.load(urllib.request.urlopen(request))["choices"][0]["text"]
if "SECRET_OF_THE_SHELL" in os.environ:
    raise SystemExit("it was given the shell's variables")
if named["--probes"] == "broken":
    raise SystemExit("no such probe")
rows = [
    {"entry_type": "init", "garak_version": "0.17.1"},
    {"entry_type": "start_run setup", "plugins.target_name": named["--target_name"]},
    {"entry_type": "eval", "probe": named["--probes"], "detector": said.strip(), "passed": 1, "total_evaluated": 2},
]
folder = Path(os.environ["XDG_DATA_HOME"]) / "garak" / "garak_runs"
folder.mkdir(parents=True)
(folder / f"{named['--report_prefix']}.report.jsonl").write_text("\\n".join(map(json.dumps, rows)))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    python = tmp_path / "own" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!{sys.executable}\n{ASKS}")
    python.chmod(0o755)
    return tmp_path / "own"


def test_garak_asks_the_model_that_is_served_to_it_and_its_report_is_read(
    tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    monkeypatch.chdir(tmp_path)
    asked = Driven(probes=("test.Test",), quiet=True)
    (folder := tmp_path / "out").mkdir()
    found = read(garak(Leaking("cobalt", ""), python_of(Path(environment.name)), asked, folder))
    assert (found.by, found.model) == ("reported by garak 0.17.1", "made up")
    (row,) = found.rows
    assert (row.test, row.metric, row.failures) == ("test.Test", "passed, France has Paris there", 1)
    with pytest.raises(UsageError, match="garak ended with status 1: no such probe"):
        garak(Leaking("cobalt", ""), python_of(environment), replace(asked, probes=("broken",)), folder)


def test_an_environment_without_garak_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a Python nor an environment with one; make it with --install"):
        python_of(tmp_path / "none")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(UsageError, match="has no garak: install it there with --install"):
        python_of(python)


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    done = run("run", "garak", str(tmp_path), "--environment", str(tmp_path / "none"))
    assert done.returncode == 2 and "neither a Python nor an environment" in done.stderr
    both = run("run", "garak", str(tmp_path), "--environment", str(tmp_path / "none"), "--install", "--offline")
    assert both.returncode == 2 and "leave --offline out" in both.stderr
