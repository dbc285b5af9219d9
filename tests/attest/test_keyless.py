"""Keyless signatures: the specification's vector, made by a real identity in the public log, checked without a network."""

from __future__ import annotations

import base64
import json
import socket
from importlib import resources
from pathlib import Path

import pytest

from assay.attest import bundle, keyless
from assay.attest.keyless import Identity
from assay.attest.trust import expected
from assay.errors import UsageError
from assay.facts.signature import Trust
from tests.builders.command import run

NAME, ISSUER = "stefanb@us.ibm.com", "https://sigstore.verify.ibm.com/oauth2"
WHO = Identity(NAME, ISSUER)


@pytest.fixture
def vector(shared: Path) -> bytes:
    return (shared / "data/oms/test-vectors/valid/sigstore.bundle.json").read_bytes()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_an_expected_identity_is_verified(vector: bytes) -> None:
    trust, who, _ = keyless.judged(bundle.parsed(vector), (Identity("nobody@example.org", ISSUER), WHO))
    assert (trust, who) == (Trust.VERIFIED, f"{NAME} (issuer {ISSUER})")


@pytest.mark.parametrize("who", [Identity("nobody@example.org", ISSUER), Identity(NAME, "https://accounts.example")])
def test_another_identity_is_not_expected(who: Identity, vector: bytes) -> None:
    trust, signer, why = keyless.judged(bundle.parsed(vector), (who,))
    assert trust is Trust.UNEXPECTED and signer.startswith(NAME) and ("do not match" in why or "does not match" in why)


def test_without_an_identity_nothing_is_verified(vector: bytes) -> None:
    trust, who, why = keyless.judged(bundle.parsed(vector), ())
    assert trust is Trust.UNKNOWN and "--identity" in why and who == "an identity at Sigstore"


@pytest.mark.parametrize("part", ["payload", "signature", "log"])
def test_what_was_changed_does_not_hold(part: str, vector: bytes) -> None:
    value = json.loads(vector)
    if part == "payload":
        raw = bytearray(base64.b64decode(value["dsseEnvelope"]["payload"]))
        raw[100] ^= 1
        value["dsseEnvelope"]["payload"] = base64.b64encode(bytes(raw)).decode()
    elif part == "signature":
        raw = bytearray(base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"]))
        raw[-1] ^= 1
        value["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(bytes(raw)).decode()
    else:
        value["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = "1860062340"
    trust, _, why = keyless.judged(bundle.parsed(json.dumps(value).encode()), (WHO,))
    assert trust is Trust.BROKEN and why


def test_a_trusted_root_can_be_given(vector: bytes, tmp_path: Path) -> None:
    store = resources.files("sigstore") / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev" / "trusted_root.json"
    own, other = tmp_path / "root.json", tmp_path / "staging.json"
    own.write_bytes(store.read_bytes())
    assert keyless.judged(bundle.parsed(vector), (Identity(NAME, ISSUER, own),))[0] is Trust.VERIFIED
    staging = resources.files("sigstore") / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstage.dev" / "trusted_root.json"
    other.write_bytes(staging.read_bytes())
    assert keyless.judged(bundle.parsed(vector), (Identity(NAME, ISSUER, other),))[0] is Trust.BROKEN
    other.write_text("{}")
    with pytest.raises(UsageError, match="not a trusted root that can be read"):
        keyless.judged(bundle.parsed(vector), (Identity(NAME, ISSUER, other),))


def test_a_trust_file_names_identities(tmp_path: Path) -> None:
    file = tmp_path / "trust.toml"
    file.write_text(f'[[identity]]\nname = "{NAME}"\nissuer = "{ISSUER}"\nroot = "r.json"\n')
    assert expected(file).identities == (Identity(NAME, ISSUER, tmp_path / "r.json"),)
    file.write_text(f'[[identity]]\nname = "{NAME}"\n')
    with pytest.raises(UsageError, match=r"each \[\[identity\]\] needs a name and an issuer"):
        expected(file)


def test_the_command_names_the_signer(tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "signme-1").write_text("not what was signed")
    signature = str(shared / "data/oms/test-vectors/valid/sigstore.bundle.json")
    done = run("verify", str(folder), "--signature", signature, "--identity", NAME, "--issuer", ISSUER)
    assert done.returncode == 1 and f"signer     {NAME} (issuer {ISSUER}), by sigstore\n" in done.stdout
    assert "changed    signme-1\n" in done.stdout and "made by the expected signer" in done.stdout.splitlines()[0]
    half = run("verify", str(folder), "--signature", signature, "--identity", NAME)
    assert half.returncode == 2 and "--identity and --issuer go together" in half.stderr
