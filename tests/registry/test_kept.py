"""What is kept can be listed, found, shown and compared: by a user's commands, in both databases."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import assay
from assay import registry
from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.kept import About
from assay.registry.tables import MODEL
from tests.builders.command import run
from tests.builders.pickles import calls


def audited(model: Path, where: str, *options: str) -> None:
    done = run("audit", str(model), "--keep", "--registry", where, "-q", *options)
    assert done.returncode in (0, 1, 3), done.stderr


def said(*arguments: str, where: str) -> str:
    done = run(*arguments, "--registry", where)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_what_was_not_read_in_full_is_not_read_for_its_fingerprint(tmp_path: Path) -> None:
    """Of 4 TiB that were never written: to hash them would take longer than a command may take here."""
    size, large = 1 << 42, tmp_path / "model.safetensors"
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    large.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(large, 8 + len(header) + size)
    assert run("audit", str(large), "--keep", "-q", "--registry", str(tmp_path / "kept")).returncode == 3
    with pytest.raises(UsageError, match="needs feed-forward layers"):
        assay.fingerprint(large)


def test_a_kept_audit_is_listed_shown_and_found(model: Path, where: str) -> None:
    audited(model, where)
    listed = said("list", where=where)
    assert listed.startswith(" KEPT  1 audit: 1 PASSED.\nPASSED      tiny  ")
    shown = said("show", "tiny", "-o", "json", where=where)
    assert shown == run("audit", str(model), "-o", "json").stdout
    weights = next(row for row in json.loads(shown)["artifacts"] if row["path"] == "model.safetensors")
    for wanted in (f"sha256:{weights['sha256']}", str(model / "model.safetensors")):
        assert "model.safetensors  safetensors" in said("find", wanted, where=where)
    assert "tiny" in said("find", "licence", "Apache 2.0", where=where)
    assert "org/base-7b  base_model" in said("find", "base", "ORG/base-*", where=where)
    assert "review token.forgeable: " in said("find", "finding", "token.*", where=where)
    assert said("find", "finding", "pickle.reaches-outside", where=where).startswith(" NOT FOUND  ")


def test_the_same_audit_again_is_the_same_audit(model: Path, where: str) -> None:
    audited(model, where)
    done = run("audit", str(model), "--keep", "--registry", where)
    assert "kept tiny in " in done.stderr and "audit 1 of this model, kept 2 times" in done.stderr
    (row,) = json.loads(said("history", "tiny", "-o", "json", where=where))
    assert row["times"] == 2 and row["latest"]


def test_what_became_of_a_model_is_its_history(model: Path, where: str) -> None:
    audited(model, where)
    (model / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    audited(model, where)
    text = said("history", "tiny", where=where)
    assert text.startswith(" FAILED  tiny: 2 audits, 1 of the files of today.\n")
    assert "against the audit before: the files, the verdict changed" in text
    assert said("list", where=where).count("tiny") == 1
    assert said("list", "--all", where=where).count("tiny") == 2
    found = said("find", "finding", "pickle.reaches-outside", where=where)
    assert "pytorch_model.bin  fail pickle.reaches-outside" in found
    worse = run("compare", "tiny", "--registry", where)
    assert worse.returncode == 1 and "WORSE  The verdict went from PASSED to FAILED." in worse.stdout
    better = run("compare", "tiny", "tiny~1", "--registry", where)
    assert better.returncode == 0 and "from FAILED to PASSED" in better.stdout


def test_a_file_that_is_gone_is_found_in_earlier_audits_only(model: Path, where: str) -> None:
    (model / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    digest = json.loads(run("audit", str(model), "-o", "json").stdout)["artifacts"]
    bad = next(row["sha256"] for row in digest if row["path"] == "pytorch_model.bin")
    audited(model, where)
    (model / "pytorch_model.bin").unlink()
    audited(model, where)
    assert said("find", f"sha256:{bad}", where=where).startswith(" NOT FOUND  ")
    assert "pytorch_model.bin" in said("find", f"sha256:{bad}", "--all", where=where)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("tiny", True), ("TIN", True), ("t*y", True), ("tiny?", False), ("verdict:passed", True),
        ("verdict:failed", False), ("finding:token.*", True), ("licence:apache-2.0", True), ("licence:mit", False),
        ("base:org/*", True), ("policy:default", True), ("since:2020-01-01", True), ("until:2020-01-01", False),
        ("kind:language model", True), ("100%", False), ("_iny", False),
    ],
)  # fmt: skip
def test_a_query_narrows_the_list(dossier: Dossier, where: str, query: str, fits: bool) -> None:
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        assert [row.name for row in kept.audits(query)] == (["tiny"] if fits else [])


def test_an_audit_is_named_by_its_model_or_its_digest(dossier: Dossier, where: str) -> None:
    with registry.open(where, new=True) as kept:
        audit = kept.keep(dossier)
        for which in ("tiny", "TINY", "tiny~0", audit.dossier, audit.dossier[:8], f"sha256:{audit.dossier[:20]}"):
            assert kept.one(which) == audit
        assert canonical(kept.dossier(audit)) == canonical(dossier)
        for which, says in (
            ("tinny", "no audit of 'tinny' is kept; did you mean 'tiny'?"),
            ("tiny~3", "only 1 audits of 'tiny' are kept: 'tiny~3' is before the first"),
            ("0" * 12, "no audit of '000000000000' is kept"),
        ):
            with pytest.raises(assay.errors.UsageError, match=says):
                kept.one(which)


def test_texts_that_no_database_takes_are_kept_as_escapes(dossier: Dossier, where: str) -> None:
    subject = replace(dossier.subject, name="a\0b\udcff\u202e c")
    with registry.open(where, new=True) as kept:
        audit = kept.keep(replace(dossier, subject=subject))
        assert audit.name == "a\\x00b\\udcff\u202e c"
        assert [row.id for row in kept.history(audit.name)] == [audit.id]
        assert kept.dossier(audit).subject.name == subject.name
    assert "\u202e" not in said("list", where=where)


def test_models_whose_names_differ_in_case_are_two(dossier: Dossier, where: str) -> None:
    with registry.open(where, new=True) as kept:
        for name in ("Tiny", "tiny"):
            kept.keep(replace(dossier, subject=replace(dossier.subject, name=name)))
        assert [row.name for row in kept.history("Tiny")] == ["Tiny"]
        assert kept.one("Tiny").name == kept.one("Tiny~0").name == "Tiny"  # the other was kept later
        assert sorted(row.name for row in kept.audits()) == ["Tiny", "tiny"]


def test_no_latest_audit_is_none_and_a_registry_that_is_away_is_not(dossier: Dossier, where: str) -> None:
    with registry.open(where, new=True) as kept:
        first = kept.keep(dossier)
        again = kept.keep(replace(dossier, subject=replace(dossier.subject, files_sha256="0" * 64)))
        assert first.id != again.id and kept.latest("tiny") == kept.audit(again.id)
        assert kept.latest("Tiny") is None and kept.latest("other") is None
        kept.database.write(MODEL.drop)
        with pytest.raises(UsageError, match="cannot be used"):
            kept.latest("tiny")


def test_what_belongs_to_an_audit_is_kept_with_it(model: Path, where: str, tmp_path: Path) -> None:
    from assay.registry.tables import BLOB

    audited(model, where, "--histograms", str(tmp_path / "h.bin"))
    with registry.open(where) as kept:
        from sqlalchemy import select

        rows = kept.database.read(lambda connection: connection.execute(select(BLOB)).all())
        files = {row.role: kept.store.get(row.sha256) for row in rows}
    assert set(files) == {"dossier", "bom", "histograms", "fingerprint"}
    assert files["histograms"] == (tmp_path / "h.bin").read_bytes()
    assert json.loads(files["bom"])["bomFormat"] == "CycloneDX"


def test_waivers_say_who_accepted_what(model: Path, where: str, tmp_path: Path) -> None:
    subject = json.loads(run("audit", str(model), "-o", "json").stdout)["subject"]
    (tmp_path / "policy.toml").write_text(
        'schema = "assay-policy/1"\nname = "ours"\n[block]\nfail = ["*"]\n[[waiver]]\ncheck = "token.forgeable"\n'
        f'subject = "{subject["sha256"]}"\nmanifest = "{subject["files_sha256"]}"\nreason = "known"\nowner = "ada"\n'
        "expires = 2099-01-01\n"
    )
    audited(model, where, "--policy", str(tmp_path / "policy.toml"))
    assert "token.forgeable, by ada until 2099-01-01: known" in said("find", "waiver", "*", where=where)


def test_python_keeps_and_finds(dossier: Dossier, where: str) -> None:
    with registry.open(where, new=True) as kept:
        audit = kept.keep(dossier, by="ada")
        assert (audit.by, audit.times, audit.verdict) == ("ada", 1, "PASSED")
        (hit,) = kept.find(About.LICENCE, "apache-2.0", most=1)
        assert hit.audit == audit


def test_the_newest_answers_are_those_of_a_sort_of_all(dossier: Dossier, where: str) -> None:
    """Few and many that have it, names and patterns, few and many names: each is looked for in its own way."""
    (first, *_) = dossier.findings
    made = [replace(first, kind=Kind.FAIL, check=f"made.x{number:02}") for number in range(40)]
    dossier = replace(dossier, rules=(*dossier.rules, *(replace(dossier.rules[0], id=row.check) for row in made)))
    with registry.open(where, new=True) as kept:
        for number in range(12):
            subject = replace(dossier.subject, name=f"m{number:02}")
            findings = (*dossier.findings, *(made if number % 4 == 1 else made[:2]))
            kept.keep(replace(dossier, subject=subject, findings=findings))
        names = [f"m{number:02}" for number in range(11, -1, -1)]
        for word in ("licence:apache-2.0", "finding:made.x0*", "finding:made.x01", "finding:made.x0?"):
            assert [row.name for row in kept.audits(word)] == names, word
            assert [row.name for row in kept.audits(word, most=1)] == names[:1], word
        assert [row.name for row in kept.audits("finding:made.x39", most=1)] == ["m09"]
        for pattern, most in (("made.x*9", 50), ("made.x?9", 3), ("*.x09", 50), ("made.x3*", 20), ("made.*", 50)):
            found = kept.find(About.FINDING, pattern, most=most)
            rows = [(name, row.check) for name in names for row in (made if int(name[1:]) % 4 == 1 else made[:2])]
            wanted = [(name, check) for name, check in rows if fnmatchcase(check, pattern)][:most]
            assert [(hit.audit.name, hit.what.split()[1][:-1]) for hit in found] == wanted, pattern
