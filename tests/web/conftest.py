"""What tests of the browser audit share: Pyodide, where it is at hand, and the site built from it."""

from __future__ import annotations

import os
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
def site(pyodide: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the command writes it; shared, so read only."""

    def make(folder: Path) -> None:
        done = run("web", "build", str(folder / "site"), "--pyodide", str(pyodide), "--offline")
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "browser-site", make) / "site"
