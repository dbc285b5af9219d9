"""Whoever signs: a private key, and the certificates that vouch for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.attest import keys
from assay.attest._crypto import UnsupportedAlgorithm, ec, serialization
from assay.attest.certificates import listed
from assay.errors import UsageError
from assay.files import content
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, with the certificates that vouch for it, in DER, if there are any: the key's own first."""

    key: ec.EllipticCurvePrivateKey
    certificates: tuple[bytes, ...]

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature, DER."""
        return self.key.sign(message, keys.algorithm(self.key))

    @property
    def hint(self) -> str:
        """What a bundle calls the key."""
        return keys.hint(self.key.public_key())


def signer(
    key: Path, password: bytes | None = None, certificate: Path | None = None, chain: Sequence[Path] = ()
) -> Signer:
    """A private key in PEM, and the certificates for it.

    Raises:
        UsageError: a file cannot be read, the password is wrong, the curve is not supported, or the certificate is for
            another key.
    """
    try:
        private = serialization.load_pem_private_key(content(key, keys.MOST, "private key"), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise UsageError(f"{key}: not a private key that can be read ({str(cause)[:120]})") from None
    usable = keys.usable(private, str(key))
    return Signer(usable, _vouching(usable, certificate, chain))


def _vouching(key: ec.EllipticCurvePrivateKey, certificate: Path | None, chain: Sequence[Path]) -> tuple[bytes, ...]:
    if certificate is None:
        return ()
    rows = [row for path in (certificate, *chain) for row in listed(path)]
    if rows[0].public_key() != key.public_key():
        raise UsageError(f"{certificate}: the certificate is for another key")
    return tuple(row.public_bytes(serialization.Encoding.DER) for row in rows)
