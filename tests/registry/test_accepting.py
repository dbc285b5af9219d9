"""Waivers that are kept in the registry: recorded, listed, written into a policy, taken back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay import policy, registry
from assay.facts.dossier import Waiver, WaiverState
from assay.policy.waived import text_with
from assay.registry.accepting import accepted
from tests.builders import calls
from tests.builders.command import run
from tests.builders.inputs import tar

DAY = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
WHY = ("--reason", 'read by "our" trainer only', "--owner", "ada", "--expires", DAY)


@pytest.fixture
def bad(model: Path, where: str) -> Path:
    """A kept model with a pickle that runs a command."""
    (model / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    assert run("audit", str(model), "--keep", "--registry", where, "-q").returncode == 1
    return model


def said(*words: str, where: str) -> str:
    done = run("registry", *words, "--registry", where)
    assert done.returncode == 0, done
    return done.stdout


def refused(*words: str, where: str) -> str:
    done = run("registry", *words, "--registry", where)
    assert done.returncode == 2 and len(done.stderr.splitlines()) <= 3, done
    return done.stderr


def test_a_waiver_counts_through_the_policy_that_it_is_written_into(bad: Path, where: str, tmp_path: Path) -> None:
    said("waive", "tiny", "pickle.reaches-outside", "--artifact", "pytorch_model.bin", *WHY, where=where)
    text = said("waivers", where=where)
    assert text.startswith(" WAIVED  1 waiver that counts.\n")
    assert f"tiny: pickle.reaches-outside in pytorch_model.bin, by ada until {DAY}: read by" in text.replace(
        "\n    ", ""
    )
    ours, dossier = tmp_path / "ours.toml", tmp_path / "dossier.json"
    said("waivers", "--write", str(ours), where=where)
    done = run("audit", str(bad), "--policy", str(ours), "-o", f"json={dossier}", "-q")
    found = json.loads(dossier.read_text())
    assert found["policy"]["sha256"] == policy.load(str(ours)).sha256
    assert [row["state"] for row in found["waivers"]] == ["applied"]
    assert done.returncode != 1 and not any(
        row["effect"] == "blocks" and row["check"] == "pickle.reaches-outside" for row in found["findings"]
    )
    checked = run("verify", str(dossier), str(bad), "--policy", str(ours))
    assert checked.returncode == 0 or "is another" not in checked.stdout, checked
    (bad / "pytorch_model.bin").write_bytes(calls("os", "system", "rm"))
    assert run("audit", str(bad), "--policy", str(ours), "-q").returncode == 1, "it is of those bytes"


def test_all_that_was_found_is_accepted_at_once_with_who_and_when(bad: Path, where: str, tmp_path: Path) -> None:
    """As a baseline does, but on record: what is found later, or in other bytes, is not among it."""
    said("waive", "tiny", "--all", *WHY, where=where)
    rows = json.loads(said("waivers", "-o", "json", where=where))
    found = {row["check"] for row in rows}
    assert {"pickle.reaches-outside", "token.forgeable"} <= found and {row["owner"] for row in rows} == {"ada"}
    ours, known = tmp_path / "ours.toml", tmp_path / "known.json"
    said("waivers", "--write", str(ours), where=where)
    done = run("audit", str(bad), "--policy", str(ours), "-q")
    assert done.returncode != 1 and " to decide" not in done.stdout, done
    assert run("baseline", "write", "tiny", str(known), "--registry", where).returncode == 0
    same = run("audit", str(bad), "--baseline", str(known), "-q")
    assert same.returncode == done.returncode
    (bad / "pytorch_model.bin").write_bytes(calls("os", "system", "rm"))
    for option, path in (("--policy", ours), ("--baseline", known)):
        assert run("audit", str(bad), option, str(path), "-q").returncode == 1, option
    for words in (("tiny",), ("tiny", "pickle.reaches-outside", "--all"), ("tiny", "--all", "--artifact", "x")):
        assert "name the CHECK" in refused("waive", *words, *WHY, where=where)


def test_what_is_not_there_is_not_accepted(bad: Path, where: str) -> None:
    assert "there is nothing to accept" in refused("waive", "tiny", "pickle.unfollowed", *WHY, where=where)
    wrong = ("waive", "tiny", "pickle.reaches-outside", "--artifact", "model.safetensors", *WHY)
    assert "no finding of pickle.reaches-outside in 'model.safetensors'" in refused(*wrong, where=where)
    over = (*WHY[:-1], "2020-01-01")
    assert "is over" in refused("waive", "tiny", "pickle.reaches-outside", *over, where=where)
    assert said("waivers", where=where).startswith(" NONE  0 waivers that count.\n")


def test_a_waiver_that_is_taken_back_stays_on_record(bad: Path, where: str, tmp_path: Path) -> None:
    said("waive", "tiny", "pickle.reaches-outside", *WHY, where=where)
    (row,) = json.loads(said("waivers", "-o", "json", where=where))
    said("unwaive", row["id"][:8], where=where)
    assert said("waivers", where=where).startswith(" NONE  0 waivers that count.\n")
    assert "; taken back by " in said("waivers", "--all", where=where).replace("\n          ", " ")
    assert "0 waivers that count have the number" in refused("unwaive", row["id"][:8], where=where)
    said("waivers", "--all", "--write", str(tmp_path / "ours.toml"), where=where)
    assert not policy.load(str(tmp_path / "ours.toml")).waivers


def test_waivers_go_along_with_an_exported_registry(bad: Path, where: str, tmp_path: Path) -> None:
    said("waive", "tiny", "pickle.reaches-outside", *WHY, where=where)
    other = str(tmp_path / "other")
    for _ in range(2):
        said("export", str(tmp_path / "all.tar"), where=where)
        said("import", str(tmp_path / "all.tar"), where=other)
        with registry.open(where) as mine, registry.open(other) as theirs:
            here, there = (kept.database.read(lambda row: accepted(row, every=True)) for kept in (mine, theirs))
        assert here == there and len(here) == 1
        if not here[0].ended_at:
            said("unwaive", here[0].id, where=where)
    assert here[0].ended_at


@pytest.mark.parametrize("text", ['a"b\\c', "tab\tnew\nline", "\x7f\x1f", "é 模型 😀", "]]", "'''"])
@pytest.mark.parametrize("base", ["default", "strict"])
def test_a_waiver_is_read_as_it_was_written(text: str, base: str) -> None:
    given = Waiver("pickle.unread", text, "a" * 64, text, text, DAY, "b" * 64, WaiverState.UNMATCHED)
    made = policy.parsed(text_with(policy.source(base), "ours", [given, given]), "ours")
    assert made.waivers == (given, given) and made.name == "ours"
    assert made.required == policy.builtin(base).required


def test_a_policy_that_no_waiver_can_be_added_to_is_said(bad: Path, where: str, tmp_path: Path) -> None:
    said("waive", "tiny", "pickle.reaches-outside", *WHY, where=where)
    (tmp_path / "own.toml").write_text('schema = "assay-policy/1"\nname = "own"\nwaiver = []\n')
    words = ("waivers", "--policy", str(tmp_path / "own.toml"), "--write", str(tmp_path / "ours.toml"))
    assert "is not TOML" in refused(*words, where=where) and not (tmp_path / "ours.toml").exists()


def test_waivers_of_a_made_export_that_are_none_are_refused(tmp_path: Path) -> None:
    row = dict.fromkeys(("model", "check", "artifact", "subject", "manifest", "reason", "owner", "by"), "x")
    row |= {"id": "a" * 32, "expires": "soon", "at": "2026-11-27T03:05:07Z", "ended_by": "", "ended_at": ""}
    raw = json.dumps({"schema": "assay-registry/1", "audits": [], "accepted": [row], "baselines": []}).encode()
    (tmp_path / "made.tar").write_bytes(tar(("registry.json", raw)))
    done = run("registry", "import", str(tmp_path / "made.tar"), "--registry", str(tmp_path / "kept"))
    assert done.returncode == 2 and "a waiver ends on 'soon': expected a date" in done.stderr, done
