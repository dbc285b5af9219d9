"""Audits that know whom to expect as signer: `assay audit MODEL --trust FILE`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import assay
from assay.errors import UsageError
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders.command import run
from tests.builders.hub import hub_model
from tests.builders.keys import private
from tests.conftest import messages

Audit = Callable[..., Dossier]


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust file that names one key, which lies beside it."""
    private(tmp_path / "acme.pem")
    file = tmp_path / "trust.toml"
    file.write_text('[[key]]\nname = "Acme releases"\nfile = "acme.pub"\n')
    return file


def signed(folder: Path, key: Path, *more: str) -> Path:
    hub_model(folder)
    done = run("sign", str(folder), "--key", str(key), *more)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_model_signed_by_whom_one_expects(tmp_path: Path, trust: Path, audit: Audit) -> None:
    dossier = audit(signed(tmp_path / "m", tmp_path / "acme.pem"), trust=trust)
    assert messages(dossier, "signature.unverified", Kind.PASS) == [
        "Acme releases, who is expected, signed exactly these 8 files, by key"
    ]
    assert messages(dossier, "signature.invalid", Kind.PASS) == [
        "signed by Acme releases, who is expected; 8 files are as they were signed"
    ]
    assert dossier.signature is not None and dossier.signature.holds


def test_a_signature_in_the_folder_does_as_well(tmp_path: Path, trust: Path, audit: Audit) -> None:
    folder = signed(tmp_path / "m", tmp_path / "acme.pem", "-o", str(tmp_path / "m" / "model.sig"))
    assert messages(audit(folder, trust=trust), "signature.invalid", Kind.PASS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "config.json").write_text("{}"), "config.json is not what was signed"),
        (lambda folder: (folder / "LICENSE").unlink(), "LICENSE was signed and is not there"),
        (lambda folder: (folder / "x.txt").write_text("x"), "x.txt is not covered by the signature"),
    ],
    ids=["changed", "gone", "added"],
)
def test_what_is_not_as_it_was_signed_fails_by_file(
    change: Callable[[Path], object], said: str, tmp_path: Path, trust: Path, audit: Audit
) -> None:
    folder = signed(tmp_path / "m", tmp_path / "acme.pem")
    change(folder)
    dossier = audit(folder, trust=trust)
    assert messages(dossier, "signature.invalid", Kind.FAIL) == [said] and dossier.decision.verdict is Verdict.FAILED
    assert not messages(dossier, "signature.unverified", Kind.PASS)


def test_a_signer_whom_nobody_expects_fails(tmp_path: Path, trust: Path, audit: Audit) -> None:
    private(tmp_path / "other.pem", ec.SECP384R1())
    (said,) = messages(
        audit(signed(tmp_path / "m", tmp_path / "other.pem"), trust=trust), "signature.invalid", Kind.FAIL
    )
    assert said.startswith("the signature was made by somebody who is not expected: a key with the hint ")


def test_no_signature_or_a_broken_one_fails(tmp_path: Path, trust: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m")
    assert messages(audit(folder, trust=trust), "signature.invalid", Kind.FAIL) == [
        "there is no signature, and trust.toml expects one"
    ]
    (tmp_path / "m.sig").write_text("{}")
    (said,) = messages(audit(folder, trust=trust), "signature.invalid", Kind.FAIL)
    assert said.startswith("m.sig is no signature that can be read: not a Sigstore bundle v0.3")


def test_without_a_trust_file_nobody_is_expected(tmp_path: Path, trust: Path, audit: Audit) -> None:
    dossier = audit(signed(tmp_path / "m", tmp_path / "acme.pem"))
    assert messages(dossier, "signature.invalid", Kind.NOT_APPLICABLE) and dossier.signature is None


def test_a_trust_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text("x = 1\n")
    with pytest.raises(UsageError, match="unknown table 'x'"):
        assay.audit(hub_model(tmp_path / "m"), isolation=False, trust=tmp_path / "trust.toml")


def test_the_audit_can_be_done_again_with_the_same_trust(tmp_path: Path, trust: Path) -> None:
    folder, dossier = signed(tmp_path / "m", tmp_path / "acme.pem"), tmp_path / "d.json"
    assert run("audit", str(folder), "--trust", str(trust), "-q", "-o", f"json={dossier}").returncode == 0
    without = run("verify", str(dossier), str(folder))
    assert without.returncode == 3 and "its trust file (--trust)" in without.stdout
    assert run("verify", str(dossier), str(folder), "--trust", str(trust)).returncode == 0
