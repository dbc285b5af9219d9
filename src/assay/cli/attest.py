"""`assay attest`: sign for an audit."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli import _options as options
from assay.cli._apart import apart, command
from assay.cli._load import bound, consistent
from assay.cli._signer import signer_of, signer_options
from assay.cli._streams import looks, say
from assay.writing import write

if TYPE_CHECKING:
    from assay.facts.dossier import Dossier


@command("attest")
@click.argument("dossier", type=options.FILE)
@signer_options
@options.target("Where it goes; by default DOSSIER.intoto.jsonl beside the dossier.")
@options.quiet()
def COMMAND(
    dossier: Path,
    key: Path,
    password_env: str | None,
    certificate: Path | None,
    chain: tuple[Path, ...],
    target: Path | None,
    quiet: bool,
) -> int:
    """Sign for the audit in DOSSIER: in-toto statements about the model, one signed bundle a line.

    Test result, verification result, bill of materials, and the dossier's digest. Their subject is the model, by the
    digest that an OpenSSF model signature has. A time is written only if SOURCE_DATE_EPOCH is set. Keep the file
    outside the model's folder: inside, it would be a file that no signature of the model covers.
    """
    from assay.attest.statements import attested

    found = bound(dossier)
    target = target or default(dossier)
    apart([target])
    who = signer_of(key, password_env, certificate, chain)
    with consistent(dossier):
        raw = attested(found, bill(found), who)
    write(target, raw)
    if not quiet:
        from assay.render.headline import Headline, Tone
        from assay.render.terminal import painter

        count, (colour, width) = len(raw.splitlines()), looks(None)  # one statement a line
        about = f"{found.subject.name}, sha256 {found.subject.sha256}"
        sentence = f"{count} statements that the verdict on {about}, is {found.decision.verdict}."
        say(*Headline("SIGNED", sentence, Tone.TELL).lines(painter(colour), width))
        say(f"wrote {target}")
    return 0


def bill(dossier: Dossier) -> dict[str, Any]:
    """The bill of materials that is signed: CycloneDX 1.6, as `-o cyclonedx` writes it."""
    from assay.render.output.cyclonedx import RENDER

    stream = BytesIO()
    RENDER.write(dossier, stream)
    found: dict[str, Any] = json.loads(stream.getvalue())
    return found


def default(dossier: Path) -> Path:
    """Beside the dossier."""
    return dossier.with_name(f"{dossier.name}.intoto.jsonl")
