"""Sigstore bundles v0.3 that carry an in-toto statement about a model: read strictly, written as the standard says.

Sources: ossf/model-signing-spec v1.0; sigstore/protobuf-specs, bundle v0.3; in-toto attestation framework, Statement
v1; secure-systems-lab/dsse v1.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from assay.errors import Malformed
from assay.facts.signature import Covered, Method, SignedManifest
from assay.lazy import dataclass

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
WHOLE = "."  # the name of the only file of a model that is no folder (model-signing 1.1.1)
MOST = 256 << 20  # bytes of a bundle: two million lines
MOST_CERTIFICATES = 16
ALGORITHMS = {"sha256": 64, "blake2b": 128, "blake3": 64}  # hexadecimal digits of each


@dataclass(frozen=True, slots=True)
class Bundle:
    """A signature and what it is about, before anything is checked: the key's hint or the chain of certificates in DER.

    `raw` is the whole bundle as it was read.
    """

    method: Method
    hint: str
    certificates: tuple[bytes, ...]
    payload: bytes
    signature: bytes
    raw: bytes


def authenticated(payload: bytes) -> bytes:
    """The bytes that are signed: DSSE v1.0, Pre-Authentication Encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def parsed(raw: bytes) -> Bundle:
    """The bundle in a file (Malformed: it is none, or leaves out what the specification requires)."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise Malformed(f"a signature bundle is JSON; this is not ({str(cause)[:80]})") from None
    if _is(value, dict, "the bundle").get("mediaType") != MEDIA_TYPE:
        raise Malformed("not a Sigstore bundle v0.3", expected=MEDIA_TYPE, got=str(value.get("mediaType"))[:100])
    material = _is(value.get("verificationMaterial"), dict, "verificationMaterial")
    _is(material.get("tlogEntries"), list, "verificationMaterial.tlogEntries")
    envelope = _is(value.get("dsseEnvelope"), dict, "dsseEnvelope")
    if envelope.get("payloadType") != PAYLOAD_TYPE:
        raise Malformed(
            "the envelope holds no in-toto statement", expected=PAYLOAD_TYPE, got=str(envelope.get("payloadType"))[:100]
        )
    signatures = _is(envelope.get("signatures"), list, "dsseEnvelope.signatures")
    if len(signatures) != 1:
        raise Malformed("a bundle carries one signature", expected=1, got=len(signatures))
    signature = _decoded(_is(signatures[0], dict, "the signature").get("sig"), "the signature")
    payload = _decoded(envelope.get("payload"), "the payload")
    method, hint, certificates = _signer(material)
    return Bundle(method, hint, certificates, payload, signature, raw)


def _signer(material: dict[str, Any]) -> tuple[Method, str, tuple[bytes, ...]]:
    named = [name for name in ("publicKey", "x509CertificateChain", "certificate") if name in material]
    if len(named) != 1:
        raise Malformed(
            "a bundle says in one way who signed", expected="publicKey, x509CertificateChain or certificate", got=named
        )
    if named == ["publicKey"]:
        hint = _is(material["publicKey"], dict, "publicKey").get("hint", "")
        return Method.KEY, str(hint), ()
    if named == ["certificate"]:
        return (
            Method.SIGSTORE,
            "",
            (_decoded(_is(material["certificate"], dict, "certificate").get("rawBytes"), "certificate"),),
        )
    chain = _is(
        _is(material["x509CertificateChain"], dict, "x509CertificateChain").get("certificates"), list, "certificates"
    )
    if not 1 <= len(chain) <= MOST_CERTIFICATES:
        raise Malformed("a chain of certificates", expected=f"1 to {MOST_CERTIFICATES}", got=len(chain))
    rows = tuple(_decoded(_is(row, dict, "a certificate").get("rawBytes"), "a certificate") for row in chain)
    return Method.CERTIFICATE, "", rows


def _is(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise Malformed(
            f"the bundle has no {name}" if value is None else f"{name} has another type than the specification says"
        )
    return value


def _decoded(value: Any, name: str) -> bytes:
    try:
        return base64.b64decode(_is(value, str, name), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{name} is not base64") from None


def written(payload: bytes, signature: bytes, hint: str, certificates: tuple[bytes, ...]) -> bytes:
    """The bundle as a file: with the hint of a public key, or with a chain of certificates in DER."""
    material: dict[str, Any] = {"tlogEntries": []}
    if certificates:
        material["x509CertificateChain"] = {"certificates": [{"rawBytes": _encoded(row)} for row in certificates]}
    else:
        material["publicKey"] = {"hint": hint}
    envelope = {
        "payload": _encoded(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"sig": _encoded(signature), "keyid": ""}],
    }
    bundle = {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
    return (json.dumps(bundle, sort_keys=True) + "\n").encode()


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def statement(name: str, lines: tuple[tuple[str, str], ...], ignored: tuple[str, ...]) -> bytes:
    """The in-toto statement about files (name, SHA-256 in hex), in the order given."""
    resources = [{"name": path, "digest": digest, "algorithm": "sha256"} for path, digest in lines]
    predicate = {
        "resources": resources,
        "serialization": {
            "method": "files",
            "hash_type": "sha256",
            "allow_symlinks": False,
            "ignore_paths": list(ignored),
        },
    }
    subject = [{"name": name, "digest": {"sha256": root(tuple(digest for _, digest in lines))}}]
    whole = {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": PREDICATE_TYPE, "predicate": predicate}
    return json.dumps(whole, sort_keys=True).encode()


def root(digests: tuple[str, ...]) -> str:
    """SHA-256 in hex over the raw digests end to end."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()


