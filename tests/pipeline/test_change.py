"""`assay compare`: what changed in a model between two audits, and what only in assay's rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assay.facts.change import MOST_FILES, Cause, FileChange
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.pipeline.change import change
from assay.render.record.change import headline
from tests.builders.command import run
from tests.builders.dossier import with_section
from tests.builders.release import release

Audit = Callable[..., Dossier]


@pytest.fixture
def old(tmp_path: Path, audit: Audit) -> Dossier:
    return audit(release(tmp_path / "m"))


def test_the_same_is_the_same(old: Dossier) -> None:
    found = change(old, old)
    assert found.same and not found.worse


def test_a_list_that_is_full_is_not_called_whole(old: Dossier) -> None:
    full = replace(change(old, old), files=(FileChange("a", "", "b"),) * MOST_FILES)
    assert "1,000 or more files differ." in headline(full).sentence
    assert "999 files differ." in headline(replace(full, files=full.files[1:])).sentence


def test_everything_that_changed_is_named(tmp_path: Path, old: Dossier, audit: Audit) -> None:
    folder = release(tmp_path / "n", without=("train.py",))
    (folder / "LICENSE").write_text((folder / "LICENSE").read_text() + "You may not sell it.\n")
    (folder / "prepare.py").rename(folder / "prep.py")
    (folder / "README.md").write_text((folder / "README.md").read_text().replace("org/corpus-two", "org/corpus-three"))
    found = change(old, audit(folder))
    files = {row.path: row for row in found.files}
    assert set(files) == {"LICENSE", "README.md", "prep.py", "train.py"}
    assert (files["prep.py"].moved_from, files["train.py"].after) == ("prepare.py", "")
    assert [(row.before, row.after) for row in found.classes] == [
        ("Class I - Open Science", "Class III - Open Model")
    ] * 2
    (component,) = found.components
    assert (component.id, component.before, component.after, component.licence_before) == (
        "training_code",
        "verified",
        "absent",
        "Apache-2.0",
    )
    (licence,) = found.licences
    assert licence.hunks[-1] == "+You may not sell it." and not licence.more
    (claim,) = found.claims
    assert (claim.name, claim.after) == ("datasets", "org/corpus-one, org/corpus-three")
    (finding,) = (row for row in found.findings if row.check == "licence.altered")
    assert (finding.before, finding.after, finding.cause) == ("", "review", Cause.MODEL)
    assert found.worse and not found.rules


def test_what_assay_itself_changed_is_apart(old: Dossier) -> None:
    rules = tuple(
        replace(rule, title="Another question?") if rule.id == "token.forgeable" else rule for rule in old.rules[1:]
    )
    findings = tuple(row for row in old.findings if row.check not in ("token.forgeable", old.rules[0].id))
    found = change(
        old,
        with_section(old, replace(old.openness, rules="2027-01-01"), assay="0.2.0", rules=rules, findings=findings),
    )
    assert not found.files and not found.components
    named = {row.name: (row.before, row.after) for row in found.rules}
    assert named["assay"] == ("0.1.0", "0.2.0") and named["rules of openness"] == (old.openness.rules, "2027-01-01")
    assert named["check token.forgeable"] == ("as it was", "changed")
    assert named[f"check {old.rules[0].id}"] == ("as it was", "not there")
    assert {row.cause for row in found.findings} == {Cause.RULES}


def test_a_new_version_and_a_new_model_may_both_be_the_cause(tmp_path: Path, old: Dossier, audit: Audit) -> None:
    folder = release(tmp_path / "n")
    (folder / "x.py").write_text("import os\nos.system('id')\n")
    found = change(replace(old, assay="0.0.9"), audit(folder))
    assert {row.cause for row in found.findings} == {Cause.EITHER}


def test_another_policy_is_the_cause_of_another_verdict(tmp_path: Path, old: Dossier, audit: Audit) -> None:
    (tmp_path / "policy.toml").write_text(
        'schema = "assay-policy/1"\nname = "mine"\n[block]\nfail = ["*"]\nreview = ["*"]\n'
    )
    found = change(old, audit(tmp_path / "m", policy=tmp_path / "policy.toml"))
    assert [(row.before, row.after) for row in found.verdict] == [("PASSED", "FAILED")] and found.worse
    assert found.because and [row.name for row in found.rules] == ["policy"]


def test_it_is_printed_and_the_exit_status_says_worse(tmp_path: Path, old: Dossier, audit: Audit) -> None:
    first, second = tmp_path / "old.json", tmp_path / "new.json"
    first.write_bytes(canonical(old))
    second.write_bytes(canonical(audit(release(tmp_path / "n", without=("train.py",)))))
    done = run("compare", str(first), str(second))
    assert done.returncode == 1
    assert "  MOF class by evidence: Class I - Open Science -> Class III - Open Model\n" in done.stdout
    assert (
        "  Training code: verified -> absent, Apache-2.0 -> no licence (nothing in the files speaks of it)\n"
        in done.stdout
    )
    assert run("compare", str(second), str(first)).returncode == 0
    same = run("compare", str(first), str(first))
    assert same.stdout.splitlines()[1] == " SAME  Nothing differs: the same model, judged by the same rules."
    assert done.stdout.splitlines()[1].startswith(" WORSE  ")
    value = json.loads(run("compare", str(first), str(second), "-o", "json").stdout)
    assert value["components"][0]["id"] == "training_code"


def test_a_page_will_do_as_well(tmp_path: Path) -> None:
    folder = release(tmp_path / "m")
    run("audit", str(folder), "-q", "-o", f"html={tmp_path / 'p.html'}", "-o", f"json={tmp_path / 'd.json'}")
    done = run("compare", str(tmp_path / "p.html"), str(tmp_path / "d.json"))
    assert done.returncode == 0 and "Nothing differs" in done.stdout


def test_what_is_no_dossier_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}")
    done = run("compare", str(tmp_path / "x"), str(tmp_path / "x"))
    assert (done.returncode, done.stderr.count("\n")) == (
        2,
        1,
    ) and "is not a dossier that this version reads: expected schema" in done.stderr
