"""`assay verify`: is a model what somebody signed, and was it who you expect?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._progress import progress
from assay.cli._recheck import Named, rechecked
from assay.cli._registry import known
from assay.cli._streams import Output, looks, put_record
from assay.errors import InputError, UsageError
from assay.facts.signature import Trust

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from assay.attest.keyless import Identity
    from assay.attest.model import Expected


@command("verify")
@click.argument("what", nargs=-1, required=True, type=options.FILE, metavar="[DOSSIER] MODEL")
@click.option(
    "--signature",
    type=options.FILE,
    metavar="FILE",
    help="The signature; by default MODEL.sig beside the model, or model.sig in it.",
)
@click.option(
    "--key",
    "public",
    multiple=True,
    type=options.FILE,
    metavar="PEM",
    help="A public key that you expect; may be repeated.",
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=options.FILE,
    metavar="PEM",
    help="Root certificates that you trust; may be repeated.",
)
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="NAME",
    help="The name that the certificate must have (RFC 4514); may be repeated.",
)
@click.option(
    "--identity", metavar="NAME", help="The keyless identity that you expect: an e-mail address or URI (with --issuer)."
)
@click.option("--issuer", metavar="URL", help="Who vouches for that identity.")
@click.option(
    "--trusted-root",
    type=options.FILE,
    metavar="FILE",
    help="The roots for --identity; by default those of Sigstore's public instance.",
)
@options.trust("A trust file with keys and roots.")
@options.as_of("certificates")
@click.option(
    "--attestation",
    type=options.FILE,
    metavar="FILE",
    help="What `assay attest` wrote; by default DOSSIER.intoto.jsonl, if it is there.",
)
@options.policy("With DOSSIER: the policy file that it was made with.")
@click.option(
    "--baseline",
    type=options.FILE,
    metavar="FILE",
    help="With DOSSIER: the known findings that it was made with: a file, or sha256:DIGEST of a kept baseline.",
)
@options.base("With DOSSIER: the base that it was made with.")
@options.corpora("With DOSSIER: a corpus that it was made with")
@options.questions("With DOSSIER: the questions that it was made with")
@options.plugins("With DOSSIER: a package that took part")
@options.formats("text", "json")
@options.quiet("Print one line only.")
def COMMAND(
    what: tuple[Path, ...],
    signature: Path | None,
    public: tuple[Path, ...],
    roots: tuple[Path, ...],
    subjects: tuple[str, ...],
    identity: str | None,
    issuer: str | None,
    trusted_root: Path | None,
    trust: Path | None,
    as_of: datetime | None,
    attestation: Path | None,
    policy: str | None,
    baseline: Path | None,
    base: str | None,
    corpora: tuple[str, ...],
    packs: tuple[Path, ...],
    plugins: tuple[str, ...],
    outputs: tuple[Output, ...],
    quiet: bool,
) -> int:
    """Check a signature of MODEL: who signed, how, what is covered, what is not, and whether that signer was expected.

    Reads OpenSSF model-signing v1.0 bundles by key, by certificate and keyless (Sigstore). With DOSSIER (what `assay
    audit -o json` wrote): hash MODEL again, check what was signed about the audit, and do the audit again, which must
    say the same by rules that come with assay or that you give (--policy, --baseline). Exit status: 0 it holds; 1
    something differs, or the signer that you ask for did not sign; 3 nobody was expected as signer, or the audit cannot
    be done again as it was; 2 could not run.
    """
    from assay.attest import keys
    from assay.attest.model import Expected, verify
    from assay.attest.trust import expected
    from assay.render.record.signature import headline, lines

    whom = expected(trust) if trust else Expected()
    whom = Expected(
        (*whom.public, *((str(path), keys.public_key(path)) for path in public)),
        (*whom.roots, *((row, ()) for row in _roots(roots))),
        (*whom.identities, *_identity(identity, issuer, trusted_root)),
    )
    if subjects:
        whom = _named(whom, subjects, "--key" if public else "--identity" if identity else "")
    at = as_of.replace(tzinfo=UTC) if as_of else None
    if len(what) > 2:
        raise UsageError("give MODEL, or DOSSIER and MODEL")
    if len(what) == 2:
        if signature:
            raise UsageError("--signature is that of a model; the one about a dossier is given with --attestation")
        given = Named(policy, known(baseline, None) or None, base, corpora, trust, packs, plugins)
        asked = bool(public or roots or identity)
        return rechecked(what[0], what[1], attestation, whom, given, at, asked, outputs, quiet=quiet)
    if attestation or policy or baseline or base or corpora or packs or plugins:
        raise UsageError(
            "--attestation, --policy, --baseline, --base, --corpus, --questions and --plugin go with a dossier: "
            "assay verify DOSSIER MODEL"
        )
    model = what[0]
    with progress(quiet) as advance:
        try:
            found = verify(model, signature or _beside(model), whom, at=at, progress=advance)
        except InputError as cause:
            raise UsageError(f"{signature or _beside(model)}: {cause.what}{_detail(cause)}") from None
    for format, path in outputs:
        rows = [headline(found).line] if quiet else lines(found, *looks(path))
        put_record(format, found, rows, path)
    if found.holds:
        return 0
    return 3 if found.trust is Trust.UNKNOWN and not found.differs else 1


def _identity(name: str | None, issuer: str | None, root: Path | None) -> tuple[Identity, ...]:
    from assay.attest.keyless import Identity

    if name and issuer:
        return (Identity(name, issuer, root),)
    if name or issuer or root:
        raise UsageError("--identity and --issuer go together: a name means nothing without whoever vouches for it")
    return ()


def _named(whom: Expected, subjects: tuple[str, ...], other: str) -> Expected:
    """Of those expected the ones whose certificate has one of these names: a bare key or an identity has none."""
    from assay.attest.model import Expected

    if other:
        raise UsageError(f"--subject is the name in a certificate, which {other} has not: give one of the two")
    roots = [(row, tuple(name for name in subjects if not names or name in names)) for row, names in whom.roots]
    if not any(names for _, names in roots):
        raise UsageError("--subject goes with a root that may vouch for that name: give --root, or one in --trust")
    return Expected((), tuple((row, names) for row, names in roots if names), ())


def _roots(paths: tuple[Path, ...]) -> list[Certificate]:
    if not paths:
        return []
    from assay.attest.certificates import listed

    return [row for path in paths for row in listed(path)]


def _detail(cause: InputError) -> str:
    return "" if cause.expected is None else f": expected {cause.expected}, got {cause.got}"


def _beside(model: Path) -> Path:
    from assay.attest.model import beside, places

    found = beside(model)
    if found is None:
        first, second = places(model)
        raise UsageError(f"no signature at {first} or {second}: give --signature FILE. Most models are not signed")
    return found
