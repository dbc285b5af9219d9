"""Signing for an audit, and what a third party finds when it checks."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

import assay
from assay.attest import statements
from assay.attest.signer import Signer, signer
from assay.cli.attest import bill
from assay.errors import Malformed
from assay.facts.dossier import Dossier
from assay.policy import builtin
from tests.builders import calls, hub_model
from tests.builders.command import run
from tests.builders.release import release

Audit = Callable[..., Dossier]


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key, as files."""
    folder, made = tmp_path_factory.mktemp("keys"), ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "key.pem", folder / "key.pub"
    private.write_bytes(
        made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def payloads(dossier: Dossier, private: Path) -> list[dict[str, object]]:
    return [statement for _, statement in statements.read(statements.attested(dossier, bill(dossier), signer(private)))]


def test_the_statements_are_valid_for_the_reference_library(
    tmp_path: Path, audit: Audit, key: tuple[Path, Path]
) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id")}))
    for statement in payloads(dossier, key[0]):
        found = statement_pb2.Statement()
        json_format.ParseDict(statement, found)
        Statement.copy_from_pb(found).validate()
        assert dict(found.subject[0].digest) == {
            "sha256": dossier.subject.sha256,
            "assayFilesV1": dossier.subject.files_sha256,
        }
    result = next(
        row["predicate"] for row in payloads(dossier, key[0]) if row["predicateType"] == statements.TEST_RESULT
    )
    parsed = json_format.ParseDict(result, test_result_pb2.TestResult())
    assert parsed.result == "FAILED" and "pickle.reaches-outside" in parsed.failed_tests
    assert set(parsed.failed_tests) | set(parsed.passed_tests) | set(parsed.warned_tests) <= {
        rule.id for rule in dossier.rules
    }


def test_the_verdict_and_the_class_are_properties(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(release(tmp_path / "m"))
    found = statements.statements(dossier, bill(dossier))[statements.VERIFICATION]
    assert {"ASSAY_VERDICT_PASSED", "MOF_CLASS_BY_EVIDENCE_1", "MOF_CLASS_BY_CLAIM_1"} <= set(found["properties"])
    assert "timeCreated" not in found


@pytest.fixture
def signed(tmp_path: Path, key: tuple[Path, Path]) -> tuple[Path, Path, str]:
    """A model, its dossier with an attestation beside it, and the public key."""
    folder, dossier = release(tmp_path / "m"), tmp_path / "d.json"
    assert run("audit", str(folder), "-q", "-o", f"json={dossier}").returncode == 0
    done = run("attest", str(dossier), "--key", str(key[0]))
    assert done.returncode == 0, done.stderr
    assert re.match(r" SIGNED  4 statements that the verdict on m, sha256\s+[0-9a-f]{64}, is PASSED\.\n", done.stdout)
    return folder, dossier, str(key[1])


def test_an_audit_is_verified_by_whoever_has_the_key(signed: tuple[Path, Path, str]) -> None:
    folder, dossier, public = signed
    done = run("verify", str(dossier), str(folder), "--key", public, COLUMNS="200")
    assert done.returncode == 0, done.stdout
    assert " ".join(done.stdout.split()).startswith(
        "VERIFIED The verdict is PASSED; the files are those that were audited; "
        "the audit done again says the same; signed by whom you expect. verdict "
    )
    assert not any(path.name.endswith("jsonl") and path.parent == folder for path in folder.iterdir())


def test_without_a_key_nobody_was_expected(signed: tuple[Path, Path, str]) -> None:
    done = run("verify", str(signed[1]), str(signed[0]), COLUMNS="200")
    assert done.returncode == 3 and "the files are those that were audited" in done.stdout.replace("\n  ", "")
    assert done.stdout.startswith(" NOT CHECKED  The verdict is PASSED; ")


def test_without_an_attestation_the_audit_done_again_speaks(signed: tuple[Path, Path, str]) -> None:
    Path(f"{signed[1]}.intoto.jsonl").unlink()
    done = run("verify", str(signed[1]), str(signed[0]), COLUMNS="200")
    assert done.returncode == 0 and "nobody signed for it" in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "train.py").write_text("x = 1\n"), "changed    train.py"),
        (lambda folder: (folder / "train.py").unlink(), "absent     train.py"),
        (lambda folder: (folder / "more.txt").write_text("x\n"), "added      more.txt"),
        (lambda folder: flip(folder / "model.safetensors", -1), "changed    model.safetensors"),
    ],
    ids=["changed", "absent", "added", "one bit"],
)
def test_a_model_that_is_another_one_is_told_by_its_file(
    change: Callable[[Path], object], said: str, signed: tuple[Path, Path, str]
) -> None:
    change(signed[0])
    done = run("verify", str(signed[1]), str(signed[0]), "--key", signed[2], COLUMNS="200")
    assert done.returncode == 1 and said in done.stdout.splitlines()


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def test_a_dossier_that_was_edited_is_found(signed: tuple[Path, Path, str]) -> None:
    folder, dossier, public = signed
    dossier.write_text(dossier.read_text().replace('"verified"', '"asserted"', 1))
    done = run("verify", str(dossier), str(folder), "--key", public, COLUMNS="200")
    assert done.returncode == 1
    assert "again      the audit done again differs in openness" in done.stdout
    assert "otherwise  urn:openassay:dossier:v1: sha256 is not that of the dossier" in done.stdout


