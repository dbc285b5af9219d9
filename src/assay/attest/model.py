"""Sign the files of a model, and compare a model with what somebody signed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.attest import bundle, keyless, keys
from assay.attest._opened import Reach, opened_from
from assay.attest.certificates import certified
from assay.attest.signer import Signer
from assay.errors import UsageError
from assay.facts.artifact import EXCLUDED, Artifact, Obstacle, Standing, lies_in, manifest
from assay.facts.signature import Covered, Method, SignedManifest, Trust, Verification
from assay.files import content
from assay.formats.window import Source
from assay.lazy import dataclass
from assay.progress import Progress, Steps
from assay.subject import Entry, Walk, hashed, walked

MOST_LISTED = 10_000
if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom a verifier expects: public keys by name, roots, and keyless identities.

    Each root comes with the subjects that it may vouch for; none: any.
    """

    public: tuple[tuple[str, keys.PublicKey], ...] = ()
    roots: tuple[tuple[Certificate, tuple[str, ...]], ...] = ()
    identities: tuple[keyless.Identity, ...] = ()


def sign(model: Path, signer: Signer, target: Path, progress: Progress | None = None) -> bytes:
    """The bundle for every file of the model but `target` itself and what Git keeps.

    Raises:
        UsageError: a file cannot be read, changes meanwhile, or is a link: then there is nothing to sign.
    """
    walk = walked(model)
    own = _inside(model, target)
    ignored = tuple(sorted({*EXCLUDED, *own}))
    entries = [entry for entry in walk.entries if not lies_in(entry.path, ignored)]
    first = next((row for row in walk.obstacles if not lies_in(row.artifact, ignored)), None)
    if first is not None:
        raise UsageError(f"{first.artifact}: {first.reason}; a model is signed whole, so remove it or make it a file")
    for row in opened_from(walk, [path for path in _paths(walk) if lies_in(path, EXCLUDED)])[:1]:
        raise UsageError(f"{row.artifact} is left out of signatures, and {row.why}: move it, so that it can be signed")
    digests = list(_hashed(entries, progress))
    for entry, digest in zip(entries, digests, strict=True):
        if digest is None:
            raise UsageError(f"{entry.path}: it cannot be read, or changed while it was read; nothing was signed")
    rows = manifest(
        tuple(
            Artifact(entry.path, entry.size, digest or "", "", Standing.INERT)
            for entry, digest in zip(entries, digests, strict=True)
        )
    )
    lines = tuple((row.name if model.is_dir() else bundle.WHOLE, row.sha256) for row in rows.resources)
    payload = bundle.statement(walk.name, lines, ignored)
    return bundle.written(payload, signer.sign(bundle.authenticated(payload)), signer.hint, signer.certificates)


def _hashed(entries: Sequence[Entry], progress: Progress | None) -> Iterator[str | None]:
    steps = Steps(progress, "hashing", sum(entry.size for entry in entries), "bytes")
    for entry in entries:
        found = hashed(entry, steps.add)
        yield None if found.obstacle else found.sha256


def _inside(model: Path, path: Path) -> tuple[str, ...]:
    """The path relative to the model, if it lies in it."""
    try:
        return (path.resolve().relative_to(model.resolve()).as_posix(),) if model.is_dir() else ()
    except ValueError:
        return ()


def _paths(walk: Walk) -> list[str]:
    """Everything that is there, whether it can be opened or not."""
    rows = (*walk.entries, *walk.obstacles, *walk.aside)
    return sorted(row.path if isinstance(row, Entry) else row.artifact for row in rows)


def verify(
    model: Path, signature: Path, expected: Expected, *, at: datetime | None = None, progress: Progress | None = None
) -> Verification:
    """What a signature says of a model.

    Args:
        expected: whom to expect; nobody: the signature's own claim is shown, and nothing is called verified.
        at: the moment at which certificates must be valid; now, if not given.

    Raises:
        UsageError: the model or the signature cannot be read.
        Malformed: the signature is no bundle about a model; the message says what is wrong.
    """
    return _verified(model, signature, expected, {}, None, at, progress)


def _verified(
    model: Path,
    signature: Path,
    expected: Expected,
    digests: dict[str, str],
    reach: Reach | None,
    at: datetime | None,
    progress: Progress | None,
) -> Verification:
    found = bundle.parsed(content(signature, bundle.MOST, "signature"))
    signed = bundle.signed(found.payload)
    if signed.algorithm == "blake3":
        raise UsageError(
            f"{signature}: its digests are BLAKE3, which this version of assay does not compute; "
            "verify it with the OpenSSF model-signing tool"
        )
    trust, who, why = judged(found, expected, at or datetime.now(UTC))
    walk = walked(model)
    own = _inside(model, signature)
    changed, absent, uncovered, outside = _compared(walk, signed, own, digests, progress)
    reached = (reach or partial(opened_from, walk))(outside)
    aside = {row.path if isinstance(row, Entry) else row.artifact for row in walk.aside}
    return Verification(
        method=found.method,
        trust=trust,
        signer=who,
        why=why,
        subject=signed.name,
        sha256=signed.sha256,
        covered=len({line.name for line in signed.lines}),
        changed=tuple(changed[:MOST_LISTED]),
        absent=tuple(absent[:MOST_LISTED]),
        uncovered=tuple(uncovered[:MOST_LISTED]),
        ignored=signed.ignored,
        outside=tuple([path for path in outside if path not in aside][:MOST_LISTED]),
        reached=reached[:MOST_LISTED],
    )


