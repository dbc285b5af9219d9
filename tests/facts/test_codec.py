"""The one JSON text of a dossier: what the library's encoder gives, without ever being whole in memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import assay
from assay.facts.codec import canonical, encode, pieces, sha256
from assay.facts.finding import Evidence
from assay.facts.values import Peak
from tests.builders import calls, hub_model


def by_the_library(value: object) -> bytes:
    return (json.dumps(encode(value), sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")


def test_it_is_what_the_library_gives(tmp_path: Path) -> None:
    found = assay.audit(hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id"), "a/ü\u2028.txt": "ä\x1b"}))
    assert canonical(found) == by_the_library(found)
    assert sha256(found) == hashlib.sha256(canonical(found)).hexdigest()
    assert len(list(pieces(found))) > len(found.findings)


@pytest.mark.parametrize(
    "value",
    [(), ((), (1,)), "\ud800\n", None, True, -0.0, 1e300, 10**400, Evidence("a"), (Peak(1, 2.5), Peak(3, 1e-9))],
)
def test_small_values_are_what_the_library_gives(value: object) -> None:
    assert canonical(value) == by_the_library(value)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        canonical((float("nan"),))
