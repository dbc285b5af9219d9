"""A registry in SQLite and in PostgreSQL: what holds for one holds for the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import assay
from assay.facts.dossier import Dossier
from tests.builders import hub_model
from tests.builders.postgres import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this process."""
    with server() as found:
        if found is None:
            pytest.skip("PostgreSQL is not installed")
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place of a new registry."""
    if request.param == "sqlite":
        yield str(tmp_path / "registry")
        return
    running: Server = request.getfixturevalue("postgres")
    with running.lent(tmp_path / "store") as url:
        yield url


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model with an Apache tag."""
    return hub_model(tmp_path / "tiny")


@pytest.fixture
def dossier(model: Path) -> Dossier:
    """Its audit."""
    return assay.audit(model)
