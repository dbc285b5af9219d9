"""Keyless signatures: a short-lived certificate for an identity, and a public log that saw it, checked offline.

The package `sigstore` does the checking. The roots are those that come with it, or a trusted root that the user gives
(sigstore/protobuf-specs, TrustedRoot). Nothing is fetched: new roots come with a new version of the package, or as a
file.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import MissingExtra, UsageError
from assay.facts.signature import Trust
from assay.lazy import dataclass

if TYPE_CHECKING:
    from assay.attest.bundle import Bundle

_ISSUERS = (
    "1.3.6.1.4.1.57264.1.8",
    "1.3.6.1.4.1.57264.1.1",
)  # Fulcio, oid-info.md: the issuer, as it is now and as it was


@dataclass(frozen=True, slots=True)
class Identity:
    """Who may have signed: an e-mail address or URI, the issuer that vouches for it, and the trusted root.

    Without a root those that come with the package are trusted.
    """

    name: str
    issuer: str
    root: Path | None = None


def judged(found: Bundle, expected: tuple[Identity, ...]) -> tuple[Trust, str, str]:
    """(trust, who signed, why) of a keyless bundle.

    Raises UsageError if identities are expected and the package is not installed, or a trusted root cannot be read.
    """
    if not expected:
        return (
            Trust.UNKNOWN,
            "an identity at Sigstore",
            "give the identity and the issuer that you expect with --identity and --issuer, or in a trust file",
        )
    sigstore = _Sigstore()
    who = sigstore.signer(found.raw)
    reasons = [sigstore.refused(found.raw, row) for row in expected]
    if "" in reasons:
        return (
            Trust.VERIFIED,
            who,
            "its certificate, its place in the log and its signature hold, and the identity is one that you expect",
        )
    broken = sigstore.broken(found.raw, expected[0].root)
    return (Trust.BROKEN, who, broken) if broken else (Trust.UNEXPECTED, who, reasons[0])


class _Sigstore:
    """The few calls of the package that are used, in one place."""

    def __init__(self) -> None:
        try:
            from sigstore.errors import Error
            from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
            from sigstore.verify import Verifier, policy
        except ImportError:
            raise MissingExtra("keyless", "verifying keyless signatures") from None
        logging.getLogger("sigstore").setLevel(logging.ERROR)  # that it works offline is what was asked for
        self._error, self._bundle, self._config, self._root, self._verifier, self._policy = (
            Error,
            Bundle,
            ClientTrustConfig,
            TrustedRoot,
            Verifier,
            policy,
        )

    def refused(self, raw: bytes, who: Identity) -> str:
        """Why the bundle is not one by `who`; empty if it is."""
        return self._tried(raw, who.root, self._policy.Identity(identity=who.name, issuer=who.issuer))

    def broken(self, raw: bytes, root: Path | None) -> str:
        """What does not hold whoever signed; empty if all does."""
        return self._tried(raw, root, self._policy.UnsafeNoOp())

    def signer(self, raw: bytes) -> str:
        """The identity and issuer that the certificate names, before anything is checked."""
        from cryptography import x509

        try:
            certificate = self._bundle.from_json(raw).signing_certificate
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            issuers = {row.oid.dotted_string: row.value for row in certificate.extensions}
        except (self._error, ValueError, x509.ExtensionNotFound):
            return "an identity at Sigstore"
        value = next((issuers[oid] for oid in _ISSUERS if oid in issuers), None)
        issuer = value.value.decode("utf-8", "replace") if isinstance(value, x509.UnrecognizedExtension) else ""
        said = ", ".join(str(name.value) for name in names)[:200]
        return f"{said} (issuer {issuer[issuer.find('http') :][:200]})" if "http" in issuer else said

    def _tried(self, raw: bytes, root: Path | None, policy: Any) -> str:
        try:
            self._verifier(trusted_root=self._roots(root)).verify_dsse(self._bundle.from_json(raw), policy)
        except (self._error, ValueError) as cause:
            return str(cause).partition("\n")[0][:300] or type(cause).__name__
        return ""

    def _roots(self, path: Path | None) -> Any:
        if path is None:
            return self._config.production(offline=True).trusted_root
        try:
            return self._root.from_file(str(path))
        except (OSError, ValueError, self._error) as cause:
            raise UsageError(f"{path}: not a trusted root that can be read ({str(cause)[:120]})") from None
