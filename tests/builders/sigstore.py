"""A small Sigstore: a certificate authority, its certificate log and signature log, and the trusted root naming them.

What keyless signing leaves in a bundle (sigstore/protobuf-specs, bundle v0.3) is made here from fixed keys, and judged
by the package `sigstore`, which knows nothing of it: the certificate of a signer with its embedded timestamp (RFC 6962,
section 3.2), and the entry in the log with its promise, its proof of inclusion (RFC 9162, section 2.1.3) and the signed
checkpoint (transparency-dev, "note").
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
SIGNED = datetime(2026, 6, 1, 12, tzinfo=UTC)  # when whoever signs does so
SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")  # RFC 6962, section 3.3
PLAIN_ISSUER, ISSUER = (x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{row}") for row in (1, 8))  # Fulcio, oid-info.md
LOG = "log.example"


def _fixed(number: int) -> Key:
    return ec.derive_private_key(number, ec.SECP256R1())


AUTHORITY, CERTIFICATES, SIGNATURES, SIGNER = (_fixed(number) for number in (1001, 1002, 1003, 1004))


def _der(key: Key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _id(key: Key) -> bytes:
    return hashlib.sha256(_der(key)).digest()


def _signature(key: Key, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)


def _authority() -> x509.Certificate:
    made = x509.CertificateBuilder().subject_name(_named("authority")).issuer_name(_named("authority"))
    made = made.public_key(AUTHORITY.public_key()).serial_number(1)
    made = made.not_valid_before(SIGNED - timedelta(365)).not_valid_after(SIGNED + timedelta(3650))
    made = made.add_extension(x509.BasicConstraints(True, 0), True).add_extension(_usage(False), True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(AUTHORITY.public_key()), False)
    return made.sign(AUTHORITY, hashes.SHA256())


def trusted_root() -> bytes:
    """The file that tells a verifier which authority and which logs to believe."""

    def log(key: Key) -> dict[str, Any]:
        public = {"rawBytes": _text(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
        public["validFor"] = {"start": "2025-01-01T00:00:00Z"}  # type: ignore[assignment]
        named = {"baseUrl": f"https://{LOG}", "hashAlgorithm": "SHA2_256"}
        return {**named, "publicKey": public, "logId": {"keyId": _text(_id(key))}}

    authority = {
        "subject": {"organization": "example", "commonName": "authority"},
        "uri": "https://authority.example",
        "certChain": {"certificates": [{"rawBytes": _text(_authority().public_bytes(serialization.Encoding.DER))}]},
        "validFor": {"start": "2025-01-01T00:00:00Z"},
    }
    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [log(SIGNATURES)],
        "certificateAuthorities": [authority],
        "ctlogs": [log(CERTIFICATES)],
    }
    return json.dumps(root).encode()


def _certificate(name: str, issuer: str) -> x509.Certificate:
    """Ten minutes of `name`, as the issuer vouches for it, with the timestamp of the certificate log."""
    made = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(_named("authority"))
    made = made.public_key(SIGNER.public_key()).serial_number(2)
    made = made.not_valid_before(SIGNED - timedelta(minutes=5)).not_valid_after(SIGNED + timedelta(minutes=5))
    made = made.add_extension(_usage(True), True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(AUTHORITY.public_key()), False)
    made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(name)]), True)
    made = made.add_extension(x509.UnrecognizedExtension(PLAIN_ISSUER, issuer.encode()), False)
    text = b"\x0c" + bytes([len(issuer)]) + issuer.encode()  # UTF8String, under 128 bytes
    made = made.add_extension(x509.UnrecognizedExtension(ISSUER, text), False)
    before = made.sign(AUTHORITY, hashes.SHA256()).tbs_certificate_bytes  # what the log saw
    at = struct.pack("!Q", int(SIGNED.timestamp() * 1000))
    entry = b"\0\0" + at + b"\0\1" + _id(AUTHORITY) + len(before).to_bytes(3, "big") + before + b"\0\0"
    signature = _signature(CERTIFICATES, entry)
    stamp = b"\0" + _id(CERTIFICATES) + at + b"\0\0" + b"\4\3" + struct.pack("!H", len(signature)) + signature
    listed = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
    embedded = x509.UnrecognizedExtension(SCTS, b"\x04" + bytes([len(listed)]) + listed)  # under 128 bytes
    return made.add_extension(embedded, False).sign(AUTHORITY, hashes.SHA256())


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()  # RFC 8785, for what is ASCII


def _entry(payload: bytes, signature: bytes, certificate: bytes) -> dict[str, Any]:
    """The second of two entries of the log, which is about this envelope."""
    seen = [{"signature": _text(signature), "verifier": _text(certificate)}]
    digests = {
        "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
    }
    body = _canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": {**digests, "signatures": seen}})
    first, second = hashlib.sha256(b"\0another entry").digest(), hashlib.sha256(b"\0" + body).digest()
    root = hashlib.sha256(b"\1" + first + second).digest()
    note = f"{LOG} - 1\n2\n{_text(root)}\n"
    signed = _text(_id(SIGNATURES)[:4] + _signature(SIGNATURES, note.encode()))
    at = int(SIGNED.timestamp())
    promised = {"body": _text(body), "integratedTime": at, "logID": _id(SIGNATURES).hex(), "logIndex": 1}
    return {
        "logIndex": "1",
        "logId": {"keyId": _text(_id(SIGNATURES))},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": str(at),
        "inclusionPromise": {"signedEntryTimestamp": _text(_signature(SIGNATURES, _canonical(promised)))},
        "inclusionProof": {
            "logIndex": "1",
            "rootHash": _text(root),
            "treeSize": "2",
            "hashes": [_text(first)],
            "checkpoint": {"envelope": f"{note}\n\N{EM DASH} {LOG} {signed}\n"},
        },
        "canonicalizedBody": _text(body),
    }


def keyless(payload: bytes, name: str, issuer: str) -> bytes:
    """The bundle that `name` leaves after signing this in-toto statement."""
    certificate = _certificate(name, issuer)
    kind = "application/vnd.in-toto+json"
    signature = _signature(SIGNER, b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": _text(certificate.public_bytes(serialization.Encoding.DER))},
            "tlogEntries": [_entry(payload, signature, certificate.public_bytes(serialization.Encoding.PEM))],
        },
        "dsseEnvelope": {
            "payload": _text(payload),
            "payloadType": kind,
            "signatures": [{"sig": _text(signature)}],
        },
    }
    return json.dumps(bundle).encode()
