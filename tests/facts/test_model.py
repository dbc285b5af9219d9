"""One reading of a card: what a heading announces is the same for every check, component and framework that asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.heading import Topic, topics
from assay.facts.model import beside, model_view
from assay.facts.openness import Answered, Support
from assay.facts.text import PlainText
from tests.builders.hub import config, hub_model
from tests.builders.release import REPORT
from tests.conftest import messages, of

Audit = Callable[..., Dossier]

# headings of public cards (OpenAI, Meta, Google, IBM, Microsoft, BigScience, the templates of the Hub and of Trainer,
# cards in other languages) -> what a reader expects below them: use, evaluation, limitations (or risks), data, training
HEADINGS = {
    "Uses": "use",
    "Intended Use": "use",
    "Primary Intended Uses": "use",
    "Model Use": "use",
    "Evaluated Use": "use",
    "Direct Use": "use",
    "Downstream Use [optional]": "use",
    "Use cases": "use",
    "How to Get Started with the Model": "use",
    "Model Usage": "use",
    "Inference samples": "use",
    "Prompting / Prompt Template": "use",
    "Loading the model locally": "use",
    "Intended uses & limitations": "use",  # of limits only with a sentence that limits
    "Out-of-Scope Use": "use limitations",
    "Misuse and Malicious Use": "use limitations",
    "Evaluation": "evaluation",
    "Evaluation Results": "evaluation",
    "Benchmarks": "evaluation",
    "Results": "evaluation",
    "Metrics": "evaluation",
    "Testing Data, Factors & Metrics": "evaluation",
    "Training results": "evaluation",
    "Performance": "evaluation",
    "Data and Performance": "evaluation",
    "Quantitative Analyses": "evaluation",
    "Accuracy": "evaluation",
    "Validation accuracy": "evaluation",
    "Results/accuracy on test set": "evaluation",
    "Performance and Limitations": "evaluation limitations",
    "Fairness evaluation": "evaluation limitations",
    "Limitations": "limitations",
    "Known limitations": "limitations",
    "Model limitations": "limitations",
    "**Bias, Risks, and Limitations**": "limitations",
    "Limitations and bias": "limitations",
    "Ethical Considerations and Limitations": "limitations",
    "Ethical considerations": "limitations",
    "Caveats and Recommendations": "limitations",
    "Broader Implications": "limitations",
    "Responsible AI Considerations": "limitations",
    "Critical risks": "limitations",
    "Training Data": "data",
    "2.1 Pre-training data": "data",
    "Pretraining Corpora": "data",
    "Training and evaluation data": "data",
    "Training Datasets": "data",
    "Instruction Data": "data",
    "Dataset (Train and validation)": "data",
    '<a name="dset"></a>Dataset': "data",
    "Data": "data",
    "Data Sources": "data",
    "Training Procedure [optional]": "training",
    "Training hyperparameters": "training",
    "Training Details": "training",
    "Finetuning Details": "training",
    "Pretraining": "training",
    # Spanish, Portuguese, French, German, Chinese, Japanese, Korean
    "Uso previsto": "use",
    "Limitaciones y sesgos": "limitations",
    "Métricas de rendimiento": "evaluation",
    "Datos utilizados": "data",
    "Uso pretendido": "use",
    "Limitações e vieses": "limitations",
    "Resultados": "evaluation",
    "Como foi treinado": "training",
    "Utilisation": "use",
    "Limitations et biais": "limitations",
    "Évaluation": "evaluation",
    "Données": "data",
    "Entraînement": "training",
    "Trainingsdaten": "data",
    "评测结果": "evaluation",
    "局限性": "limitations",
    "訓練數據": "data",
    "使い方": "use",
    "制限事項": "limitations",
    "학습 데이터": "data",
    # none of these
    "License": "",
    "Citation": "",
    "Environmental Impact": "",
    "Compute Infrastructure": "",
    "Framework versions": "",
    "Sample input and output": "",
    "Evaluation data": "",
    "Natural Language Inference and Paraphrase Identification": "",
    "Model Card Authors [optional]": "",
}
BODY = "Said is here what a reader of this section wants to know, in words that are plain. " * 4
TABLE = "\n| task | value |\n|---|---|\n| ARC | 41.5 |\n| PIQA | 68.0 |\n"


def card(heading: str, body: str = BODY + TABLE) -> str:
    return f"# M\n\nA model.\n\n## {heading}\n\n{body}\n"


def folder(root: Path, **files: str) -> Path:
    root.mkdir()
    for name, text in {"config.json": json.dumps(config()), **files}.items():
        path = root / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def judged(dossier: Dossier, id: str) -> tuple[Answered, str]:
    rows = (row for lens in dossier.openness.lenses for row in lens.judgements)
    return next((row.answer, row.because) for row in rows if row.id == id)


def verified(dossier: Dossier, id: str) -> bool:
    return dossier.openness.component(id).support is Support.VERIFIED


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_means_the_same_to_every_check_and_framework(heading: str, tmp_path: Path, audit: Audit) -> None:
    dossier = audit(folder(tmp_path / "m", README__md=card(heading)))
    expected = set(HEADINGS[heading].split())
    use = judged(dossier, "AIA-OSS-PUB-3")[1]
    limits = judged(dossier, "G7-MODEL-LIMITATIONS")[0] is Answered.FILLED and "limitations" in use
    (thin,) = messages(dossier, "card.missing", Kind.REVIEW)
    covered = thin.partition("it speaks of ")[2]
    by_check = {
        "evaluation": bool(of(dossier, "evaluation.undeclared", Kind.REVIEW)),
        "limitations": bool(of(dossier, "limitation.undeclared", Kind.PASS)),
        "data": bool(of(dossier, "data.undeclared", Kind.REVIEW)),
    }
    by_evidence = {
        "evaluation": verified(dossier, "evaluation_results"),
        "limitations": limits,
        "data": verified(dossier, "data_card"),
        "use": "uses" in use,
        "training": verified(dossier, "model_metadata"),
    }
    assert {word for word, seen in by_check.items() if seen} == expected & by_check.keys()
    assert {word for word, seen in by_evidence.items() if seen} == expected
    assert set(covered.split(", ") if not covered.startswith("none") else ()) == expected & by_check.keys()


@pytest.mark.parametrize("heading", ["Metrics", "Validation accuracy", "评测结果", "Evaluation data", "License"])
def test_a_heading_means_the_same_in_a_document(heading: str, tmp_path: Path, audit: Audit) -> None:
    report = REPORT.replace("## Results", f"## {heading}")
    dossier = audit(folder(tmp_path / "m", README__md="# M\n", technical_report__md=report))
    assert verified(dossier, "evaluation_results") == (Topic.EVALUATION in topics(heading))


@pytest.mark.parametrize(
    ("heading", "words", "check", "kind"),
    [
        ("Limitations", 14, "limitation.undeclared", Kind.OPEN),
        ("Limitations", 15, "limitation.undeclared", Kind.PASS),
        ("Training data", 14, "data.undeclared", Kind.OPEN),
        ("Training data", 15, "data.undeclared", Kind.REVIEW),
    ],
)
def test_how_much_states_something_is_the_same_everywhere(
    heading: str, words: int, check: str, kind: Kind, tmp_path: Path, audit: Audit
) -> None:
    dossier = audit(folder(tmp_path / "m", README__md=card(heading, "word " * words)))
    assert [found.kind for found in of(dossier, check)] == [kind]
    (thin,) = messages(dossier, "card.missing", Kind.REVIEW)
    assert ("none of data" in thin) == (kind is Kind.OPEN)
    if heading == "Limitations":
        filled = judged(dossier, "G7-MODEL-LIMITATIONS")[0] is Answered.FILLED
        assert filled == ("limitations" in judged(dossier, "AIA-OSS-PUB-3")[1]) == (kind is Kind.PASS)


def test_a_form_that_nobody_filled_in_says_that_the_data_is_not_stated(tmp_path: Path, audit: Audit) -> None:
    text = card("Training and evaluation data", "More information needed\n\n## Intended uses & limitations\n\nN/A")
    dossier = audit(folder(tmp_path / "m", README__md=text))
    (found,) = of(dossier, "data.undeclared")
    assert (found.message, found.evidence[0].line) == ("README.md says that the training data is not stated", 7)
    assert of(dossier, "evaluation.undeclared", Kind.OPEN) and of(dossier, "limitation.undeclared", Kind.OPEN)


def test_a_card_in_a_folder_below_does_not_speak_for_the_model(tmp_path: Path, audit: Audit) -> None:
    below = "---\ndatasets: [org/other]\nbase_model: org/other\nlicense: mit\n---\n" + card("Limitations")
    dossier = audit(folder(tmp_path / "m", README__md=card("Evaluation"), **{"ONNX/README.md": below}))
    assert messages(dossier, "data.undeclared") == ["README.md does not say what the model was trained on"]
    assert messages(dossier, "output.untraced")[0].startswith("this cannot be answered: no training data is published")
    assert messages(dossier, "licence.missing") == ["no licence is stated, in no card, metadata or file"]
    assert of(dossier, "base.undeclared", Kind.OPEN) and of(dossier, "limitation.undeclared", Kind.OPEN)
    assert judged(dossier, "AIA-MOD-1")[0] is Answered.NOT_APPLICABLE


def test_the_drafted_card_has_the_headings_that_assay_looks_for(tmp_path: Path, audit: Audit) -> None:
    from assay.render.record.card import draft

    titles = [line.lstrip("# ") for line in draft(audit(hub_model(tmp_path / "m"))) if line.startswith("## ")]
    announced = {topic for title in titles for topic in topics(title)}
    assert {Topic.DESCRIPTION, Topic.USE, Topic.DATA, Topic.EVALUATION, Topic.LIMITATION, Topic.RISK} <= announced


def test_a_model_without_anything_answers_every_question() -> None:
    model = model_view((), {})
    assert (model.card, model.config, model.artifact("a"), model.folders(), model.below("")) == (
        None,
        None,
        None,
        (),
        (),
    )
    assert (model.sections(*Topic), model.denials(*Topic), model.stated("license"), model.licence_texts) == ((),) * 4


def test_beside_is_the_same_file_then_the_same_folder_then_the_first() -> None:
    first, near, same = PlainText("x.txt", 1), PlainText("a/y.txt", 2), PlainText("a/z.txt", 3)
    assert beside("a/z.txt", (first, near, same)) is same
    assert beside("a/other.txt", (first, near, same)) is near
    assert beside("b/other.txt", (first, near, same)) is first
    assert beside("b/other.txt", ()) is None