def test_a_signer_who_is_not_expected(signed: tuple[Path, Path, str], tmp_path: Path) -> None:
    other = tmp_path / "other.pub"
    made = ec.generate_private_key(ec.SECP384R1()).public_key()
    other.write_bytes(made.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    done = run("verify", str(signed[1]), str(signed[0]), "--key", str(other), COLUMNS="200")
    assert done.returncode == 1 and "somebody who is not expected" in done.stdout


def test_an_attestation_of_another_audit_contradicts(signed: tuple[Path, Path, str], tmp_path: Path) -> None:
    folder, dossier, public = signed
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "train.py").unlink()
    assert run("audit", str(other), "-q", "-o", f"json={tmp_path / 'o.json'}").returncode == 0
    done = run(
        "verify", str(tmp_path / "o.json"), str(other), "--key", public, "--attestation", f"{dossier}.intoto.jsonl"
    )
    assert done.returncode == 1 and "it is about another model" in done.stdout


def test_a_statement_left_out_is_noticed(signed: tuple[Path, Path, str]) -> None:
    attestation = Path(f"{signed[1]}.intoto.jsonl")
    attestation.write_bytes(b"".join(attestation.read_bytes().splitlines(keepends=True)[:2]))
    done = run("verify", str(signed[1]), str(signed[0]), "--key", signed[2], COLUMNS="200")
    assert done.returncode == 1 and "no statement is about the whole dossier" in done.stdout


def test_a_policy_of_ones_own_has_to_be_given_again(tmp_path: Path, key: tuple[Path, Path]) -> None:
    folder, dossier, policy = release(tmp_path / "m"), tmp_path / "d.json", tmp_path / "policy.toml"
    policy.write_text('schema = "assay-policy/1"\nname = "mine"\n[block]\nfail = ["*"]\n')
    run("audit", str(folder), "--policy", str(policy), "-q", "-o", f"json={dossier}")
    without = run("verify", str(dossier), str(folder), COLUMNS="200")
    assert (
        without.returncode == 3
        and "the audit was made with its policy file (--policy), which was not given" in without.stdout
    )
    assert run("verify", str(dossier), str(folder), "--policy", str(policy)).returncode == 0


