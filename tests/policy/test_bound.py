"""Waivers hold for the files under their names, baselines for one model; neither covers what is not as it should be."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from assay import policy
from assay.errors import UsageError
from assay.facts.artifact import manifest
from assay.facts.dossier import Dossier, WaiverState
from assay.facts.finding import Effect, Kind
from assay.pipeline import requested
from tests.builders import calls, hub_model
from tests.builders.command import run
from tests.conftest import of

Audit = Callable[..., Dossier]
HEAD = 'schema = "assay-policy/1"\nname = "mine"\n[block]\nfail = ["*"]\n[require]\nanswered = ["artifact.*"]\n'
PAYLOAD = calls("os", "system", "id")


def waiver(subject: str, **fields: str) -> str:
    rows = {"check": "pickle.reaches-outside", "subject": subject, "reason": "not loaded", "owner": "j.doe", **fields}
    return "[[waiver]]\nexpires = 2999-01-01\n" + "".join(f'{key} = "{value}"\n' for key, value in rows.items())


def effects(audit: Audit, tmp_path: Path, model: Path, text: str) -> tuple[set[Effect], WaiverState]:
    rules = tmp_path / "p.toml"
    rules.write_text(HEAD + text)
    found = audit(model, policy=rules)
    return {row.effect for row in of(found, "pickle.reaches-outside", Kind.FAIL)}, found.waivers[0].state


@pytest.mark.parametrize("named", ["artifact", "nothing", "manifest"])
def test_a_file_that_is_renamed_to_what_a_loader_opens_is_not_waived(tmp_path: Path, audit: Audit, named: str) -> None:
    (one, two, three) = (
        hub_model(tmp_path / folder, **{name: PAYLOAD})
        for folder, name in (
            ("a", "optional/args.pkl"),
            ("b", "pytorch_model.bin"),
            ("c", "optional/args.pkl > pytorch_model.bin"),
        )
    )
    before = audit(one)
    assert audit(two).subject.sha256 == audit(three).subject.sha256 == before.subject.sha256
    fields = {
        "artifact": {"artifact": "optional/args.pkl"},
        "nothing": {},
        "manifest": {"manifest": manifest(before.artifacts).named},
    }[named]
    text = waiver(before.subject.sha256, **fields)
    first = Effect.BLOCKS if named == "nothing" else Effect.WAIVED
    assert effects(audit, tmp_path, one, text)[0] == {first}
    for model in (two, three):
        found, state = effects(audit, tmp_path, model, text)
        assert found == {Effect.BLOCKS}
        assert state is (WaiverState.OTHER_SUBJECT if named == "manifest" else WaiverState.UNMATCHED)


def test_two_files_that_change_names_end_a_waiver_that_is_bound_to_them(tmp_path: Path, audit: Audit) -> None:
    one = hub_model(tmp_path / "a", **{"x.pkl": PAYLOAD, "z.txt": b"harmless"})
    two = hub_model(tmp_path / "b", **{"x.pkl": PAYLOAD, "zz.txt": b"harmless"})
    first, second = audit(one), audit(two)
    assert first.subject.sha256 == second.subject.sha256
    text = waiver(first.subject.sha256, artifact="x.pkl", manifest=manifest(first.artifacts).named)
    assert effects(audit, tmp_path, one, text) == ({Effect.WAIVED}, WaiverState.APPLIED)
    assert effects(audit, tmp_path, two, text) == ({Effect.BLOCKS}, WaiverState.OTHER_SUBJECT)


def test_a_member_whose_name_looks_like_a_place_stays_a_member(tmp_path: Path, audit: Audit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.zip > inner.pkl"), PAYLOAD)
    model = hub_model(tmp_path / "m", **{"x.zip": packed.getvalue()})
    dossier = audit(model)
    (row,) = of(dossier, "pickle.reaches-outside", Kind.FAIL)
    assert row.evidence[0].artifact == r"x.zip > a.zip \> inner.pkl"
    assert effects(audit, tmp_path, model, waiver(dossier.subject.sha256, artifact="x.zip"))[0] == {Effect.WAIVED}
    text = waiver(dossier.subject.sha256, artifact="x.zip > a.zip")
    assert effects(audit, tmp_path, model, text)[0] == {Effect.BLOCKS}


def test_a_place_that_may_lie_in_two_files_is_covered_by_neither(tmp_path: Path, audit: Audit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("inner.pkl"), PAYLOAD)
    model = hub_model(tmp_path / "m", **{"x.zip": packed.getvalue(), "x.zip > inner.pkl": PAYLOAD})
    text = waiver(audit(model).subject.sha256, artifact="x.zip")
    assert effects(audit, tmp_path, model, text)[0] == {Effect.BLOCKS}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('owner = ""', "needs owner = a text"),
        ("owner = 7", "needs owner = a text"),
        ('reason = " "', "needs reason = a text"),
        ("artifact = 7", "needs artifact = a text"),
        ('artifact = ""', "needs artifact = a text"),
        ('manifest = "all"', "manifest = 'all': expected a SHA-256 in hex"),
        ('until = "tomorrow"', "unknown key 'until'"),
        ("expires = 2027-06-30T12:00:00", "expires = a date such as 2027-06-30"),
        ('expires = "2027-06-30"', "expires = a date such as 2027-06-30"),
    ],
)
def test_a_waiver_with_a_field_that_is_wrong_is_refused(row: str, sentence: str) -> None:
    rows = {"check": '"pickle.reaches-outside"', "subject": f'"{"a" * 64}"', "reason": '"r"', "owner": '"o"'}
    key, _, value = row.partition(" = ")
    given = {**rows, "expires": "2027-06-30", key: value}
    with pytest.raises(UsageError) as error:
        policy.parsed(HEAD + "[[waiver]]\n" + "".join(f"{name} = {text}\n" for name, text in given.items()), "p.toml")
    assert sentence in str(error.value)


def test_a_waiver_is_for_one_check_and_no_pattern(tmp_path: Path) -> None:
    rules = tmp_path / "p.toml"
    rules.write_text(HEAD + waiver("a" * 64, check="pickle.*"))
    with pytest.raises(UsageError, match=r"'pickle\.\*' matches no check"):
        requested("m", policy=rules)


def test_the_day_of_a_moment_is_that_of_utc() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert requested("m", as_of=late).as_of == date(2027, 1, 1)
    assert requested("m").as_of in {datetime.now(UTC).date(), (datetime.now(UTC) - timedelta(minutes=1)).date()}


def test_a_baseline_counts_for_the_model_that_it_is_of(tmp_path: Path) -> None:
    one, two = (hub_model(tmp_path / name, **{"x.pkl": PAYLOAD}) for name in ("ours", "theirs"))
    report, listed, anyones = (str(tmp_path / name) for name in ("d.json", "known.json", "any.json"))
    assert run("audit", str(one), "-q", "-o", f"json={report}").returncode == 1
    assert run("baseline", "write", report, listed).returncode == 0
    assert json.loads(Path(listed).read_text())["model"] == "ours"
    assert run("audit", str(one), "-q", "--baseline", listed).returncode == 0
    other = run("audit", str(two), "-q", "--baseline", listed)
    assert other.returncode == 1 and "is the baseline of 'ours', and this is 'theirs'" in other.stderr
    assert run("baseline", "write", "--any-model", report, anyones).returncode == 0
    assert run("audit", str(two), "-q", "--baseline", anyones).returncode == 0


def test_what_says_that_files_are_not_as_they_should_be_is_never_known(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m", **{"SHA256SUMS": f"{'0' * 64}  config.json\n".encode()})
    before = audit(model)
    rows = of(audit(model, known=frozenset(row.fingerprint for row in before.findings)), "artifact.not-as-listed")
    assert [(row.kind, row.effect) for row in rows] == [(Kind.FAIL, Effect.BLOCKS)]
    report, listed = str(tmp_path / "d.json"), str(tmp_path / "known.json")
    run("audit", str(model), "-q", "-o", f"json={report}")
    done = run("baseline", "write", report, listed)
    assert "1 about files that are not as they should be, or about a limit, cannot be known" in " ".join(
        done.stdout.split()
    )
    assert "artifact.not-as-listed" not in Path(listed).read_text()


@pytest.mark.parametrize(("same", "bound"), [(True, True), (False, True), (True, False)])
def test_a_waiver_for_one_endpoint_is_for_no_other(tmp_path: Path, audit: Audit, same: bool, bound: bool) -> None:
    """Behind every endpoint there are no files, and the digest of no files is one."""
    first = audit("openai+http://a.example/v1#m")
    fields = {"check": "archive.bomb", **({"manifest": first.subject.files_sha256} if bound else {})}
    rules = tmp_path / "p.toml"
    rules.write_text(HEAD + waiver(first.subject.sha256, **fields))
    found = audit(f"openai+http://{'a' if same else 'b'}.example/v1#m", policy=rules)
    assert (found.waivers[0].state is WaiverState.APPLIED) == (same and bound), found.waivers