def signed(payload: bytes) -> SignedManifest:
    """The manifest in a statement (Malformed: it is about something else, or contradicts itself)."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        raise Malformed("the signed statement is not JSON") from None
    if _is(value, dict, "the statement").get("_type") != STATEMENT_TYPE:
        raise Malformed("not an in-toto statement v1", expected=STATEMENT_TYPE, got=str(value.get("_type"))[:100])
    if value.get("predicateType") != PREDICATE_TYPE:
        raise Malformed(
            "the statement is not about a model", expected=PREDICATE_TYPE, got=str(value.get("predicateType"))[:100]
        )
    subjects = _is(value.get("subject"), list, "subject")
    if len(subjects) != 1:
        raise Malformed("a statement about a model has one subject", expected=1, got=len(subjects))
    subject = _is(subjects[0], dict, "the subject")
    digest = str(_is(subject.get("digest"), dict, "the subject's digest").get("sha256"))
    predicate = _is(value.get("predicate"), dict, "predicate")
    how = _is(predicate.get("serialization"), dict, "serialization")
    lines = tuple(_line(row, how) for row in _is(predicate.get("resources"), list, "resources"))
    if root(tuple(line.digest for line in lines)) != digest:
        raise Malformed(
            "the subject's digest is not that of the signed lines",
            expected=root(tuple(line.digest for line in lines)),
            got=digest[:100],
        )
    names = [(line.name, line.start) for line in lines]
    if len(set(names)) != len(names):
        raise Malformed("a file is named twice in the signed manifest")
    ignored = tuple(map(str, _is(how.get("ignore_paths", []), list, "ignore_paths")))
    return SignedManifest(
        str(subject.get("name", "")), digest, lines, str(how.get("hash_type")), how.get("shard_size"), ignored
    )


def _line(row: Any, how: dict[str, Any]) -> Covered:
    row = _is(row, dict, "a line of the manifest")
    name, digest, algorithm = (_is(row.get(key), str, f"a line's {key}") for key in ("name", "digest", "algorithm"))
    if algorithm not in ALGORITHMS or algorithm != how.get("hash_type"):
        raise Malformed("a line's digest is of another kind", expected=how.get("hash_type"), got=algorithm[:40])
    if len(digest) != ALGORITHMS[algorithm] or not set(digest) <= set("0123456789abcdef"):
        raise Malformed(
            f"a line's digest is no {algorithm} in hexadecimal",
            got=digest[:80],
            expected=f"{ALGORITHMS[algorithm]} digits",
        )
    start = stop = None
    match how.get("method"):
        case "files":
            path = name
        case "shards":
            path, start, stop = _portion(name)
        case other:
            raise Malformed("an unknown way to list files", expected="files or shards", got=str(other)[:40])
    parts = path.split("/")
    if path != WHOLE and (path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in parts)):
        raise Malformed(f"the signed manifest names {path[:100]!r}, which is no file inside a model")
    return Covered(path, digest, algorithm, start, stop)


def _portion(name: str) -> tuple[str, int, int]:
    path, first, last = ([*name.rsplit(":", 2), "", ""])[:3]
    if not (first.isdecimal() and last.isdecimal() and len(first) < 20 and len(last) < 20 and int(first) <= int(last)):
        raise Malformed("a portion of a file", expected="path:start:end", got=name[:100])
    return path, int(first), int(last)
