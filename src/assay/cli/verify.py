"""`assay verify`: is a model what somebody signed, and was it who you expect?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli._progress import progress
from assay.cli._streams import colour_wanted, one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.signature import Trust

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@click.command("verify")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The signature; by default MODEL.sig beside the model, or model.sig in it.",
)
@click.option(
    "--key",
    "public",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="A public key that you expect; may be repeated.",
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path),
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
@click.option("--trust", type=click.Path(path_type=Path), metavar="FILE", help="A trust file with keys and roots.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Judge certificates by this date instead of today.",
)
@click.option("-o", "--output", default="text", metavar="FORMAT[=PATH]", help="text or json.")
@click.option("-q", "--quiet", is_flag=True, help="Print one line only.")
def COMMAND(
    model: Path,
    signature: Path | None,
    public: tuple[Path, ...],
    roots: tuple[Path, ...],
    subjects: tuple[str, ...],
    trust: Path | None,
    as_of: datetime | None,
    output: str,
    quiet: bool,
) -> int:
    """Check a signature of MODEL: who signed, how, what is covered, what is not, and whether that signer was expected.

    Reads OpenSSF model-signing v1.0 bundles by key and by certificate. Exit status: 0 an expected signer signed exactly these
    files; 1 something differs; 3 nobody was expected, so nothing was verified; 2 could not run.
    """
    from assay.attest import keys
    from assay.attest.model import Expected, verify
    from assay.attest.trust import expected
    from assay.render._signature import lines

    whom = expected(trust) if trust else Expected()
    whom = Expected(
        (*whom.public, *((str(path), keys.public_key(path)) for path in public)),
        (*whom.roots, *((row, subjects) for row in _roots(roots))),
    )
    format, path = one_of(output, ("text", "json"))
    with progress(quiet) as advance:
        try:
            found = verify(
                model,
                signature or _beside(model),
                whom,
                at=as_of.replace(tzinfo=UTC) if as_of else None,
                progress=advance,
            )
        except InputError as cause:
            raise UsageError(f"{signature or _beside(model)}: {cause.what}{_detail(cause)}") from None
    rows = list(lines(found, path is None and colour_wanted()))
    put(
        canonical(found)
        if format == "json"
        else "".join(f"{row}\n" for row in rows[: 1 if quiet else None]).encode("utf-8", "backslashreplace"),
        path,
    )
    if found.holds:
        return 0
    return 3 if found.trust is Trust.UNKNOWN and not (found.changed or found.absent or found.uncovered) else 1


def _roots(paths: tuple[Path, ...]) -> list[Certificate]:
    if not paths:
        return []
    from assay.attest.certificates import listed

    return [row for path in paths for row in listed(path)]


def _detail(cause: InputError) -> str:
    return "" if cause.expected is None else f": expected {cause.expected}, got {cause.got}"


def _beside(model: Path) -> Path:
    from assay.cli.sign import default

    places = (default(model), model / "model.sig")
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        raise UsageError(
            f"no signature at {places[0]} or {places[1]}: give --signature FILE. Most models are not signed"
        )
    return found
