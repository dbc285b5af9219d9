"""A subject of pickles alone, without a tensor, is data: nothing is asked of weights that it cannot have."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier, Verdict
from tests.builders.pickles import calls


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (pickle.dumps({"a": [1, 2], "b": "text"}), Verdict.PASSED),
        (b"\x80\x02cnltk.stem.porter\nPorterStemmer\n)\x81}b.", Verdict.PASSED),
        (b"\x80\x02cpandas\nSeries\n)\x81}b.", Verdict.PASSED),
        (calls("somebody", "Thing", "x"), Verdict.INCOMPLETE),
        (calls("os", "system", "echo inert"), Verdict.FAILED),
    ],
)
def test_the_verdict_of_one_pickle(
    tmp_path: Path, audit: Callable[..., Dossier], content: bytes, verdict: Verdict
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    assert audit(path).decision.verdict is verdict
