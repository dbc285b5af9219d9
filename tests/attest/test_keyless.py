"""Keyless signatures: made in a small Sigstore with its own authority and logs, judged without a network."""

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
from tests.builders import sigstore
from tests.builders.command import run

NAME, ISSUER = "someone@example.org", "https://accounts.example"
SIGNED = bundle.statement("m", (("signme-1", "0" * 64),), ())


@pytest.fixture
def vector() -> bytes:
    return sigstore.keyless(SIGNED, NAME, ISSUER)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The trusted root under which the vector was signed."""
    (tmp_path / "root.json").write_bytes(sigstore.trusted_root())
    return tmp_path / "root.json"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_an_expected_identity_is_verified(vector: bytes, root: Path) -> None:
    expected = (Identity("nobody@example.org", ISSUER, root), Identity(NAME, ISSUER, root))
    trust, who, _ = keyless.judged(bundle.parsed(vector), expected)
    assert (trust, who) == (Trust.VERIFIED, f"{NAME} (issuer {ISSUER})")


@pytest.mark.parametrize(("name", "issuer"), [("nobody@example.org", ISSUER), (NAME, "https://other.example")])
def test_another_identity_is_not_expected(name: str, issuer: str, vector: bytes, root: Path) -> None:
    trust, signer, why = keyless.judged(bundle.parsed(vector), (Identity(name, issuer, root),))
    assert trust is Trust.UNEXPECTED and signer.startswith(NAME) and ("do not match" in why or "does not match" in why)


def test_without_an_identity_nothing_is_verified(vector: bytes) -> None:
    trust, who, why = keyless.judged(bundle.parsed(vector), ())
    assert trust is Trust.UNKNOWN and "--identity" in why and who == "an identity at Sigstore"


def flipped(text: str, at: int) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(bytes(raw)).decode()


@pytest.mark.parametrize("part", ["payload", "signature", "time", "promise", "proof", "checkpoint", "certificate"])
def test_what_was_changed_does_not_hold(part: str, vector: bytes, root: Path) -> None:
    value = json.loads(vector)
    envelope, (entry,) = value["dsseEnvelope"], value["verificationMaterial"]["tlogEntries"]
    match part:
        case "payload":
            envelope["payload"] = flipped(envelope["payload"], 100)
        case "signature":
            envelope["signatures"][0]["sig"] = flipped(envelope["signatures"][0]["sig"], -1)
        case "time":
            entry["integratedTime"] = str(int(entry["integratedTime"]) + 60)
        case "promise":
            entry["inclusionPromise"]["signedEntryTimestamp"] = flipped(
                entry["inclusionPromise"]["signedEntryTimestamp"], -1
            )
        case "proof":
            entry["inclusionProof"]["hashes"] = [flipped(entry["inclusionProof"]["hashes"][0], 0)]
        case "checkpoint":
            entry["inclusionProof"]["checkpoint"]["envelope"] = entry["inclusionProof"]["checkpoint"][
                "envelope"
            ].replace("\n2\n", "\n3\n")
        case "certificate":
            certificate = value["verificationMaterial"]["certificate"]
            certificate["rawBytes"] = flipped(certificate["rawBytes"], -1)
    trust, _, why = keyless.judged(bundle.parsed(json.dumps(value).encode()), (Identity(NAME, ISSUER, root),))
    assert trust is Trust.BROKEN and why


@pytest.mark.parametrize("instance", ["sigstore", "sigstage"])
def test_a_root_that_does_not_know_the_authority(instance: str, vector: bytes, tmp_path: Path) -> None:
    store = resources.files("sigstore") / "_store" / f"https%3A%2F%2Ftuf-repo-cdn.{instance}.dev" / "trusted_root.json"
    (tmp_path / "other.json").write_bytes(store.read_bytes())
    for path in (tmp_path / "other.json", None):  # by default the roots of the public instance
        assert keyless.judged(bundle.parsed(vector), (Identity(NAME, ISSUER, path),))[0] is Trust.BROKEN


def test_a_file_that_is_no_trusted_root(vector: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UsageError, match="not a trusted root that can be read"):
        keyless.judged(bundle.parsed(vector), (Identity(NAME, ISSUER, tmp_path / "other.json"),))


def test_a_trust_file_names_identities(tmp_path: Path) -> None:
    file = tmp_path / "trust.toml"
    file.write_text(f'[[identity]]\nname = "{NAME}"\nissuer = "{ISSUER}"\nroot = "r.json"\n')
    assert expected(file).identities == (Identity(NAME, ISSUER, tmp_path / "r.json"),)
    file.write_text(f'[[identity]]\nname = "{NAME}"\n')
    with pytest.raises(UsageError, match=r"each \[\[identity\]\] needs a name and an issuer"):
        expected(file)


def test_the_command_names_the_signer(tmp_path: Path, vector: bytes, root: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "signme-1").write_text("not what was signed")
    (tmp_path / "m.sig").write_bytes(vector)
    asked = ("verify", str(folder), "--signature", str(tmp_path / "m.sig"), "--identity", NAME)
    done = run(*asked, "--issuer", ISSUER, "--trusted-root", str(root))
    assert done.returncode == 1 and f"signer     {NAME} (issuer {ISSUER}), by sigstore\n" in done.stdout
    assert "changed    signme-1\n" in done.stdout and "made by the expected signer" in done.stdout.splitlines()[0]
    half = run(*asked)
    assert half.returncode == 2 and "--identity and --issuer go together" in half.stderr
