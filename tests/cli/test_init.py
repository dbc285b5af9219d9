"""The files that `assay init` writes: the services' own schemas take them, and their steps do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import calls, hub_model
from tests.builders.command import run

PLACES = {
    "github": (".github/workflows/assay.yml", "vendor.github-workflows"),
    "gitlab": ("assay.gitlab-ci.yml", "vendor.gitlab-ci"),
    "pre-commit": (".pre-commit-config.yaml", ""),
}


def written(service: str, repository: Path, model: str = "model") -> dict[str, Any]:
    done = run("init", service, model, "--repository", str(repository), "-q")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load((repository / PLACES[service][0]).read_text())
    return found


def shell(script: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A step of a workflow, with the `assay` that is under test on the path."""
    (cwd / "bin").mkdir(exist_ok=True)
    (cwd / "bin" / "assay").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assay "$@"\n')
    (cwd / "bin" / "assay").chmod(0o755)
    path = f"{cwd / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=cwd, env={**os.environ, **env, "PATH": path}, capture_output=True, text=True
    )


@pytest.mark.parametrize("service", PLACES)
@pytest.mark.parametrize("model", [".", "models/tiny-1b", "hf://org/name@0123abc"])
def test_the_service_takes_the_file(service: str, model: str, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    written(service, tmp_path, model)
    schema = PLACES[service][1]
    if schema:
        command = [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            schema,
            str(tmp_path / PLACES[service][0]),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("hostile", [False, True])
def test_the_steps_for_github_gate_and_show_the_report(hostile: bool, tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model")
    if hostile:
        (model / "x.pkl").write_bytes(calls("os", "system", "true"))
    steps = {row.get("name"): row for row in written("github", tmp_path)["jobs"]["audit"]["steps"]}
    summary, temporary = tmp_path / "summary.md", tmp_path / "runner"
    done = shell(steps["Audit"]["run"], tmp_path, RUNNER_TEMP=str(temporary))
    assert done.returncode == int(hostile), done.stderr
    assert sorted(path.name for path in (temporary / "assay").iterdir()) == ["report.html", "report.md", "report.sarif"]
    assert steps["Summary"]["if"] == "${{ !cancelled() }}"
    done = shell(steps["Summary"]["run"], tmp_path, RUNNER_TEMP=str(temporary), GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0 and ("FAILED" if hostile else "PASSED") in summary.read_text()


def test_the_job_for_gitlab_keeps_its_reports_also_of_the_whole_repository(tmp_path: Path) -> None:
    hub_model(tmp_path)
    (tmp_path / "x.pkl").write_bytes(calls("os", "system", "true"))
    job = written("gitlab", tmp_path, ".")["assay"]
    place = str(tmp_path.parent / f"{tmp_path.name}-out")
    scripts = [
        "\n".join(job[part]).replace("/tmp/assay", place) for part in ("before_script", "script", "after_script")
    ]
    before = scripts[0].replace("python -m pip install", "true")
    assert shell(f"{before}\n{scripts[1]}", tmp_path).returncode == 1
    assert shell(scripts[2], tmp_path).returncode == 0
    assert "<failure" in (tmp_path / job["artifacts"]["reports"]["junit"]).read_text()


def test_the_hook_for_pre_commit_runs_the_audit(tmp_path: Path) -> None:
    hub_model(tmp_path / "model")
    (hook,) = written("pre-commit", tmp_path)["repos"][0]["hooks"]
    assert hook["files"] == "^model(/|$)" and not hook["pass_filenames"]
    done = shell(hook["entry"], tmp_path)
    assert done.returncode == 0 and "PASSED" in done.stdout


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    written("github", tmp_path)
    assert "is there already" in run("init", "github", "--repository", str(tmp_path)).stderr
    for model, words in (("hf://org/name", "names no revision"), ("a b", "cannot write"), ("../x", "cannot write")):
        done = run("init", "gitlab", model, "--repository", str(tmp_path))
        assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "assay.gitlab-ci.yml").exists()
