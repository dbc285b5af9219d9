"""Baselines that are kept: listed, written for audits, taken back, exported and imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import calls
from tests.builders.command import run
from tests.builders.inputs import tar

WHY = ("--reason", 'read by "our" trainer only')


@pytest.fixture
def bad(model: Path, where: str) -> Path:
    """A kept model with a pickle that runs a command."""
    (model / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    assert run("audit", str(model), "--keep", "--registry", where, "-q").returncode == 1
    return model


def said(*words: str, where: str) -> str:
    done = run(*words, "--registry", where)
    assert done.returncode == 0, done
    return done.stdout


def audited(model: Path, known: Path) -> tuple[int, str]:
    done = run("audit", str(model), "--baseline", str(known))
    return done.returncode, done.stderr


def test_what_is_known_counts_as_a_file_and_for_its_content_alone(bad: Path, where: str, tmp_path: Path) -> None:
    said("baseline", "keep", "tiny", *WHY, where=where)
    (row,) = json.loads(said("baseline", "list", "-o", "json", where=where))
    assert (row["model"], row["reason"], bool(row["by"] and row["at"])) == ("tiny", WHY[1], True)
    again = run("audit", str(bad), "--keep", "--registry", where, "-q")
    assert again.returncode == 1, "kept is not given"
    known, dossier = tmp_path / "known.json", tmp_path / "dossier.json"
    said("baseline", "list", "tiny", "--write", str(known), where=where)
    assert audited(bad, known)[0] != 1
    run("audit", str(bad), "--baseline", str(known), "-o", f"json={dossier}", "-q")
    assert run("verify", str(dossier), str(bad), "--baseline", str(known)).returncode == 0
    digest = json.loads(dossier.read_text())["baseline"]
    named = f"sha256:{digest}"
    assert named in run("audit", str(bad), "--baseline", named, ASSAY_REGISTRY=where).stdout, (
        "the command to audit again"
    )
    assert run("verify", str(dossier), str(bad), "--baseline", named, ASSAY_REGISTRY=where).returncode == 0
    (bad / "pytorch_model.bin").write_bytes(calls("os", "system", "rm"))
    assert audited(bad, known)[0] == 1, "it is of that content"
    said("baseline", "end", row["id"][:8], where=where)
    done = run("audit", str(bad), "--baseline", named, ASSAY_REGISTRY=where)
    assert done.returncode == 2 and "is kept in" in done.stderr and "give the file" in done.stderr


def test_what_says_that_files_are_others_is_never_known(bad: Path, where: str, tmp_path: Path) -> None:
    (bad / "SHA256SUMS").write_text(f"{'0' * 64}  config.json\n")
    assert run("audit", str(bad), "--keep", "--registry", where, "-q").returncode == 1
    said("baseline", "keep", "tiny", *WHY, where=where)
    (row,) = json.loads(said("baseline", "list", "-o", "json", where=where))
    assert row["known"] and not any("artifact.not-as-listed" in words for _, words in row["known"])
    said("baseline", "list", "tiny", "--write", str(tmp_path / "known.json"), where=where)
    assert audited(bad, tmp_path / "known.json")[0] == 1


def test_a_baseline_that_is_taken_back_stays_on_record_and_goes_along(bad: Path, where: str, tmp_path: Path) -> None:
    said("baseline", "keep", "tiny", *WHY, where=where)
    (row,) = json.loads(said("baseline", "list", "-o", "json", where=where))
    other = str(tmp_path / "other")
    for count in (1, 0):
        said("registry", "export", str(tmp_path / "all.tar"), where=where)
        said("registry", "import", str(tmp_path / "all.tar"), where=other)
        assert len(json.loads(said("baseline", "list", "tiny", "-o", "json", where=other))) == count
        if count:
            said("baseline", "end", row["id"], where=where)
    assert "taken back by " in said("baseline", "list", "--all", where=other)
    again = run("baseline", "end", row["id"], "--registry", where)
    assert again.returncode == 2 and "0 baselines that count have the number" in again.stderr
    none = run("baseline", "list", "tiny", "--write", str(tmp_path / "x.json"), "--registry", where)
    assert none.returncode == 2 and "no baseline is kept for 'tiny'" in none.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"known": [["x", "y"]]}, "expected fingerprints of 16 hex digits"),
        ({"at": "2999-01-01T00:00:00Z"}, "still to come"),
        ({"model": ""}, "a baseline's model cannot be kept"),
    ],
)
def test_baselines_of_a_made_export_that_are_none_are_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    row: dict[str, object] = dict.fromkeys(("model", "dossier", "reason", "by"), "x")
    row |= {"id": "a" * 32, "at": "2026-11-27T03:05:07Z", "ended_by": "", "ended_at": "", "known": []}
    index = {"schema": "assay-registry/1", "audits": [], "accepted": [], "baselines": [row | change]}
    (tmp_path / "made.tar").write_bytes(tar(("registry.json", json.dumps(index).encode())))
    done = run("registry", "import", str(tmp_path / "made.tar"), "--registry", str(tmp_path / "kept"))
    assert done.returncode == 2 and says in done.stderr, done
