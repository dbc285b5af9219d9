"""`assay audit A B`: each model as if it were alone, a line for each in the end, and the worst exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import calls, hub_model
from tests.builders.command import printed, run


@pytest.fixture
def models(tmp_path: Path) -> tuple[str, str]:
    good, bad = hub_model(tmp_path / "good"), hub_model(tmp_path / "bad")
    (bad / "x.pkl").write_bytes(calls("os", "system", "true"))
    return str(good), str(bad)


def test_the_worst_of_several_models_is_the_exit_status(models: tuple[str, str], tmp_path: Path) -> None:
    good, bad = models
    done = run("audit", good, bad)
    assert done.returncode == 1
    assert done.stdout.endswith(f"\nPASSED       {good}\nFAILED       {bad}\n")
    assert run("audit", good, good, "-q").returncode == 0
    assert run("audit", good, bad, "-q", "--exit-zero").returncode == 0
    missing = run("audit", good, str(tmp_path / "none"), "-q")
    assert missing.returncode == 2 and "assay: no model at" in missing.stderr
    assert missing.stdout.endswith(f"NOT AUDITED  {tmp_path / 'none'}\n")


def test_each_has_its_own_report_and_its_own_way_on(models: tuple[str, str], tmp_path: Path) -> None:
    done = run("audit", *models, "-o", "text", "-o", f"html={tmp_path}/{{model}}.html")
    assert (tmp_path / "good.html").exists() and (tmp_path / "bad.html").exists()
    again = [command for command in printed(done.stdout) if command.startswith("assay audit")]
    assert again and not [command for command in again if models[0] in command and models[1] in command]


def test_two_models_are_not_written_to_one_file(models: tuple[str, str], tmp_path: Path) -> None:
    done = run("audit", *models, "-o", f"json={tmp_path}/d.json")
    assert done.returncode == 2 and "put {model} into the name" in done.stderr and not (tmp_path / "d.json").exists()


def test_models_of_one_name_have_numbered_reports(tmp_path: Path) -> None:
    paths = [str(hub_model(tmp_path / folder / "m")) for folder in ("a", "b")]
    assert run("audit", *paths, "-q", "-o", f"{tmp_path}/{{model}}.json").returncode == 0
    assert (tmp_path / "m.json").exists() and (tmp_path / "m-2.json").exists()


def test_a_number_is_not_the_name_of_another_model(tmp_path: Path) -> None:
    paths = [str(hub_model(tmp_path / path)) for path in ("a/m-2", "b/m", "c/m")]
    assert run("audit", *paths, "-q", "-o", f"{tmp_path}/{{model}}.json").returncode == 0
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["m-2.json", "m-3.json", "m.json"]


def test_what_goes_to_standard_output_needs_no_name(models: tuple[str, str]) -> None:
    done = run("audit", *models, "-o", "html=-")
    assert done.returncode == 1 and done.stdout.count("<!doctype html>") == 2


def test_several_dossiers_on_standard_output_are_json_and_nothing_else(models: tuple[str, str]) -> None:
    done = run("audit", *models, "-o", "json")
    first, end = json.JSONDecoder().raw_decode(done.stdout)
    second = json.loads(done.stdout[end:])
    assert [row["decision"]["verdict"] for row in (first, second)] == ["PASSED", "FAILED"]
    assert done.stderr.endswith(f"\nPASSED       {models[0]}\nFAILED       {models[1]}\n")
