"""Keys and certificates to sign with, made for one test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEM, PKCS8, PLAIN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
Key = ec.EllipticCurvePrivateKey


def private(path: Path, curve: ec.EllipticCurve | None = None) -> Key:
    """A private key in this file, and its public half beside it with the suffix `.pub`."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    path.write_bytes(key.private_bytes(PEM, PKCS8, PLAIN))
    path.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return key


def certificate(
    path: Path,
    name: str,
    key: Key | rsa.RSAPrivateKey,
    issuer: str,
    by: Key | rsa.RSAPrivateKey,
    *,
    ca: bool = False,
    depth: int | None = None,
    days: int = 365,
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CODE_SIGNING,
    extra: x509.ExtensionType | None = None,
    signs: bool = True,
    begins: int = -1,
) -> Path:
    """A certificate in this file for the owner of `key`, issued by the owner of `by`."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    made = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
    made = (
        made.serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(begins))
        .not_valid_after(NOW + timedelta(days))
    )
    made = made.add_extension(x509.BasicConstraints(ca, depth if ca else None), True)
    made = made.add_extension(x509.KeyUsage(signs and not ca, False, False, False, False, ca, ca, False, False), True)
    if purpose is not None and not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), False)
    if extra is not None:
        made = made.add_extension(extra, not ca)
    path.write_bytes(made.sign(by, hashes.SHA256()).public_bytes(PEM))
    return path