def compared(
    model: Path,
    signature: Path,
    expected: Expected,
    digests: dict[str, str],
    reach: Reach,
    at: datetime | None = None,
) -> Verification:
    """As `verify`, for a model whose files were hashed already: path -> SHA-256 in hex.

    `reach` tells of files that the signer left out which of them are opened. Only what is signed otherwise is read
    again. Raises UsageError and Malformed as `verify` does.
    """
    return _verified(model, signature, expected, digests, reach, at, None)


def places(model: Path) -> tuple[Path, Path]:
    """Where a signature of the model may lie: MODEL.sig beside it (where `assay sign` puts it), or model.sig in it."""
    whole = model.resolve()
    return whole.with_name(f"{whole.name}.sig"), model / "model.sig"


def beside(model: Path) -> Path | None:
    """The signature of the model, if there is one in either place."""
    return next((path for path in places(model) if path.is_file()), None)


def judged(found: bundle.Bundle, expected: Expected, at: datetime) -> tuple[Trust, str, str]:
    """(trust, who signed, why) of a bundle, whatever it is about."""
    message = bundle.authenticated(found.payload)
    if found.method is Method.KEY:
        return _by_key(found, expected, message)
    if found.method is Method.SIGSTORE:
        if not expected.identities and (expected.public or expected.roots):
            return Trust.UNEXPECTED, "an identity at Sigstore", "it was signed keyless, and no identity is expected"
        return keyless.judged(found, expected.identities)
    key, subject, ends, broken = certified(found.certificates, [row for row, _ in expected.roots], at)
    if not keys.holds(key, found.signature, message):
        return (
            Trust.BROKEN,
            subject,
            "the signature was not made by the key of the first certificate, or the statement was changed",
        )
    if not expected.roots and (expected.public or expected.identities):
        return Trust.UNEXPECTED, subject, "it was signed with a certificate, and no root is expected"
    if not expected.roots:
        return Trust.UNKNOWN, subject, "the certificate names itself: give the root that you trust with --root"
    if broken:
        return Trust.UNEXPECTED, subject, broken
    allowed = [names for row, names in expected.roots if row in ends]
    if all(allowed) and not any(subject in names for names in allowed):
        return Trust.UNEXPECTED, subject, f"expected {' or '.join(name for names in allowed for name in names)}"
    return Trust.VERIFIED, subject, "its certificate leads to a root that you trust"


def _by_key(found: bundle.Bundle, expected: Expected, message: bytes) -> tuple[Trust, str, str]:
    called = f"a key with the hint {found.hint[:16]}..." if found.hint else "a key without a hint"
    if not expected.public and (expected.roots or expected.identities):
        return Trust.UNEXPECTED, called, "it was signed with a bare key, and none is expected"
    if not expected.public:
        return Trust.UNKNOWN, called, "give the public key that you expect with --key, or a trust file with --trust"
    for name, key in expected.public:
        if keys.holds(key, found.signature, message):
            return Trust.VERIFIED, name, "the signature was made by this key"
    hinted = next((name for name, key in expected.public if keys.hint(key) == found.hint), None)
    if hinted:
        return (
            Trust.BROKEN,
            hinted,
            "the bundle names this key, but the signature does not hold: signature or statement were changed",
        )
    return Trust.UNEXPECTED, called, "it is none of the keys given"


def _compared(
    walk: Walk, signed: SignedManifest, own: tuple[str, ...], digests: dict[str, str], progress: Progress | None
) -> tuple[list[str], list[str], list[str], list[str]]:
    """(changed, absent, uncovered) files, and those that the signer left out."""
    lines: dict[str, list[Covered]] = defaultdict(list)
    for line in signed.lines:
        lines[line.name].append(line)
    here = _by_name(walk, signed)
    steps = Steps(progress, "hashing", sum(entry.size for name, entry in here.items() if name in lines), "bytes")
    changed = []
    for name in sorted(lines.keys() & here.keys()):
        if not _same(here[name], lines[name], digests.get(here[name].path, "")):
            changed.append(name)
        steps.add(here[name].size)
    closed = (row.artifact for row in (*walk.obstacles, *walk.aside) if isinstance(row, Obstacle))
    found = sorted({*here, *closed} - lines.keys() - {*own})
    outside = [path for path in found if lies_in(path, signed.ignored)]
    uncovered = [path for path in found if not lies_in(path, signed.ignored)]
    return changed, sorted(lines.keys() - here.keys()), uncovered, outside


def _by_name(walk: Walk, signed: SignedManifest) -> dict[str, Entry]:
    """The files by the names under which they were signed; a model of one file is itself, whatever it was called."""
    if len(walk.entries) == 1 and walk.entries[0].path == walk.name and len({line.name for line in signed.lines}) == 1:
        return {signed.lines[0].name: walk.entries[0]}
    rows = (*walk.entries, *walk.aside)
    return {entry.path: entry for entry in rows if isinstance(entry, Entry)}


def _same(entry: Entry, rows: list[Covered], known: str) -> bool:
    """Whether a file is what its lines say: whole, or portion by portion and nothing between them."""
    if rows[0].start is None and rows[0].algorithm == "sha256":
        if known:
            return known == rows[0].digest
        found = hashed(entry)
        return found.obstacle is None and found.sha256 == rows[0].digest
    portions = sorted((row.start or 0, entry.size if row.stop is None else row.stop, row) for row in rows)
    at = 0
    with entry.place.source() as source:
        for start, stop, row in portions:
            if start != at or stop > entry.size or _digest(source, start, stop, row.algorithm) != row.digest:
                return False
            at = stop
    return at == entry.size


def _digest(source: Source, start: int, stop: int, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    source.seek(start)
    left = stop - start
    while left and (block := source.read(min(left, 1 << 20))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()
