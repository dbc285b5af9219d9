"""Public keys: elliptic curves P-256, P-384 and P-521, on the package `cryptography`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.attest._crypto import InvalidSignature, UnsupportedAlgorithm, ec, hashes, serialization
from assay.errors import UsageError
from assay.files import content

# the hash for each curve (sigstore/protobuf-specs, PublicKeyDetails); other curves have keys of these sizes too
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
MOST = 1 << 20  # bytes of a file of keys or certificates
PublicKey = ec.EllipticCurvePublicKey


def algorithm(key: PublicKey | ec.EllipticCurvePrivateKey) -> ec.ECDSA:
    """How a key of a curve that is supported signs."""
    return ec.ECDSA(_HASHES[key.curve.name])


def hint(key: PublicKey) -> str:
    """SHA-256 in hex of the key's PEM, as the reference tool writes it (model-signing 1.1.1)."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def public_key(path: Path) -> PublicKey:
    """A public key in PEM (UsageError: it is none, or of a curve that is not supported)."""
    try:
        found = serialization.load_pem_public_key(content(path, MOST, "public key"))
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise UsageError(f"{path}: not a public key that can be read ({str(cause)[:120]})") from None
    return supported(found, str(path))


def supported(key: object, where: str) -> PublicKey:
    """The public key, if model signing has a place for its kind (UsageError: it has none)."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise _unsupported(key, where)
    return key


def usable(key: object, where: str) -> ec.EllipticCurvePrivateKey:
    """The private key, if model signing has a place for its kind (UsageError: it has none)."""
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
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
        key.verify(signature, message, algorithm(key))
    except InvalidSignature:
        return False
    return True
