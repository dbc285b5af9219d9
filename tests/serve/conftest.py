"""Kept audits to look at, in SQLite and in PostgreSQL, and a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay
from assay import registry
from tests.builders import calls, hub_model
from tests.builders.workbench import Workbench, workbench
from tests.registry.conftest import postgres, where
from tests.render.conftest import browser, closed

__all__ = ["browser", "closed", "postgres", "where"]

HOSTILE = "<img src=x onerror=alert(1)>"
TOKEN = "a token of more than sixteen characters"


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """A registry in SQLite with two audits of a model, and one of a hostile one."""
    return keep_three(str(tmp_path / "registry"), tmp_path)


def keep_three(place: str, folder: Path) -> str:
    """The same at any place."""
    model = hub_model(folder / "tiny")
    with registry.open(place, new=True) as found:
        found.keep(assay.audit(model, isolation=False))
        (model / "config.json").write_text(json.dumps(json.loads((model / "config.json").read_text()) | {"note": 1}))
        (model / "training_args.bin").write_bytes(calls("posix", "system", HOSTILE))
        found.keep(assay.audit(model, isolation=False))
        hostile = hub_model(folder / HOSTILE.replace("/", "_"), **{"x.pkl": calls("os", "system", HOSTILE)})
        found.keep(assay.audit(hostile, isolation=False))
    return place


@pytest.fixture
def bench(kept: str) -> Iterator[Workbench]:
    """The workbench over it."""
    with workbench(kept, TOKEN) as found:
        yield found
