"""`assay report`: any format from a saved dossier."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._load import saved
from assay.cli._output import target, write_all


@click.command("report")
@click.argument("dossier", type=options.FILE)
@options.reports()
@options.verbose("In text, print what passed and every piece of evidence too.")
def COMMAND(dossier: Path, outputs: tuple[str, ...], verbose: bool) -> None:
    """Write reports from DOSSIER: the JSON of an audit, or its HTML page.

    The model is not needed and not read. Exit status 0 whatever the verdict was.
    """
    write_all(saved(dossier), tuple(map(target, outputs)) or (target("text"),), verbose=verbose)
