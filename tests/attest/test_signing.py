"""Signatures of models: the specification's schemas and vectors, every way in which one can fail, and the commands."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from model_signing import hashing, signing, verifying

from assay.attest import bundle, certificates, keys, model
from assay.attest.signer import signer
from assay.errors import InputError, Malformed, UsageError
from assay.facts.signature import Method, Trust, Verification
from tests.builders.command import run
from tests.builders.keys import NOW, PEM, PKCS8, PLAIN, certificate, private


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tiny"
    (made / "sub").mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"weights" * 1000)
    (made / "sub/config.json").write_text("{}")
    (made / "sub-config.json").write_text("{}")
    (made / ".gitattributes").write_text("* text")
    return made


def signed(folder: Path, key: Path, **options: Any) -> Path:
    target = folder.with_name("tiny.sig")
    target.write_bytes(model.sign(folder, signer(key, **options), target))
    return target


def checked(
    folder: Path,
    signature: Path,
    *public: Path,
    roots: tuple[Path, ...] = (),
    subjects: tuple[str, ...] = (),
    at: datetime = NOW,
) -> Verification:
    whom = model.Expected(
        tuple((path.name, keys.public_key(path)) for path in public),
        tuple((row, subjects) for path in roots for row in certificates.listed(path)),
    )
    return model.verify(folder, signature, whom, at=at)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_key_signs_and_its_public_half_verifies(folder: Path, tmp_path: Path, curve: ec.EllipticCurve) -> None:
    private(tmp_path / "k.pem", curve)
    found = checked(folder, signed(folder, tmp_path / "k.pem"), tmp_path / "k.pub")
    assert found.holds and found.method is Method.KEY and found.signer == "k.pub" and found.covered == 3
    assert found.ignored == (".git", ".gitattributes", ".github", ".gitignore")


def test_the_bundle_is_what_the_specification_says(folder: Path, tmp_path: Path) -> None:
    """Every field that model-signing-spec v1.0 asks for (its sections 4.1 to 4.4), and no other one."""
    key = private(tmp_path / "k.pem")
    value = json.loads(signed(folder, tmp_path / "k.pem").read_bytes())
    assert set(value) == {"mediaType", "verificationMaterial", "dsseEnvelope"}
    assert value["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    material, envelope = value["verificationMaterial"], value["dsseEnvelope"]
    assert set(material) == {"publicKey", "tlogEntries"} and material["tlogEntries"] == []
    assert set(material["publicKey"]) == {"hint"} and len(material["publicKey"]["hint"]) == 64
    assert set(envelope) == {"payload", "payloadType", "signatures"}
    (signature,) = envelope["signatures"]
    assert set(signature) == {"sig", "keyid"}
    payload = base64.b64decode(envelope["payload"])
    statement = json.loads(payload)
    assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://model_signing/signature/v1.0"
    (subject,) = statement["subject"]
    assert subject["name"] == "tiny" and set(subject["digest"]) == {"sha256"}
    assert set(statement["predicate"]) == {"resources", "serialization"}
    assert statement["predicate"]["serialization"] == {
        "method": "files",
        "hash_type": "sha256",
        "allow_symlinks": False,
        "ignore_paths": [".git", ".gitattributes", ".github", ".gitignore"],
    }
    assert {frozenset(row) for row in statement["predicate"]["resources"]} == {
        frozenset(("name", "digest", "algorithm"))
    }
    message = b"DSSEv1 28 application/vnd.in-toto+json " + str(len(payload)).encode() + b" " + payload
    key.public_key().verify(base64.b64decode(signature["sig"]), message, ec.ECDSA(hashes.SHA256()))
    names = [row["name"] for row in statement["predicate"]["resources"]]
    assert names == [
        "model.safetensors",
        "sub/config.json",
        "sub-config.json",
    ]  # folder by folder, as the reference tool


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_the_reference_tool_verifies_what_is_signed_here(folder: Path, tmp_path: Path, curve: ec.EllipticCurve) -> None:
    private(tmp_path / "k.pem", curve)
    signature = signed(folder, tmp_path / "k.pem")
    whom = verifying.Config().use_elliptic_key_verifier(public_key=tmp_path / "k.pub")
    whom.verify(folder, signature)
    change(folder)
    with pytest.raises(ValueError, match=r"sub/config\.json"):
        whom.verify(folder, signature)


def test_the_reference_tool_verifies_certificates(folder: Path, tmp_path: Path) -> None:
    root, own = (private(tmp_path / f"{name}.pem") for name in ("root", "own"))
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    leaf = certificate(tmp_path / "own.crt", "own", own, "root", root)
    signature = signed(folder, tmp_path / "own.pem", certificate=leaf, chain=(top,))
    verifying.Config().use_certificate_verifier(certificate_chain=[top]).verify(folder, signature)


@pytest.mark.parametrize(
    "how",
    [
        hashing.Config().use_file_serialization(hashing_algorithm="sha256"),
        hashing.Config().use_file_serialization(hashing_algorithm="blake2"),
    ],
    ids=["sha256", "blake2"],
)
def test_what_the_reference_tool_signs_is_verified(folder: Path, tmp_path: Path, how: hashing.Config) -> None:
    private(tmp_path / "k.pem")
    signature = folder.with_name("tiny.sig")
    signer = signing.Config().use_elliptic_key_signer(private_key=tmp_path / "k.pem").set_hashing_config(how)
    signer.sign(folder, signature)
    found = checked(folder, signature, tmp_path / "k.pub")
    assert found.holds and found.method is Method.KEY
    change(folder)
    assert checked(folder, signature, tmp_path / "k.pub").changed == ("sub/config.json",)


def test_a_digest_that_is_not_computed_here_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    how = hashing.Config().use_file_serialization(hashing_algorithm="blake3")
    signer = signing.Config().use_elliptic_key_signer(private_key=tmp_path / "k.pem").set_hashing_config(how)
    signer.sign(folder, tmp_path / "tiny.sig")
    with pytest.raises(UsageError, match="its digests are BLAKE3"):
        checked(folder, tmp_path / "tiny.sig", tmp_path / "k.pub")


def test_certificates_as_the_reference_tool_leaves_them_hold_to_their_root(folder: Path, tmp_path: Path) -> None:
    root, own = (private(tmp_path / f"{name}.pem") for name in ("root", "own"))
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    leaf = certificate(tmp_path / "own.crt", "own", own, "root", root)
    signer = signing.Config().use_certificate_signer(
        private_key=tmp_path / "own.pem", signing_certificate=leaf, certificate_chain=[top]
    )
    signer.sign(folder, tmp_path / "tiny.sig")
    found = bundle.parsed((tmp_path / "tiny.sig").read_bytes())
    assert found.method is Method.CERTIFICATE
    key, _, _, broken = certificates.certified(found.certificates, certificates.listed(top), NOW)
    assert broken == "" and keys.holds(key, found.signature, bundle.authenticated(found.payload))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda v: v.clear(), "not a Sigstore bundle v0.3"),
        (lambda v: v.pop("dsseEnvelope"), "the bundle has no dsseEnvelope"),
        (lambda v: v.pop("verificationMaterial"), "the bundle has no verificationMaterial"),
        (lambda v: v["verificationMaterial"].pop("tlogEntries"), "the bundle has no verificationMaterial.tlogEntries"),
        (lambda v: v["verificationMaterial"].pop("publicKey"), "a bundle says in one way who signed"),
        (lambda v: v.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1"), "not a Sigstore bundle"),
    ],
)
def test_a_bundle_that_lacks_what_it_must_have(
    damage: Callable[[dict[str, Any]], object], said: str, folder: Path, tmp_path: Path
) -> None:
    private(tmp_path / "k.pem")
    value = json.loads(signed(folder, tmp_path / "k.pem").read_bytes())
    damage(value)
    with pytest.raises(Malformed) as refused:
        bundle.parsed(json.dumps(value).encode())
    assert refused.value.what.startswith(said)


def test_a_statement_about_something_else() -> None:
    value = json.loads(bundle.statement("m", (("a", "0" * 64),), ()))
    value["predicateType"] = "https://slsa.dev/provenance/v1"
    with pytest.raises(Malformed, match="the statement is not about a model"):
        bundle.signed(json.dumps(value).encode())


def change(folder: Path) -> None:
    (folder / "sub/config.json").write_text("[]")


def add(folder: Path) -> None:
    (folder / "evil.pkl").write_bytes(b"x")


def remove(folder: Path) -> None:
    (folder / "sub-config.json").unlink()


def link(folder: Path) -> None:
    (folder / "sub-config.json").unlink()
    (folder / "sub-config.json").symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("act", "changed", "absent", "uncovered"),
    [
        (change, ("sub/config.json",), (), ()),
        (add, (), (), ("evil.pkl",)),
        (remove, (), ("sub-config.json",), ()),
        (link, (), ("sub-config.json",), ()),
    ],
)
def test_every_difference_is_named(
    folder: Path,
    tmp_path: Path,
    act: Callable[[Path], None],
    changed: tuple[str, ...],
    absent: tuple[str, ...],
    uncovered: tuple[str, ...],
) -> None:
    private(tmp_path / "k.pem")
    signature = signed(folder, tmp_path / "k.pem")
    act(folder)
    found = checked(folder, signature, tmp_path / "k.pub")
    assert (found.changed, found.absent, found.uncovered) == (changed, absent, uncovered) and not found.holds
    assert found.trust is Trust.VERIFIED


def test_one_flipped_bit_anywhere_in_a_signature_is_found(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    signature = signed(folder, tmp_path / "k.pem")
    whole = json.loads(signature.read_bytes())
    flipped = 0
    for place in ("payload", "sig"):
        raw = base64.b64decode(
            whole["dsseEnvelope"]["payload"] if place == "payload" else whole["dsseEnvelope"]["signatures"][0]["sig"]
        )
        for at in range(0, len(raw), 7):
            other = bytearray(raw)
            other[at] ^= 4
            value = json.loads(json.dumps(whole))
            holder, name = (
                (value["dsseEnvelope"], "payload")
                if place == "payload"
                else (value["dsseEnvelope"]["signatures"][0], "sig")
            )
            holder[name] = base64.b64encode(bytes(other)).decode()
            signature.write_text(json.dumps(value))
            try:
                assert checked(folder, signature, tmp_path / "k.pub").trust is not Trust.VERIFIED, (place, at)
            except Malformed:
                pass
            flipped += 1
    assert flipped > 50


def test_another_key_and_no_key(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    private(tmp_path / "other.pem")
    signature = signed(folder, tmp_path / "k.pem")
    assert checked(folder, signature, tmp_path / "other.pub").trust is Trust.UNEXPECTED
    assert checked(folder, signature).trust is Trust.UNKNOWN
    assert checked(folder, signature, tmp_path / "other.pub", tmp_path / "k.pub").signer == "k.pub"


def chain(tmp_path: Path, **leaf: Any) -> tuple[Path, ...]:
    root, middle, key = (private(tmp_path / f"{name}.pem", ec.SECP384R1()) for name in ("root", "middle", "leaf"))
    inner: dict[str, Any] = {"ca": leaf.pop("middle_ca", True), "extra": leaf.pop("middle_extra", None)}
    return (
        certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True),
        certificate(tmp_path / "middle.crt", "middle", middle, "root", root, depth=0, **inner),
        certificate(tmp_path / "leaf.crt", "leaf", key, "middle", middle, **leaf),
    )


def with_certificates(folder: Path, tmp_path: Path, **leaf: Any) -> tuple[Path, Path]:
    root, middle, own = chain(tmp_path, **leaf)
    return root, signed(folder, tmp_path / "leaf.pem", certificate=own, chain=(middle,))


def test_a_certificate_that_leads_to_a_trusted_root(folder: Path, tmp_path: Path) -> None:
    root, signature = with_certificates(folder, tmp_path)
    found = checked(folder, signature, roots=(root,))
    assert found.holds and found.signer == "CN=leaf" and found.method is Method.CERTIFICATE
    assert checked(folder, signature, roots=(root,), subjects=("CN=leaf",)).holds
    assert checked(folder, signature, roots=(root,), subjects=("CN=other",)).why == "expected CN=other"
    assert checked(folder, signature).trust is Trust.UNKNOWN
    private(tmp_path / "stranger.pem")
    stranger = private(tmp_path / "stranger.pem")
    other = certificate(tmp_path / "stranger.crt", "root", stranger, "root", stranger, ca=True)
    assert "which is none of the roots given" in checked(folder, signature, roots=(other,)).why


def test_a_name_counts_only_under_the_root_that_it_was_given_for(folder: Path, tmp_path: Path) -> None:
    root, signature = with_certificates(folder, tmp_path)
    stranger = private(tmp_path / "stranger.pem")
    certificate(tmp_path / "other.crt", "other", stranger, "other", stranger, ca=True)
    tables = '[[root]]\nfile = "{}"\nsubjects = ["CN={}"]\n'
    for own, other, status in (("leaf", "x", 0), ("x", "leaf", 1)):
        (tmp_path / "trust.toml").write_text(tables.format(root.name, own) + tables.format("other.crt", other))
        done = run(
            "verify",
            str(folder),
            "--signature",
            str(signature),
            "--trust",
            str(tmp_path / "trust.toml"),
            "--as-of",
            "2026-06-01",
        )
        assert done.returncode == status, done.stdout
    assert "expected CN=x" in done.stdout


@pytest.mark.parametrize(
    ("leaf", "at", "why"),
    [
        (
            {"days": 10},
            NOW + timedelta(11),
            "the certificate of CN=leaf is valid from 2026-05-31 to 2026-06-11, not on 2026-06-12",
        ),
        ({}, NOW - timedelta(5), "not on 2026-05-27"),
        ({"purpose": ExtendedKeyUsageOID.SERVER_AUTH}, NOW, "the certificate of CN=leaf is not for signing"),
        ({"signs": False}, NOW, "the certificate of CN=leaf is not for signing"),
        ({"middle_ca": False}, NOW, "the certificate of CN=middle may not issue certificates here"),
        (
            {"middle_extra": x509.NameConstraints([x509.DNSName("acme.example")], None)},
            NOW,
            "CN=middle constrains names",
        ),
        (
            {"middle_extra": x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])},
            NOW,
            "CN=middle may not issue certificates for signing",
        ),
        ({"extra": x509.InhibitAnyPolicy(0)}, NOW, "has a critical extension that assay does not know"),
    ],
)
def test_certificates_that_do_not_count(
    folder: Path, tmp_path: Path, leaf: dict[str, Any], at: datetime, why: str
) -> None:
    root, signature = with_certificates(folder, tmp_path, **leaf)
    found = checked(folder, signature, roots=(root,), at=at)
    assert found.trust is Trust.UNEXPECTED and why in found.why


def test_a_renewed_root_is_a_root_as_well(folder: Path, tmp_path: Path) -> None:
    """The old one, that the signer still sends along, has the same name and key, and has run out."""
    root, own = private(tmp_path / "root.pem"), private(tmp_path / "own.pem")
    old = certificate(tmp_path / "old.crt", "root", root, "root", root, ca=True, days=10)
    new = certificate(tmp_path / "new.crt", "root", root, "root", root, ca=True, begins=5)
    leaf = certificate(tmp_path / "own.crt", "own", own, "root", root)
    signature = signed(folder, tmp_path / "own.pem", certificate=leaf, chain=(old,))
    later = NOW + timedelta(20)
    for roots in ((new,), (old, new), (new, old)):
        assert checked(folder, signature, roots=roots, at=later).holds
    assert "valid from" in checked(folder, signature, roots=(old,), at=later).why
    assert checked(folder, signature, roots=(old, new), at=NOW).holds


def test_an_intermediate_may_have_been_issued_twice(folder: Path, tmp_path: Path) -> None:
    """Cross-signed, by a stranger and by the root: the chain holds along one of its ways."""
    root, other, middle, own = (private(tmp_path / f"{name}.pem") for name in ("root", "other", "middle", "own"))
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    strange = certificate(tmp_path / "strange.crt", "middle", middle, "other", other, ca=True)
    first = certificate(tmp_path / "middle.crt", "middle", middle, "root", root, ca=True)
    leaf = certificate(tmp_path / "own.crt", "own", own, "middle", middle)
    for chained in ((strange, first), (first, strange)):
        signature = signed(folder, tmp_path / "own.pem", certificate=leaf, chain=chained)
        assert checked(folder, signature, roots=(top,)).holds


def test_many_ways_that_lead_nowhere_take_no_time(folder: Path, tmp_path: Path) -> None:
    key = private(tmp_path / "own.pem")
    root = private(tmp_path / "root.pem")
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    same = tuple(certificate(tmp_path / f"{n}.crt", "a", key, "a", key, ca=True, days=n) for n in range(1, 15))
    leaf = certificate(tmp_path / "own.crt", "a", key, "a", key)
    signature = signed(folder, tmp_path / "own.pem", certificate=leaf, chain=same)
    assert "none of the roots given" in checked(folder, signature, roots=(top,)).why


@pytest.mark.parametrize(("bits", "said"), [(1024, "an RSA key of less than 2048 bits"), (2048, "")])
def test_an_issuer_with_a_weak_key_does_not_count(folder: Path, tmp_path: Path, bits: int, said: str) -> None:
    root, middle = private(tmp_path / "root.pem"), rsa.generate_private_key(65537, bits)
    own = private(tmp_path / "own.pem")
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    weak = certificate(tmp_path / "middle.crt", "middle", middle, "root", root, ca=True)
    leaf = certificate(tmp_path / "own.crt", "own", own, "middle", middle)
    found = checked(folder, signed(folder, tmp_path / "own.pem", certificate=leaf, chain=(weak,)), roots=(top,))
    assert said in found.why and found.holds is not bool(said)


def test_an_issuer_does_not_sign_models(folder: Path, tmp_path: Path) -> None:
    root, own = private(tmp_path / "root.pem"), private(tmp_path / "own.pem")
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    issuer = certificate(tmp_path / "own.crt", "own", own, "root", root, ca=True)
    found = checked(folder, signed(folder, tmp_path / "own.pem", certificate=issuer), roots=(top,))
    assert found.why == "the certificate of CN=own is not for signing"


def test_a_name_asked_for_narrows_the_roots_of_a_trust_file(folder: Path, tmp_path: Path) -> None:
    root, signature = with_certificates(folder, tmp_path)
    trust = tmp_path / "trust.toml"
    words = ("--signature", str(signature), "--trust", str(trust), "--as-of", "2026-06-01")
    for subjects, asked, status in (("", "CN=leaf", 0), ("", "CN=x", 1), ('"CN=leaf", "CN=x"', "CN=x", 1)):
        listed = f"subjects = [{subjects}]\n" if subjects else ""
        trust.write_text(f'[[root]]\nfile = "{root.name}"\n{listed}')
        done = run("verify", str(folder), *words, "--subject", asked)
        assert done.returncode == status, done.stdout + done.stderr
    trust.write_text(f'[[root]]\nfile = "{root.name}"\nsubjects = ["CN=leaf"]\n')
    refused = run("verify", str(folder), *words, "--subject", "CN=other")
    assert refused.returncode == 2 and "--subject goes with a root that may vouch for that name" in refused.stderr


def test_a_chain_longer_than_a_certificate_allows(folder: Path, tmp_path: Path) -> None:
    root, middle, low, own = (private(tmp_path / f"{name}.pem") for name in ("root", "middle", "low", "own"))
    top = certificate(tmp_path / "root.crt", "root", root, "root", root, ca=True)
    first = certificate(tmp_path / "middle.crt", "middle", middle, "root", root, ca=True, depth=0)
    second = certificate(tmp_path / "low.crt", "low", low, "middle", middle, ca=True)
    leaf = certificate(tmp_path / "own.crt", "own", own, "low", low)
    signature = signed(folder, tmp_path / "own.pem", certificate=leaf, chain=(second, first))
    assert (
        checked(folder, signature, roots=(top,)).why == "the certificate of CN=middle may not issue certificates here"
    )


def test_a_manifest_in_portions_with_another_hash(folder: Path, tmp_path: Path) -> None:
    key = private(tmp_path / "k.pem")
    lines = []
    for path in ("model.safetensors", "sub/config.json", "sub-config.json"):
        raw = (folder / path).read_bytes()
        for start in range(0, len(raw), 3000):
            stop = min(start + 3000, len(raw))
            lines.append(
                {
                    "name": f"{path}:{start}:{stop}",
                    "digest": hashlib.blake2b(raw[start:stop]).hexdigest(),
                    "algorithm": "blake2b",
                }
            )
    how = {
        "method": "shards",
        "hash_type": "blake2b",
        "shard_size": 3000,
        "allow_symlinks": False,
        "ignore_paths": [".gitattributes"],
    }
    subject = [{"name": "tiny", "digest": {"sha256": bundle.root(tuple(row["digest"] for row in lines))}}]
    statement = {
        "_type": bundle.STATEMENT_TYPE,
        "subject": subject,
        "predicateType": bundle.PREDICATE_TYPE,
        "predicate": {"resources": lines, "serialization": how},
    }
    payload = json.dumps(statement).encode()
    target = tmp_path / "tiny.sig"
    target.write_bytes(
        bundle.written(payload, key.sign(bundle.authenticated(payload), ec.ECDSA(hashes.SHA256())), "", ())
    )
    assert checked(folder, target, tmp_path / "k.pub").holds
    (folder / "model.safetensors").write_bytes(b"weights" * 1000 + b"more")
    assert checked(folder, target, tmp_path / "k.pub").changed == ("model.safetensors",)


def test_what_the_signer_did_not_leave_out_counts(folder: Path, tmp_path: Path) -> None:
    key = private(tmp_path / "k.pem")
    names = (".gitattributes", "model.safetensors", "sub/config.json", "sub-config.json")
    lines = tuple((name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name in names)
    payload = bundle.statement("tiny", lines, ())
    target = tmp_path / "tiny.sig"
    target.write_bytes(
        bundle.written(payload, key.sign(bundle.authenticated(payload), ec.ECDSA(hashes.SHA256())), "", ())
    )
    assert checked(folder, target, tmp_path / "k.pub").holds
    (folder / ".github").mkdir()
    (folder / ".github/evil.pkl").write_bytes(b"x")
    (folder / ".gitattributes").write_text("other")
    found = checked(folder, target, tmp_path / "k.pub")
    assert found.uncovered == (".github/evil.pkl",) and found.changed == (".gitattributes",) and not found.holds


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../b", "a//b", "", "a\\b", "./a"])
def test_a_signed_name_cannot_leave_the_model(name: str) -> None:
    payload = bundle.statement("x", ((name, "0" * 64),), ())
    with pytest.raises(Malformed, match="which is no file inside a model"):
        bundle.signed(payload)


def test_a_statement_that_contradicts_itself() -> None:
    value = json.loads(bundle.statement("x", (("a", "0" * 64),), ()))
    value["predicate"]["resources"][0]["digest"] = "1" * 64
    with pytest.raises(Malformed, match="the subject's digest is not that of the signed lines"):
        bundle.signed(json.dumps(value).encode())
    with pytest.raises(Malformed, match="named twice"):
        bundle.signed(bundle.statement("x", (("a", "0" * 64), ("a", "0" * 64)), ()))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda rows: st.lists(rows, max_size=3) | st.dictionaries(st.text(max_size=5), rows, max_size=3),
)


@given(
    st.sampled_from(
        [
            ("mediaType",),
            ("verificationMaterial",),
            ("verificationMaterial", "tlogEntries"),
            ("verificationMaterial", "publicKey"),
            ("dsseEnvelope",),
            ("dsseEnvelope", "payload"),
            ("dsseEnvelope", "signatures"),
        ]
    ),
    json_values,
)
def test_any_value_anywhere_is_a_bundle_or_one_sentence(place: tuple[str, ...], value: Any) -> None:
    whole = json.loads(bundle.written(bundle.statement("x", (("a", "0" * 64),), ()), b"sig", "hint", ()))
    holder = whole
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    try:
        bundle.signed(bundle.parsed(json.dumps(whole).encode()).payload)
    except InputError as refused:
        assert "\n" not in refused.what


@given(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), json_values)
def test_any_value_anywhere_is_a_statement_or_one_sentence(place: str, value: Any) -> None:
    whole = json.loads(bundle.statement("x", (("a", "0" * 64),), ()))
    whole[place] = value
    try:
        bundle.signed(json.dumps(whole).encode())
    except InputError as refused:
        assert "\n" not in refused.what


def test_keys_of_the_wrong_kind(folder: Path, tmp_path: Path) -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "ed.pem").write_bytes(other.private_bytes(PEM, PKCS8, PLAIN))
    (tmp_path / "ed.pub").write_bytes(
        other.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    private(tmp_path / "odd.pem", ec.SECP256K1())
    private(tmp_path / "k.pem")
    (tmp_path / "junk.pem").write_text("junk")
    for path, sentence in (
        ("ed.pem", "a key of type Ed25519PrivateKey; model signing uses"),
        ("odd.pem", "a key on the curve secp256k1"),
        ("junk.pem", "not a private key"),
        ("gone.pem", "No such file"),
    ):
        with pytest.raises(UsageError, match=sentence):
            signer(tmp_path / path)
    for path, sentence in (
        ("ed.pub", "a key of type Ed25519PublicKey"),
        ("junk.pem", "not a public key"),
        ("k.pem", "not a public key"),
    ):
        with pytest.raises(UsageError, match=sentence):
            keys.public_key(tmp_path / path)
    root, _, leaf = chain(tmp_path)
    with pytest.raises(UsageError, match="the certificate is for another key"):
        signer(tmp_path / "k.pem", certificate=leaf)
    with pytest.raises(UsageError, match="no certificates in PEM"):
        certificates.listed(tmp_path / "junk.pem")
    assert root.exists()


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    done = run("sign", str(folder), "--key", str(tmp_path / "k.pem"))
    assert done.returncode == 0 and done.stdout.startswith(" SIGNED  3 files of tiny, sha256 "), done.stderr
    assert done.stdout.splitlines()[-1] == f"wrote {tmp_path}/tiny.sig"
    good = run("verify", str(folder), "--key", str(tmp_path / "k.pub"))
    assert good.returncode == 0
    sentence = "The signature was made by the expected signer; all 3 signed files are as they were signed."
    assert " ".join(good.stdout.split()).startswith(f"VERIFIED {sentence} signer ")
    assert run("verify", str(folder), "--key", str(tmp_path / "k.pub"), "-q").stdout == f"VERIFIED  {sentence}\n"
    nobody = run("verify", str(folder))
    assert nobody.returncode == 3 and nobody.stdout.startswith(" NOT CHECKED  Nobody said whom to expect")
    (folder / "model.safetensors").write_bytes(b"other")
    bad = run("verify", str(folder), "--key", str(tmp_path / "k.pub"))
    assert (
        bad.returncode == 1 and bad.stdout.startswith(" NOT VERIFIED ") and "changed    model.safetensors" in bad.stdout
    )
    (tmp_path / "trust.toml").write_text('[[key]]\nname = "Acme"\nfile = "k.pub"\n')
    trusted = run("verify", str(folder), "--trust", str(tmp_path / "trust.toml"), "-o", "json")
    assert json.loads(trusted.stdout)["signer"] == "Acme"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[[key]]\nfile = 3\n", "each [[key]] needs a file"),
        ("[[keys]]\n", "unknown table 'keys'; did you mean 'key'?"),
        ("[[key]]\nfile = 'k.pub'\nnome = 'x'\n", "unknown entry 'nome' in [[key]]; did you mean 'name'?"),
        ("", "names nobody"),
        ("a = [", "not TOML"),
        ("a = " + "[" * 5000, "nested deeper than assay follows"),
        ("a = " + "9" * 5000, "not TOML"),
        ("[[root]]\nfile = 'r.pem'\nsubjects = 5\n", "subjects in [[root]] is not a list of texts"),
        ("[[root]]\nfile = 'r.pem'\nsubjects = 'CN=x'\n", "subjects in [[root]] is not a list of texts"),
    ],
)
def test_a_trust_file_that_says_nothing(folder: Path, tmp_path: Path, content: str, sentence: str) -> None:
    private(tmp_path / "k.pem")
    signed(folder, tmp_path / "k.pem")
    (tmp_path / "trust.toml").write_text(content)
    done = run("verify", str(folder), "--trust", str(tmp_path / "trust.toml"))
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def test_what_cannot_be_signed_or_verified_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    unsigned = run("verify", str(folder))
    assert unsigned.returncode == 2 and "Most models are not signed" in unsigned.stderr
    (folder / "link").symlink_to("/etc/passwd")
    linked = run("sign", str(folder), "--key", str(tmp_path / "k.pem"))
    assert linked.returncode == 2 and "a model is signed whole" in linked.stderr
    assert not (tmp_path / "tiny.sig").exists()
    (tmp_path / "tiny.sig").write_text("junk")
    junk = run("verify", str(folder), "--key", str(tmp_path / "k.pub"))
    assert junk.returncode == 2 and "a signature bundle is JSON" in junk.stderr and "Traceback" not in junk.stderr


def test_one_file_is_a_model_too(tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert run("sign", str(tmp_path / "m.gguf"), "--key", str(tmp_path / "k.pem")).returncode == 0
    assert run("verify", str(tmp_path / "m.gguf"), "--key", str(tmp_path / "k.pub")).returncode == 0
    (tmp_path / "m.gguf").write_bytes(b"GGUG")
    assert run("verify", str(tmp_path / "m.gguf"), "--key", str(tmp_path / "k.pub")).returncode == 1


def test_a_signature_inside_the_folder_does_not_break_itself(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    assert run("sign", str(folder), "--key", str(tmp_path / "k.pem"), "-o", str(folder / "model.sig")).returncode == 0
    assert run("verify", str(folder), "--key", str(tmp_path / "k.pub")).returncode == 0


def test_a_name_asked_for_is_never_left_aside(folder: Path, tmp_path: Path) -> None:
    private(tmp_path / "k.pem")
    signed(folder, tmp_path / "k.pem")
    trust = tmp_path / "t.toml"
    trust.write_text('[[key]]\nfile = "k.pub"\n')
    for more in (("--key", str(tmp_path / "k.pub")), ("--trust", str(trust)), ()):
        done = run("verify", str(folder), *more, "--subject", "CN=Acme")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "--subject" in done.stderr
