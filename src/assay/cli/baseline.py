"""`assay baseline`: a list of known findings, so that only new ones block."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay import files
from assay.cli import _options as options
from assay.cli._load import saved
from assay.facts.finding import Kind
from assay.policy.baseline import SCHEMA, known


@click.group("baseline")
def COMMAND() -> None:
    """Write or show a list of known findings.

    Fails and reviews on the list no longer block an audit that is given it. Open findings always count: what was not
    examined does not become known by being listed; accept it with a waiver.
    """


@COMMAND.command("write")
@click.argument("dossier", type=options.FILE)
@click.argument("file", type=options.FILE)
def write(dossier: Path, file: Path) -> None:
    """Write the fails and reviews of DOSSIER to FILE."""
    rows = [finding for finding in saved(dossier).findings if finding.kind in (Kind.FAIL, Kind.REVIEW)]
    value = {
        "schema": SCHEMA,
        "known": {finding.fingerprint: f"{finding.kind} {finding.check}: {finding.message}" for finding in rows},
    }
    files.write(file, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii"))
    click.echo(f"wrote {file}: {len(rows)} known findings")


@COMMAND.command("show")
@click.argument("file", type=options.FILE)
def show(file: Path) -> None:
    """Show the findings that FILE lists."""
    from assay.render.visible import visible

    for fingerprint, words in sorted(known(file).items()):
        click.echo(f"{fingerprint}  {visible(str(words))}")
