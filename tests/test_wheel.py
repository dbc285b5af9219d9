"""The wheel installs into an empty environment and audits a model there, with nothing but its declared dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.builders import hub_model

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("openassay_native")  # where that could be built
    return built(ROOT / "native", tmp_path_factory.mktemp("native"))


def built(project: Path, out: Path, **env: str) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(out), str(project)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (found,) = out.glob("*.whl")
    return found


def test_without_a_compiler_pip_makes_the_package_without_kernels(tmp_path: Path) -> None:
    wheel = built(ROOT / "native", tmp_path, CXX=str(tmp_path / "none"))
    assert wheel.name == "openassay_native-0.1.0-py3-none-any.whl"


def test_the_wheel_is_pure_and_carries_what_it_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.endswith("-py3-none-any.whl")
    for needed in (
        "assay/policy/builtin/default.toml",
        "assay/render/assets/report.html.j2",
        "assay/render/assets/report.css",
        "assay/py.typed",  # else a type checker takes nothing of it for typed
    ):
        assert needed in names
    assert not [name for name in names if name.startswith(("tests", "docs")) or name.endswith((".so", ".gguf"))]


def test_it_runs_in_an_empty_environment(wheel: Path, native: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel), str(native)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    model = hub_model(tmp_path / "tiny")
    assay = tmp_path / "env" / "bin" / "assay"
    done = subprocess.run(
        [assay, "audit", model, "-o", "text", "-o", f"html={tmp_path}/r.html"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0 and " PASSED " in done.stdout, done.stderr
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    missing = subprocess.run([assay, "audit", "hf://org/name"], capture_output=True, text=True, cwd=tmp_path)
    assert missing.stderr == "assay: hf:// references needs an extra: install it with  pip install 'openassay[hub]'\n"
