"""`assay show`: a kept audit, in any format."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._output import target, write_all
from assay.cli._registry import kept
from assay.cli._streams import say


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
        which = found.one(audit)
        dossier, (descent,) = found.dossier(which), found.descents([which])
    targets = tuple(map(target, outputs)) or (target("text"),)
    write_all(dossier, targets, verbose=verbose)
    if any(entry.format == "text" and entry.path is None for entry in targets):
        from assay.render.record.descent import lines

        say(*lines(descent))