def hostile_with_baseline(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A hostile model, the dossier that calls it PASSED by a baseline, and that baseline."""
    folder, first, known, dossier = hub_model(tmp_path / "m"), tmp_path / "a.json", tmp_path / "b", tmp_path / "d.json"
    (folder / "x.pkl").write_bytes(calls("os", "system", "id"))
    assert run("audit", str(folder), "-q", "-o", f"json={first}").returncode == 1
    assert run("baseline", "write", str(first), str(known)).returncode == 0
    assert run("audit", str(folder), "--baseline", str(known), "-q", "-o", f"json={dossier}").returncode == 0
    return folder, dossier, known


def test_known_findings_count_only_with_the_baseline_at_hand(tmp_path: Path) -> None:
    folder, dossier, known = hostile_with_baseline(tmp_path)
    digest = json.loads(dossier.read_text())["baseline"]
    without = run("verify", str(dossier), str(folder), COLUMNS="200")
    assert without.returncode == 3 and f"a baseline of sha256 {digest} (--baseline)" in without.stdout
    given_it = run("verify", str(dossier), str(folder), "--baseline", str(known), COLUMNS="200")
    rows = given_it.stdout.splitlines()
    assert given_it.returncode == 0 and re.match(r" VERIFIED  The verdict is PASSED with \d+ known finding", rows[0])
    assert any(row.startswith(f"baseline   sha256 {digest}, ") for row in rows[:5])
    value = json.loads(known.read_text())
    value["known"].popitem()
    known.write_text(json.dumps(value))
    other = run("verify", str(dossier), str(folder), "--baseline", str(known), COLUMNS="200")
    assert other.returncode == 1 and "the audit done again differs in " in other.stdout


def test_findings_that_a_dossier_calls_known_without_a_baseline_are_not(tmp_path: Path) -> None:
    folder, dossier, known = hostile_with_baseline(tmp_path)
    value = json.loads(dossier.read_text())
    value["baseline"] = None
    dossier.write_text(json.dumps(value))
    done = run("verify", str(dossier), str(folder), COLUMNS="200")
    assert done.returncode == 1 and done.stdout.startswith(" NOT VERIFIED ")
    wrong = run("verify", str(dossier), str(folder), "--baseline", str(known), COLUMNS="200")
    assert wrong.returncode == 2 and "the audit was made without one" in wrong.stderr


def test_a_signer_who_was_asked_for_and_is_absent_fails(signed: tuple[Path, Path, str]) -> None:
    Path(f"{signed[1]}.intoto.jsonl").unlink()
    done = run("verify", str(signed[1]), str(signed[0]), "--key", signed[2], COLUMNS="200")
    assert done.returncode == 1
    assert done.stdout.startswith(" NOT VERIFIED ") and "and a signer was asked for" in " ".join(done.stdout.split())


def test_the_first_lines_say_by_which_rules(tmp_path: Path) -> None:
    folder, dossier = release(tmp_path / "m"), tmp_path / "d.json"
    assert run("audit", str(folder), "--skip", "licence.missing", "-q", "-o", f"json={dossier}").returncode == 0
    rows = run("verify", str(dossier), str(folder), COLUMNS="200").stdout.splitlines()
    assert rows[0].startswith(" VERIFIED  The verdict is PASSED with 1 check left out; ")
    assert [row.split()[0] for row in rows[1:7]] == ["verdict", "policy", "baseline", "waivers", "left", "unchecked"]
    assert rows[2] == f"policy     default, sha256 {builtin('default').sha256}: it comes with this version of assay"
    assert rows[3:6] == ["baseline   none", "waivers    none", "left out   licence.missing"]


def test_a_name_is_the_dossiers_own_word(signed: tuple[Path, Path, str]) -> None:
    value = json.loads(signed[1].read_text())
    value["subject"] |= {"name": "acme/known", "reference": "hf://acme/known@" + "0" * 40}
    signed[1].write_text(json.dumps(value))
    Path(f"{signed[1]}.intoto.jsonl").unlink()
    rows = run("verify", str(signed[1]), str(signed[0]), COLUMNS="200").stdout.splitlines()
    assert rows[6].startswith("unchecked  the name 'acme/known' and reference 'hf://acme/known@")


@given(data=st.data())
def test_one_flipped_bit_in_a_statement_is_found(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    from assay.attest.bundle import authenticated, parsed, written
    from assay.attest.keys import holds

    found = _attested(tmp_path_factory)
    raw, signer_ = found
    line = raw.splitlines()[data.draw(st.integers(0, 3))]
    bundle = parsed(line)
    at, bit = data.draw(st.integers(0, len(bundle.payload) - 1)), data.draw(st.integers(0, 7))
    payload = bytearray(bundle.payload)
    payload[at] ^= 1 << bit
    again = parsed(written(bytes(payload), bundle.signature, bundle.hint, ()))
    assert not holds(signer_.key.public_key(), again.signature, authenticated(again.payload))


_ATTESTED: list[tuple[bytes, Signer]] = []


def _attested(factory: pytest.TempPathFactory) -> tuple[bytes, Signer]:
    if not _ATTESTED:
        who = Signer(ec.generate_private_key(ec.SECP256R1()), ())
        dossier = assay.audit(hub_model(factory.mktemp("m")), isolation=False)
        _ATTESTED.append((statements.attested(dossier, bill(dossier), who), who))
    return _ATTESTED[0]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "an attestation is a bundle a line"),
        (b"{}\n" * 65, "an attestation is a bundle a line"),
        (b"not json\n", "a signature bundle is JSON"),
        (b"{}\n", "not a Sigstore bundle v0.3"),
    ],
)
def test_an_attestation_that_is_none(raw: bytes, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        list(statements.read(raw))
    assert said in str(refused.value)


def test_a_bundle_about_something_else_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    raw, _ = _attested(tmp_path_factory)
    value = json.loads(raw.splitlines()[0])
    value["dsseEnvelope"]["payload"] = base64.b64encode(b'{"_type": "x"}').decode()
    with pytest.raises(Malformed, match="not an in-toto statement v1"):
        list(statements.read(json.dumps(value).encode()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "{d}", "{m}", "{m}"), "give MODEL, or DOSSIER and MODEL"),
        (("verify", "{m}", "--policy", "strict"), "go with a dossier: assay verify DOSSIER MODEL"),
        (("verify", "{m}/README.md", "{m}"), "is not a dossier: it is not JSON"),
        (("attest", "{m}/README.md", "--key", "{m}/README.md"), "is not a dossier: it is not JSON"),
        (("attest", "{d}", "--key", "{d}"), "not a private key that can be read"),
        (
            ("attest", "{d}", "--key", "{d}", "--password-env", "NOT_SET_ANYWHERE"),
            "there is no environment variable 'NOT_SET_ANYWHERE'",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], said: str, signed: tuple[Path, Path, str]
) -> None:
    done = run(*(text.format(d=signed[1], m=signed[0]) for text in arguments))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said in done.stderr


def test_of_a_newer_version_the_schema_is_named(signed: tuple[Path, Path, str]) -> None:
    signed[1].write_text(signed[1].read_text().replace("assay-dossier/4", "assay-dossier/9"))
    done = run("verify", str(signed[1]), str(signed[0]), COLUMNS="200")
    assert (
        done.returncode == 2
        and "it has schema 'assay-dossier/9', and this version of assay reads up to 'assay-dossier/4'" in done.stderr
    )
