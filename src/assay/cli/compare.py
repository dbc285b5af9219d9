"""`assay compare`: what changed between two audits."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import consistent, saved
from assay.cli._streams import Output, encoded, looks, put
from assay.facts.codec import canonical


@command("compare")
@click.argument("old", type=options.FILE)
@click.argument("new", type=options.FILE)
@options.formats("text", "json", "html")
@options.verbose("Print everything that differs.")
def COMMAND(old: Path, new: Path, outputs: tuple[Output, ...], verbose: bool) -> int:
    """Compare two dossiers (JSON or HTML of an audit): files, claims, licence text, components, findings, verdict, why.

    What changed in assay's own rules is kept apart: each finding that differs says whether the model, the rules, both
    or the policy changed. Exit status: 0, or 1 if the verdict is worse or the MOF class by evidence lower; 2 if it
    could not run.
    """
    from assay.pipeline.change import change
    from assay.render.record.change import lines

    before, after = saved(old), saved(new)
    with consistent(old, new):
        found = change(before, after)
        for format, path in outputs:
            if format == "html":
                from assay.render.record.change_page import page

                put(page(found, before, after), path)
                continue
            rows = lines(found, *looks(path), verbose)
            put(canonical(found) if format == "json" else encoded(rows), path)
    return 1 if found.worse else 0
