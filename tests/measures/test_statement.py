"""What counts as what a publisher states: prose about the model, not vocabularies, data or parts of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier
from assay.facts.openness import Support
from tests.builders.hub import hub_model

Audit = Callable[..., Dossier]
DENIES = "The technical report is not released.\nThe research paper is not available to anybody.\n"
WORDS = "\n".join(["[PAD]", "results", "not", "withheld", "weights", "released", "##s", ".", "no", "paper"] * 40)


def denied(dossier: Dossier) -> set[str]:
    return {row.id for row in dossier.openness.components if row.support is Support.DENIED}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("NOTES.md", DENIES, True),
        ("readme_first.txt", DENIES, True),
        ("vocab.txt", WORDS, False),
        ("list.txt", WORDS, False),
        ("labels.txt", "0 goldfish, not a shark\n1 results of evaluation, none\n" * 50, False),
        ("data/train.txt", DENIES, False),
        ("corpus.txt", DENIES, False),
        ("THIRD_PARTY_NOTICES.txt", DENIES, False),
    ],
)
def test_only_what_a_publisher_says_of_the_model_denies_something(
    tmp_path: Path, audit: Audit, name: str, text: str, said: bool
) -> None:
    model = hub_model(tmp_path / "model")
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text(text)
    assert (denied(audit(model)) != set()) is said


def test_many_offers_do_not_hide_what_is_denied(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "model")
    with (model / "README.md").open("a") as card:
        card.write("\n\n" + "The datasets are available.\n\n" * 500 + "The technical report is not released.\n")
    assert denied(audit(model)) == {"technical_report"}


def test_settings_of_a_part_describe_no_model(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "model")
    (model / "1_Pooling").mkdir()
    (model / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32}))
    dossier = audit(model)
    assert dossier.portrait.family == "llama"
    assert not [path.call for path in dossier.loading if "1_Pooling" in path.call]
    assert not [row.message for row in dossier.findings if "1_Pooling" in row.message]


def test_an_encoder_is_loaded_as_one(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "model")
    (model / "config.json").write_text(json.dumps({"architectures": ["BertModel"], "model_type": "bert"}))
    assert "AutoModel.from_pretrained('.')" in {path.call for path in audit(model).loading}
