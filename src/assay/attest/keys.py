"""Keys: elliptic curves P-256, P-384 and P-521, on the package `cryptography`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import MissingExtra, UsageError
from assay.files import content

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError:
    raise MissingExtra("sign", "signing and verifying") from None

if TYPE_CHECKING:
    from collections.abc import Sequence

# the hash that goes with each curve (sigstore/protobuf-specs, PublicKeyDetails); other curves have keys of these sizes too
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
MOST = 1 << 20  # bytes of a file of keys or certificates
PublicKey = ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, with the certificates that vouch for it, in DER, if there are any: the key's own first."""

    key: ec.EllipticCurvePrivateKey
    certificates: tuple[bytes, ...]

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature, DER."""
        return self.key.sign(message, ec.ECDSA(_HASHES[self.key.curve.name]))

    @property
    def hint(self) -> str:
        """What a bundle calls the key."""
        return hint(self.key.public_key())


def hint(key: PublicKey) -> str:
    """SHA-256 in hex of the key's PEM, as the reference tool writes it (model-signing 1.1.1)."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def signer(
    key: Path, password: bytes | None = None, certificate: Path | None = None, chain: Sequence[Path] = ()
) -> Signer:
    """A private key in PEM, and the certificates for it.

    Raises:
        UsageError: a file cannot be read, the password is wrong, the curve is not supported, or the certificate is for another key.
    """
    try:
        private = serialization.load_pem_private_key(content(key, MOST, "private key"), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise UsageError(f"{key}: not a private key that can be read ({str(cause)[:120]})") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name not in _HASHES:
        raise _unsupported(private, str(key))
    return Signer(private, _vouching(private, certificate, chain))


def _vouching(key: ec.EllipticCurvePrivateKey, certificate: Path | None, chain: Sequence[Path]) -> tuple[bytes, ...]:
    if certificate is None:
        return ()
    from assay.attest.certificates import listed

    rows = [row for path in (certificate, *chain) for row in listed(path)]
    if rows[0].public_key() != key.public_key():
        raise UsageError(f"{certificate}: the certificate is for another key")
    return tuple(row.public_bytes(serialization.Encoding.DER) for row in rows)


def public_key(path: Path) -> PublicKey:
    """A public key in PEM (UsageError: it is none, or of a curve that is not supported)."""
    try:
        found = serialization.load_pem_public_key(content(path, MOST, "public key"))
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise UsageError(f"{path}: not a public key that can be read ({str(cause)[:120]})") from None
    return supported(found, str(path))


def supported(key: object, where: str) -> PublicKey:
    """The key, if model signing has a place for its kind (UsageError: it has none)."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise _unsupported(key, where)
    return key


def _unsupported(key: object, where: str) -> UsageError:
    curve = getattr(key, "curve", None)
    kind = f"type {type(key).__name__.lstrip('_')}" if curve is None else f"the curve {curve.name}"
    preposition = "of" if curve is None else "on"
    return UsageError(f"{where}: a key {preposition} {kind}; model signing uses elliptic curves P-256, P-384 and P-521")


def holds(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the key made the signature."""
    try:
        key.verify(signature, message, ec.ECDSA(_HASHES[key.curve.name]))
    except InvalidSignature:
        return False
    return True
