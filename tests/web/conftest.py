"""What tests of the browser audit share: Pyodide, where it is at hand, and the site built from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.web.runtime import PACKAGE, VERSION
from tests.builders.command import run
from tests.builders.once import once
from tests.render.conftest import browser  # noqa: F401 - the fixture

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def pyodide() -> Path:
    """The npm package as a file: where ASSAY_PYODIDE says, or in build/, where CI puts it."""
    path = Path(os.environ.get("ASSAY_PYODIDE", ROOT / "build" / f"pyodide-{VERSION}.tgz"))
    if not path.exists():
        pytest.skip(f"Pyodide is not here:  npm pack {PACKAGE} --pack-destination build")
    return path


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernels for a browser: where ASSAY_WASM says, or in build/, or built now."""
    path = Path(os.environ.get("ASSAY_WASM", ROOT / "build" / "kernels.wasm"))
    if path.exists():
        return path
    pytest.importorskip("ziglang", reason="no compiler for WebAssembly is here:  pip install ziglang")

    def make(folder: Path) -> None:
        script = ROOT / "native" / "wasm.py"
        subprocess.run([sys.executable, str(script), str(folder / "kernels.wasm")], check=True, capture_output=True)

    return once(tmp_path_factory, "browser-kernels", make) / "kernels.wasm"


@pytest.fixture(scope="session")
def site(pyodide: Path, kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the command writes it; shared, so read only."""

    def make(folder: Path) -> None:
        done = run(
            "web", "build", str(folder / "site"), "--pyodide", str(pyodide), "--kernels", str(kernels), "--offline"
        )
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "browser-site", make) / "site"
