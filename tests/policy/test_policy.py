"""Policies, waivers, baselines and the verdict."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assay import policy
from assay.checks import installed
from assay.errors import UsageError
from assay.facts.dossier import Dossier, Verdict, WaiverState
from assay.facts.finding import Effect, Kind
from assay.policy import load as load_policy
from tests.builders import calls, hub_model
from tests.conftest import of

Audit = Callable[..., Dossier]
HEAD = 'schema = "assay-policy/1"\nname = "mine"\n[block]\nfail = ["*"]\n[require]\nanswered = ["artifact.*"]\n'
SHARES = ("0", "1", "20", "-0.1", "nan", "inf", "true", '"0.2"')  # that limit nothing, or no share


@pytest.mark.parametrize("name", policy.BUILTIN)
def test_the_built_in_policies_name_only_checks_that_exist(name: str) -> None:
    assert policy.problems(load_policy(name), tuple(check.rule.id for check in installed())) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("schema = ", "is not TOML"),
        ("schema = " + "[" * 5000, "is not TOML: it is nested deeper than assay follows"),
        ("schema = " + "9" * 5000, "is not TOML"),
        ("", "expected schema = 'assay-policy/1', got None"),
        (HEAD + "[bolck]\n", "unknown key 'bolck'; did you mean 'block'?"),
        (HEAD.replace('"*"', "7"), "fail is not a list of check ids or patterns"),
        *((HEAD + f"[limit]\nerror-rate = {row}\n", "expected a share such as 0.2, for 20 %") for row in SHARES),
        (HEAD + "limit = 0.2\n", "unknown key 'limit'"),
        (HEAD + "[limit]\nerror_rate = 0.2\n", "unknown key 'error_rate'; did you mean 'error-rate'?"),
        (HEAD + '[limit]\nerror-rate = 0.2\n[off]\nchecks = ["error-rate.*"]\n', "error-rate.above-limit, which asks"),
        (HEAD + 'except = ["*"]\n[limit]\nerror-rate = 0.2\n', "error-rate.above-limit, which asks for it: drop one"),
        (HEAD + '[[waiver]]\ncheck = "x"\n', "needs subject = the manifest's SHA-256"),
        (HEAD + f'[[waiver]]\ncheck = "x"\nsubject = "{"a" * 64}"\nexpires = 2027-01-01\n', "needs reason = a text"),
    ],
)
def test_a_policy_that_is_wrong_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        policy.parsed(text, "p.toml")
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["default", "Strict", " default ", "\\uff44efault", "mine\\u001b[2J"])
def test_a_file_cannot_pass_for_a_policy_of_assays(tmp_path: Path, name: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'schema = "assay-policy/1"\nname = "{name}"\n')
    with pytest.raises(UsageError, match=r"which is a policy of assay's|not printable"):
        load_policy(str(path))


def test_a_copy_of_a_policy_of_assays_is_that_policy(tmp_path: Path) -> None:
    text = (Path(policy.__file__).parent / "builtin/strict.toml").read_text()
    (tmp_path / "copy.toml").write_text(text)
    assert load_policy(str(tmp_path / "copy.toml")) == load_policy("strict")


def hostile(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id")})


def waived(tmp_path: Path, subject: str, expires: str, artifact: str = "x.pkl") -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(
        HEAD + f'[[waiver]]\ncheck = "pickle.reaches-outside"\nartifact = "{artifact}"\nsubject = "{subject}"\n'
        f'reason = "inert test file"\nowner = "j.doe"\nexpires = {expires}\n'
    )
    return path


@pytest.mark.parametrize(
    ("expires", "artifact", "right", "state", "verdict"),
    [
        ("2027-01-01", "x.pkl", True, WaiverState.APPLIED, Verdict.PASSED),
        ("2026-11-24", "x.pkl", True, WaiverState.APPLIED, Verdict.PASSED),
        ("2026-11-23", "x.pkl", True, WaiverState.EXPIRED, Verdict.FAILED),
        ("2027-01-01", "other.pkl", True, WaiverState.UNMATCHED, Verdict.FAILED),
        ("2027-01-01", "x.pkl", False, WaiverState.OTHER_SUBJECT, Verdict.FAILED),
    ],
)
def test_a_waiver_holds_for_its_subject_file_and_time(
    tmp_path: Path, audit: Audit, expires: str, artifact: str, right: bool, state: WaiverState, verdict: Verdict
) -> None:
    model = hostile(tmp_path)
    subject = audit(model).subject.sha256 if right else "0" * 64
    dossier = audit(model, policy=waived(tmp_path, subject, expires, artifact), as_of=date(2026, 11, 24))
    assert (dossier.waivers[0].state, dossier.decision.verdict) == (state, verdict)
    assert dossier.policy.as_of == ("2026-11-24" if right else None)
    (found,) = of(dossier, "pickle.reaches-outside", Kind.FAIL)  # a waived finding stays visible
    assert found.effect is (Effect.WAIVED if verdict is Verdict.PASSED else Effect.BLOCKS)


def test_a_baseline_silences_fails_and_never_what_is_open(tmp_path: Path, audit: Audit) -> None:
    model = hostile(tmp_path)
    (model / "notes.7z").write_bytes(b"7z\xbc\xaf'\x1c")
    before = audit(model)
    assert before.decision.verdict is Verdict.FAILED
    after = audit(model, known=frozenset(f.fingerprint for f in before.findings))
    assert [f.effect for f in of(after, "pickle.reaches-outside", Kind.FAIL)] == [Effect.KNOWN]
    assert after.decision.verdict is Verdict.INCOMPLETE


def test_fingerprints_survive_a_moved_payload_and_tell_places_apart(tmp_path: Path, audit: Audit) -> None:
    first = hub_model(tmp_path / "a", **{"x.pkl": calls("os", "system", "id")})
    moved = hub_model(
        tmp_path / "b",
        **{"x.pkl": b"\x80\x02N0" + calls("os", "system", "id")[2:], "y.pkl": calls("os", "system", "id")},
    )
    (one,) = of(audit(first), "pickle.reaches-outside", Kind.FAIL)
    two = of(audit(moved), "pickle.reaches-outside", Kind.FAIL)
    assert one.fingerprint in {f.fingerprint for f in two} and len({f.fingerprint for f in two}) == 2


def test_strict_blocks_what_default_leaves_for_review(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m", **{"x.pkl": calls("transformers.trainer_utils", "IntervalStrategy", "x")})
    assert audit(model).decision.verdict is Verdict.PASSED
    strict = audit(model, policy="strict")
    assert strict.decision.verdict is Verdict.FAILED
    assert strict.decision.because == (
        "policy 'strict' does not accept 3 findings: loading.runs-code, pickle.library-class, weights.untrained"
    )


def test_what_is_left_out_by_request_is_open(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hostile(tmp_path), skip=("pickle.reaches-outside",))
    assert [f.message for f in of(dossier, "pickle.reaches-outside")] == ["left out of this audit by request"]
    assert (dossier.decision.verdict, dossier.left_out) == (Verdict.INCOMPLETE, ("pickle.reaches-outside",))


def test_a_check_that_the_policy_switches_off_is_not_asked(tmp_path: Path, audit: Audit) -> None:
    path = tmp_path / "p.toml"
    path.write_text(HEAD + '[off]\nchecks = ["token.*"]\n')
    assert of(audit(hub_model(tmp_path / "m"), policy=path), "token.forgeable") == []


def test_a_waiver_for_a_container_covers_what_lies_in_it(tmp_path: Path, audit: Audit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("inner.pkl"), calls("os", "system", "id"))
    model = hub_model(tmp_path / "m", **{"x.zip": packed.getvalue(), "x.zipper.pkl": calls("os", "system", "id")})
    subject = audit(model).subject.sha256
    dossier = audit(model, policy=waived(tmp_path, subject, "2999-01-01", "x.zip"))
    effects = {f.evidence[0].artifact: f.effect for f in of(dossier, "pickle.reaches-outside", Kind.FAIL)}
    assert effects == {"x.zip > inner.pkl": Effect.WAIVED, "x.zipper.pkl": Effect.BLOCKS}
