"""Where the native kernels could not be built the package is installed without them: what a user sees then."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.builders import hub_model
from tests.builders.command import run

pytest.importorskip("openassay_native")
PACKAGE = Path(__file__).parents[2] / "native" / "src" / "openassay_native"


@pytest.fixture
def without(tmp_path: Path) -> str:
    """The PYTHONPATH by which `openassay_native` is what is installed where there is no compiler: its Python files."""
    shutil.copytree(
        PACKAGE, tmp_path / "pure" / "openassay_native", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    return str(tmp_path / "pure")


def test_an_audit_without_native_kernels_finds_the_same_and_says_so(tmp_path: Path, without: str) -> None:
    model = str(hub_model(tmp_path))
    with_, plain = run("audit", model, "-o", "json"), run("audit", model, "-o", "json", PYTHONPATH=without)
    assert plain.returncode == with_.returncode
    found, expected = json.loads(plain.stdout), json.loads(with_.stdout)
    assert found.pop("kernels") == "numpy" and expected.pop("kernels").startswith("native")
    assert found == expected
    assert "native kernels, openassay-native, are quicker" in " ".join(
        run("audit", model, PYTHONPATH=without).stdout.split()
    )


def test_the_doctor_says_how_to_get_native_kernels(without: str) -> None:
    said = " ".join(run("doctor", PYTHONPATH=without).stdout.split())  # it is folded
    assert "openassay-native, with a C++ compiler" in said
