"""Certificates: a chain from the one that signed to a root that is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from assay.attest import keys
from assay.attest._crypto import InvalidSignature, UnsupportedAlgorithm, x509
from assay.errors import Malformed, UsageError
from assay.files import content

T = TypeVar("T", bound=x509.ExtensionType)


def listed(path: Path) -> list[x509.Certificate]:
    """Every certificate in a PEM file (UsageError: there is none)."""
    try:
        return x509.load_pem_x509_certificates(content(path, keys.MOST, "file of certificates"))
    except ValueError as cause:
        raise UsageError(f"{path}: no certificates in PEM ({str(cause)[:120]})") from None


def certified(
    chain: tuple[bytes, ...], roots: Sequence[x509.Certificate], at: datetime
) -> tuple[keys.PublicKey, str, tuple[x509.Certificate, ...], str]:
    """(key, subject, the roots that it leads to, why to none) of a chain; `why` is empty where there are roots.

    RFC 5280, section 6.1, along each way to a root (a renewed root has the name and the key of the old one):
    signatures, names, validity at `at`, basic constraints with path length, key usage; the first certificate may sign
    (key usage digitalSignature) code or anything (extended key usage). Certificates with critical extensions beyond
    these do not count: what they would forbid is not known.

    Raises:
        Malformed: a certificate cannot be read, or its key is not supported.
    """
    try:
        rows = [x509.load_der_x509_certificate(raw) for raw in chain]
        key = keys.supported(rows[0].public_key(), "the signing certificate")
        subject = rows[0].subject.rfc4514_string() or "(no name)"
        found = [(path[-1], _broken(path, roots, at)) for path in _paths(rows, roots)]
        sound = tuple(end for end, why in found if not why)
        return key, subject, sound, "" if sound else found[0][1]
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise Malformed(f"a certificate in the bundle cannot be read ({str(cause)[:120]})") from None
    except UsageError as cause:
        raise Malformed(str(cause)) from None


def _paths(rows: list[x509.Certificate], roots: Sequence[x509.Certificate]) -> Iterator[list[x509.Certificate]]:
    """Each way from the first certificate to a root, or as far as it gets, each issued by the next; at least one."""
    left = [[rows[0]]]
    for _ in range(MOST_STEPS):
        if not left:
            return
        path = left.pop()
        rest = [] if path[-1] in roots else [*roots, *rows[1:]]  # a root ends the way, so that it is looked for first
        issuers = [row for row in rest if row not in path and _issued(path[-1], row)]
        left += [[*path, row] for row in reversed(issuers)]
        if not issuers:
            yield path


def _issued(row: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        row.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


MOST_STEPS = 256  # certificates that are tried as the next on some way
LEAST_RSA = 2048  # bits (NIST SP 800-131A rev. 2, table 2)
_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")  # RFC 8017, appendix A: rsaEncryption, id-RSASSA-PSS
_KNOWN = frozenset(
    {x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, x509.SubjectAlternativeName.oid}
)


def _broken(path: list[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime) -> str:
    for depth, row in enumerate(path):
        name = row.subject.rfc4514_string()
        if not row.not_valid_before_utc <= at <= row.not_valid_after_utc:
            span = f"{row.not_valid_before_utc:%Y-%m-%d} to {row.not_valid_after_utc:%Y-%m-%d}"
            return f"the certificate of {name} is valid from {span}, not on {at:%Y-%m-%d}"
        unknown = [entry.oid.dotted_string for entry in row.extensions if entry.critical and entry.oid not in _KNOWN]
        if unknown:
            return f"the certificate of {name} has a critical extension that assay does not know ({unknown[0]})"
        if depth and _extension(row, x509.NameConstraints) is not None:
            return f"the certificate of {name} constrains names, which assay does not check"
        if _weak(row):
            return f"the certificate of {name} has an RSA key of less than {LEAST_RSA} bits"
        if depth and row not in roots and not _for_code(row):
            return f"the certificate of {name} may not issue certificates for signing"
        if depth and not _may_issue(row, depth - 1):
            return f"the certificate of {name} may not issue certificates here"
    if path[-1] not in roots:
        return f"the chain of certificates ends at {path[-1].issuer.rfc4514_string()}, which is none of the roots given"
    return "" if _may_sign(path[0]) else f"the certificate of {path[0].subject.rfc4514_string()} is not for signing"


def _weak(row: x509.Certificate) -> bool:
    size = getattr(row.public_key(), "key_size", LEAST_RSA)
    return row.public_key_algorithm_oid.dotted_string in _RSA and size < LEAST_RSA


def _for_code(row: x509.Certificate) -> bool:
    """Whether a certificate's extended key usage, if it has one, lets it stand for signing."""
    purposes, oids = _extension(row, x509.ExtendedKeyUsage), x509.oid.ExtendedKeyUsageOID
    return purposes is None or oids.CODE_SIGNING in purposes or oids.ANY_EXTENDED_KEY_USAGE in purposes


def _may_issue(row: x509.Certificate, between: int) -> bool:
    constraints = _extension(row, x509.BasicConstraints)
    usage = _extension(row, x509.KeyUsage)
    if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
        return False
    return constraints.path_length is None or between <= constraints.path_length


def _may_sign(row: x509.Certificate) -> bool:
    usage, constraints = _extension(row, x509.KeyUsage), _extension(row, x509.BasicConstraints)
    if (usage is not None and not usage.digital_signature) or (constraints is not None and constraints.ca):
        return False
    return _for_code(row) and (usage is not None or _extension(row, x509.ExtendedKeyUsage) is not None)


def _extension(row: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return row.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
