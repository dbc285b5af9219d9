"""The parts of the package `cryptography` that signing uses, or one sentence on how to install it (extra `sign`)."""

from __future__ import annotations

from assay.errors import MissingExtra

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError:
    raise MissingExtra("sign", "signing and verifying") from None

__all__ = ["InvalidSignature", "UnsupportedAlgorithm", "ec", "hashes", "serialization", "x509"]
