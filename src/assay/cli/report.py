"""`assay report`: any format from a saved dossier."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import consistent, saved
from assay.cli._output import target, write_all
from assay.plugin import loaded


@command("report")
@click.argument("dossier", type=options.FILE)
@options.reports()
@options.plugins("Show the sections that this installed package brought, too")
@options.verbose("In text, print what passed and every piece of evidence too.")
def COMMAND(dossier: Path, outputs: tuple[str, ...], plugins: tuple[str, ...], verbose: bool) -> None:
    """Write reports from DOSSIER: the JSON of an audit, or its HTML page.

    The model is not needed and not read. Exit status 0 whatever the verdict was.
    """
    named = tuple(map(loaded, plugins))
    targets = tuple(map(target, outputs)) or (target("text"),)
    found = saved(dossier, named)
    with consistent(dossier):
        write_all(found, targets, verbose=verbose, plugins=named)
