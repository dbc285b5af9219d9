"""What the card says about training data, against the corpus that was given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.corpus.building import Options, build
from assay.errors import UsageError
from assay.execution import executor
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from tests.builders import hub_model
from tests.conftest import messages

Audit = Callable[..., Dossier]
CARD = "---\nlicense: mit\n{datasets}---\n# Model\n\nTrained on {tokens} tokens. The data cutoff is {cutoff}.\n"


def index(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    (folder / "data.jsonl").write_text(
        "".join(json.dumps({"text": "ten words of text in every row of this data"} | row) + "\n" for row in rows)
    )
    build((str(folder / "data.jsonl"),), folder / "index", Options(), executor("local", 0))
    return folder / "index"


def model(
    folder: Path, datasets: str = "datasets:\n- acme/Good-Tales\n", tokens: str = "2 million", cutoff: str = "2022-06"
) -> Path:
    return hub_model(folder, **{"README.md": CARD.format(datasets=datasets, tokens=tokens, cutoff=cutoff)})


def said(dossier: Dossier, kind: Kind) -> list[str]:
    return messages(dossier, "corpus.not-as-claimed", kind)


def test_a_corpus_that_agrees(tmp_path: Path, audit: Audit) -> None:
    rows = [{"dataset": "good_tales", "license": "mit", "date": "2021-03-01"}] * 60
    dossier = audit(model(tmp_path / "m", tokens="0.001 million"), corpora=[index(tmp_path / "c", *rows)])
    assert said(dossier, Kind.PASS) == [
        "the corpus holds the 1 data sets that the card names, and no other",
        "no document of the corpus is dated after 2022-06, where the card says that data ends",
    ]
    assert said(dossier, Kind.INFORMATIONAL) == ["the corpus has 600 words; the card states 0.001M tokens"]
    assert not said(dossier, Kind.REVIEW)
    assert dossier.corpora[0].documents == 60


def test_a_corpus_that_does_not(tmp_path: Path, audit: Audit) -> None:
    rows = [
        {"dataset": "other", "license": "cc-by-nc-4.0", "date": "2023-01-05"},
        {"dataset": "third", "date": "2021-01-01"},
    ]
    dossier = audit(model(tmp_path / "m"), corpora=[index(tmp_path / "c", *rows)])
    assert said(dossier, Kind.REVIEW) == [
        "the card names 1 data sets that the corpus does not hold: acme/Good-Tales",
        "the corpus holds 2 data sets that the card does not name: other, third",
        "50.0% of the corpus has a licence of class non-commercial: other; the model is offered under mit",
        "the card says that data ends in 2022-06; the corpus has documents of 2023-01-05",
    ]
    assert said(dossier, Kind.OPEN) == [
        "the licence of 50.0% of the corpus is not known",
        "the corpus has 20 words, at most 0.00% of the 2M tokens that the card states: a miss in it says little",
    ]


def test_without_a_corpus_the_question_is_not_asked_and_tracing_stays_open(tmp_path: Path, audit: Audit) -> None:
    named = audit(model(tmp_path / "m"))
    assert said(named, Kind.NOT_APPLICABLE) == ["no corpus was given (--corpus)"]
    assert messages(named, "output.untraced") == [
        "data sets are named but no corpus was given, so it is not known what the model has memorised and from where"
    ]
    unnamed = audit(model(tmp_path / "n", datasets=""))
    assert messages(unnamed, "output.untraced")[0].startswith("this cannot be answered: no training data is published")


def test_a_corpus_that_is_none(tmp_path: Path, audit: Audit) -> None:
    with pytest.raises(UsageError, match="no corpus here"):
        audit(model(tmp_path / "m"), corpora=[tmp_path])
