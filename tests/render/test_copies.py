"""What is found in copies of a file is told once, with every place; each copy still needs a waiver of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Effect
from assay.render import renderer
from assay.render.output.text import write
from tests.builders import hub_model
from tests.conftest import of

CODE = b"import os\n\n\ndef f():\n    os.system('ls')\n"
CONFIG = {"auto_map": {"AutoModel": "custom.M"}, "model_type": "odd", "architectures": ["OddForCausalLM"]}
COPIES = ("checkpoint-100", "checkpoint-200", "last")


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A model whose checkpoints hold its config and code again."""
    model = hub_model(tmp_path / "model", **{"config.json": json.dumps(CONFIG), "custom.py": CODE})
    for name in COPIES:
        hub_model(model / name, **{"config.json": json.dumps(CONFIG), "custom.py": CODE})
    return model


def said(dossier: Dossier, format: str) -> str:
    stream, found = io.BytesIO(), renderer(format)
    assert found is not None
    found.write(dossier, stream)
    return stream.getvalue().decode()


def told(dossier: Dossier) -> str:
    """The text report with everything."""
    stream = io.BytesIO()
    write(dossier, stream, verbose=True)
    return stream.getvalue().decode()


def test_three_copies_of_a_checkpoint_are_one_decision(training: Path, audit: Callable[..., Dossier]) -> None:
    dossier = audit(training)
    text = said(dossier, "text")
    assert dossier.decision.because.startswith("1 decision: code.remote,")
    assert "Decide one thing first. " in text
    assert text.count("code.remote: config.json makes a loader run custom.py") == 1
    assert "config.json makes a loader run custom.py" in text
    assert "and in 3 copies: checkpoint-100/config.json, checkpoint-200/config.json" in " ".join(text.split())


@pytest.mark.parametrize("format", ["html", "markdown", "sarif", "junit", "json"])
def test_every_copy_keeps_its_fingerprint_in_every_format(
    training: Path, audit: Callable[..., Dossier], format: str
) -> None:
    dossier = audit(training)
    rows = of(dossier, "code.remote")
    text = said(dossier, format)
    assert len(rows) == 4
    assert all(row.fingerprint in text for row in rows)


def test_a_waiver_for_one_copy_covers_no_other(training: Path, tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    subject, policy = audit(training).subject.sha256, tmp_path / "mine.toml"
    policy.write_text(
        f'schema = "assay-policy/1"\nname = "mine"\ndecide = ["code.remote"]\n[[waiver]]\ncheck = "code.remote"\n'
        f'artifact = "config.json"\nsubject = "{subject}"\nreason = "read"\nowner = "me"\nexpires = 2999-01-01\n'
    )
    dossier = audit(training, policy=policy)
    assert sorted(row.effect for row in of(dossier, "code.remote")) == [*[Effect.DECIDES] * 3, Effect.WAIVED]
    assert dossier.decision.verdict is Verdict.INCOMPLETE
    assert "config.json makes a loader run custom.py" in " ".join(told(dossier).split())
    text = " ".join(said(dossier, "text").split())
    assert "code.remote: checkpoint-100/config.json makes a loader run checkpoint-100/custom.py" in text
    assert "and in 2 copies: checkpoint-200/config.json, last/config.json" in text


def test_a_folder_with_other_content_is_told_apart(training: Path, audit: Callable[..., Dossier]) -> None:
    (training / "last" / "custom.py").write_bytes(CODE + b"# 7\n")
    dossier = audit(training)
    text = " ".join(told(dossier).split())
    assert dossier.decision.because.startswith("2 decisions: code.remote,")
    assert "and in 2 copies: checkpoint-100/config.json, checkpoint-200/config.json" in text
    assert "last/config.json makes a loader run last/custom.py" in text


def test_two_findings_in_one_file_are_no_copies(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    code = b"import os\nos.system('ls')\n" * 2
    dossier = audit(hub_model(tmp_path / "model", **{"a.py": code, "old/a.py": code}))
    rows = of(dossier, "code.reaches-outside")
    assert len(rows) == 2
    assert said(dossier, "text").count("code.reaches-outside: ") == 1


def test_what_is_not_known_of_each_checkpoint_is_said_once(training: Path, audit: Callable[..., Dossier]) -> None:
    text = told(audit(training))
    assert text.count("open          weights.not-as-configured") == 1
    assert "and the same of 3 more: checkpoint-100/config.json" in " ".join(text.split())


def test_a_tokenizer_goes_with_the_template_beside_it(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    model = hub_model(tmp_path / "model")
    hub_model(model / "checkpoint-100")
    dossier = audit(model)
    assert "and in one copy: checkpoint-100/tokenizer.json" in " ".join(said(dossier, "text").split())
    for finding in of(dossier, "token.forgeable"):
        assert len({place.artifact.rpartition("/")[0] for place in finding.evidence}) == 1
