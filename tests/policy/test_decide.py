"""What a person has to decide, what is wanted of which kind of subject, and what was asked for and not done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Effect, Kind
from tests.builders import calls, hub_model, safetensors
from tests.builders.command import run
from tests.builders.hub import config

Audit = Callable[..., Dossier]
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)


def with_library(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "m", **{"libfast.so": ELF})


def test_native_code_beside_sound_weights_waits_for_a_decision(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(with_library(tmp_path))
    (row,) = [finding for finding in dossier.findings if finding.effect is Effect.DECIDES]
    assert row.check == "code.native" and dossier.decision.verdict is Verdict.INCOMPLETE
    assert dossier.decision.because == "1 decision: code.native, which policy 'default' leaves to a person"
    assert dossier.decision.decided_by == (row.fingerprint,)


def test_the_waiver_that_the_report_prints_decides(tmp_path: Path) -> None:
    model = with_library(tmp_path)
    shown = run("audit", str(model), "--offline")
    assert shown.returncode == 3 and "Decide one thing first." in shown.stdout
    lines = shown.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == "[[waiver]]")
    waiver = "\n".join(line.strip() for line in lines[at : at + 7])
    filled = waiver.replace('reason = ""', 'reason = "built here"').replace('owner = ""', 'owner = "j.doe"')
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'schema = "assay-policy/1"\nname = "ours"\ndecide = ["code.native"]\n[block]\nfail = ["*"]\n'
        + filled.replace("expires =   # a date", "expires = 2999-01-01")
        + "\n"
    )
    done = run("audit", str(model), "--offline", "-q", "--policy", str(policy))
    assert done.returncode == 0 and done.stdout.startswith("PASSED") and "1 accepted" in done.stdout
    assert "to decide first" not in done.stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('decide = ["code.nativ"]\n', "'code.nativ' matches no check; did you mean 'code.native'?"),
        ('[require.of]\n"language modell" = ["weights.absent"]\n', "unknown key 'language modell'"),
        ('[require.of]\n"tokenizer" = ["weight.absent"]\n', "'weight.absent' matches no check"),
    ],
)
def test_what_names_nothing_is_refused_before_anything_is_read(tmp_path: Path, text: str, sentence: str) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text(f'schema = "assay-policy/1"\nname = "mine"\n{text}')
    done = run("audit", str(tmp_path / "absent"), "--policy", str(policy))
    assert done.returncode == 2 and sentence in done.stderr


def named(dossier: Dossier, check: str) -> list[Kind]:
    return [finding.kind for finding in dossier.findings if finding.check == check]


def test_a_tokenizer_alone_is_judged_as_one(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m", **{"model.safetensors": None, "config.json": None})
    dossier = audit(model)
    assert dossier.nature.kind == "tokenizer" and named(dossier, "weights.absent") == [Kind.NOT_APPLICABLE]
    assert dossier.decision.verdict is Verdict.PASSED


def test_a_language_model_without_weights_is_incomplete_and_says_what_is_there(tmp_path: Path, audit: Audit) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 269060552\n"
    dossier = audit(hub_model(tmp_path / "m", **{"model.safetensors": pointer.encode()}))
    assert dossier.nature.kind == "language model" and dossier.decision.verdict is Verdict.INCOMPLETE
    (row,) = [finding for finding in dossier.findings if finding.check == "weights.absent" and not finding.follows]
    assert row.message.startswith("no weight file could be read: model.safetensors: ") and "LFS" in row.message


def test_an_estimator_has_no_weights_to_miss(tmp_path: Path, audit: Audit) -> None:
    state = b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00"
    name, module = b"LogisticRegression", b"sklearn.linear_model._logistic"
    pickled = b"\x80\x04\x8c" + bytes([len(module)]) + module + b"\x8c" + bytes([len(name)]) + name + b"\x93)\x81."
    assert state[:1] == pickled[:1]
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.pkl").write_bytes(pickled)
    dossier = audit(tmp_path / "m")
    assert dossier.nature.kind == "fitted estimator" and "LogisticRegression" in dossier.nature.why
    assert named(dossier, "weights.absent") == [Kind.NOT_APPLICABLE] and dossier.decision.verdict is Verdict.PASSED


def test_a_file_of_notes_is_no_model(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    dossier = audit(tmp_path)
    assert dossier.nature.kind == "unknown" and dossier.decision.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "language model"),
        ({"architectures": ["ViTForImageClassification"], "vocab_size": None, "model_type": "vit"}, "other network"),
    ],
)
def test_a_folder_is_what_its_config_says(tmp_path: Path, audit: Audit, changes: dict[str, Any], kind: str) -> None:
    files: dict[str, Any] = {"config.json": json.dumps(config(**changes))}
    if changes:
        files |= {"tokenizer.json": None, "tokenizer_config.json": None}
    assert audit(hub_model(tmp_path / "m", **files)).nature.kind == kind


def test_an_adapter_is_one_by_its_config(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "a/b"}')
    (tmp_path / "adapter_model.safetensors").write_bytes(safetensors({"l.lora_A.weight": ("F32", (2, 4))}))
    assert audit(tmp_path).nature.kind == "adapter"


def test_one_question_can_be_asked_alone(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id")})
    done = run("audit", str(model), "--offline", "--question", "parameters")
    assert done.returncode == 0 and "vulnerabilities" not in done.stdout.split("again")[0]
    assert "--question parameters" in done.stdout
    assert run("audit", str(model), "--offline", "-q", "--question", "vulnerabilities").returncode == 1
    wrong = run("audit", str(model), "--question", "vulnerability")
    assert wrong.returncode == 2 and "did you mean 'vulnerabilities'?" in wrong.stderr


def test_a_model_that_was_to_be_run_and_was_not_is_never_passed(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m", **{"config.json": json.dumps(config(model_type="nobodys"))})
    assert run("audit", str(model), "--offline", "-q").returncode == 0
    done = run("audit", str(model), "--offline", "--run", "--most", "30")
    assert done.returncode == 3 and re.search(r"requires \(2\)\n +\d behaviour\.unprobed: ", done.stdout)
    assert re.search(r"\n +\d error-rate\.unmeasured: the model could not be run", done.stdout)


def test_a_report_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    done = run("audit", str(tmp_path / "absent"), "-o", f"html={tmp_path}/no/report.html")
    assert done.returncode == 2 and done.stderr.startswith(f"assay: cannot write {tmp_path}/no/report.html: ")
    assert not list(tmp_path.iterdir())


def test_why_there_are_no_weights_names_no_text(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"model.safetensors": None, "old__py": b"print 'two'\n"}))
    (row,) = [finding for finding in dossier.findings if finding.check == "weights.absent" and not finding.follows]
    assert row.message == "no weight file is here: 8 files, none of a format that holds weights"
