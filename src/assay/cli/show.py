"""`assay show`: a kept audit, in any format."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._output import target, write_all
from assay.cli._registry import kept


@command("show")
@click.argument("audit", metavar="NAME|NAME~N|DIGEST")
@options.registry()
@options.reports()
@options.verbose("In text, print what passed and every piece of evidence too.")
def COMMAND(audit: str, registry: str | None, outputs: tuple[str, ...], verbose: bool) -> None:
    """Show a kept audit: the latest of the model NAME, the one N before it, or the one of a dossier's digest.

    The dossier is verified by its digest when it is read. The model is not needed. Exit status 0 whatever the verdict.
    """
    with kept(registry) as found:
        dossier = found.dossier(found.one(audit))
    write_all(dossier, tuple(map(target, outputs)) or (target("text"),), verbose=verbose)
