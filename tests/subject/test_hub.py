"""hf:// references against a real server: pinned, resumed, cached, offline, and its refusals in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import assay
from assay.errors import UsageError
from tests.builders import hub_model, safetensors
from tests.builders.hub import tensors
from tests.builders.hub_server import COMMIT, Hub, serving

ASSAY = [sys.executable, "-m", "assay"]


def model(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "tiny")


@cache
def weights() -> bytes:
    """Large enough to be cut in the middle, with a tensor that no network has."""
    return safetensors({**tensors(), "model.big": ("F32", (1024, 6400))})


def large(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "tiny", **{"model.safetensors": weights()})


def environment(hub: Hub | None, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9",
    }


def run(hub: Hub | None, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*ASSAY, "audit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(hub, home), timeout=120)


def test_a_hub_model_is_fetched_pinned_and_equal_to_the_folder(tmp_path: Path) -> None:
    folder = model(tmp_path)
    with serving(folder) as hub:
        done = run(hub, tmp_path / "home", "hf://org/tiny", "-o", f"json={tmp_path}/d.json")
    dossier = json.loads((tmp_path / "d.json").read_text())
    assert dossier["subject"] == {
        "name": "org/tiny",
        "reference": f"hf://org/tiny@{COMMIT}",
        "sha256": assay.audit(folder).subject.sha256,
        "files_sha256": assay.audit(folder).subject.files_sha256,
    }, done.stderr


def test_a_hub_model_is_run_from_the_pinned_files(tmp_path: Path) -> None:
    """Its weights are noise, so it does not speak: that is said by whoever has built its network."""
    pytest.importorskip("torch")
    with serving(large(tmp_path)) as hub:
        done = run(hub, tmp_path / "home", "hf://org/tiny", "--run", "-o", "text")
    said = " ".join(done.stdout.split())
    assert "the model could not be run, so its error rate is not known: org/tiny: " in said, done.stdout + done.stderr
    assert "weights and network do not fit" in said or "finds plain English as unlikely as noise" in said


def test_a_snapshot_is_of_the_commit_that_was_asked_for(tmp_path: Path) -> None:
    with serving(model(tmp_path)) as hub:
        assert run(hub, tmp_path / "home", f"hf://org/tiny@{COMMIT}", "-q").returncode == 0
        other = run(hub, tmp_path / "home", f"hf://org/tiny@{'0' * 40}", "-q")
    assert other.returncode == 2 and other.stderr.count("\n") == 1
    cached = tmp_path / "home" / "hub" / "models--org--tiny"
    (cached / "snapshots" / COMMIT).rename(cached / "snapshots" / "mine")
    (cached / "refs" / "main").write_text("mine")
    done = run(None, tmp_path / "home", "hf://org/tiny", "--offline", "-q")
    assert done.returncode == 2 and "has it as 'mine', which is no commit" in done.stderr


def test_an_interrupted_download_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    folder = large(tmp_path)
    with serving(folder) as hub:
        hub.cuts = [13_000_000]  # beyond the 10 MB pieces in which the library takes note of progress
        done = run(hub, tmp_path / "home", "hf://org/tiny", "-o", f"json={tmp_path}/d.json")
        assert done.returncode in (0, 1), done.stderr
        assert any(not asked.startswith("bytes=0-") for asked in hub.ranges), hub.ranges
    assert json.loads((tmp_path / "d.json").read_text())["subject"]["sha256"] == assay.audit(folder).subject.sha256


def test_once_fetched_a_model_is_audited_offline_without_a_request(tmp_path: Path) -> None:
    with serving(model(tmp_path)) as hub:
        first = run(hub, tmp_path / "home", "hf://org/tiny", "-q")
        asked = hub.requests
        second = run(hub, tmp_path / "home", "hf://org/tiny", "-q", "--offline")
        assert (second.returncode, second.stdout) == (first.returncode, first.stdout)
        assert hub.requests == asked


ONE_PROCESS = """
import os, sys
from assay.errors import UsageError
from assay.subject import opened

before = dict(os.environ)
try:
    opened("hf://org/tiny", offline=True)
except UsageError as refused:
    print(refused)
print(opened("hf://org/tiny").reference)
print(opened("hf://org/tiny", offline=True).reference)
print(dict(os.environ) == before)
"""


def test_an_audit_offline_leaves_the_process_online(tmp_path: Path) -> None:
    """Several audits may run in one process; what is asked for one must not hold for the next."""
    with serving(model(tmp_path)) as hub:
        command, env = [sys.executable, "-c", ONE_PROCESS], environment(hub, tmp_path / "home")
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
        assert hub.agents == {f"assay/{assay.__version__}"}  # and nothing of what else is installed
    assert done.stdout.splitlines() == [
        "hf://org/tiny is not complete in the local cache and --offline was given",
        f"hf://org/tiny@{COMMIT}",
        f"hf://org/tiny@{COMMIT}",
        "True",
    ], done.stderr


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def test_refusals_are_one_sentence(tmp_path: Path) -> None:
    with serving(model(tmp_path)) as hub:
        assert "the hub has no model 'org/gone'" in refusal(run(hub, tmp_path / "a", "hf://org/gone"))
        assert "hf://org/tiny has no revision 'v9'" in refusal(run(hub, tmp_path / "a", "hf://org/tiny@v9"))
        assert "is not complete in the local cache and --offline was given" in refusal(
            run(hub, tmp_path / "b", "hf://org/tiny", "--offline")
        )
    assert "is no hub reference: write hf://org/name" in refusal(run(None, tmp_path / "c", "hf://org"))
    assert "the hub cannot be reached" in refusal(run(None, tmp_path / "c", "hf://org/tiny"))


def test_offline_is_an_argument_and_not_a_setting_of_the_process(tmp_path: Path) -> None:
    """Another audit of the same process may still go online."""
    from assay.subject.hub import fetched

    before = dict(os.environ)
    with pytest.raises(UsageError, match="is not complete in the local cache and --offline was given"):
        fetched("hf://org/not-here-at-all", offline=True)
    assert dict(os.environ) == before
