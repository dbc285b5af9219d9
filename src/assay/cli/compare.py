"""`assay compare`: what changed between two audits."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli._load import saved
from assay.cli._streams import colour_wanted, one_of, put
from assay.facts.codec import canonical


@click.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="text", metavar="FORMAT[=PATH]", help="text or json.")
@click.option("-v", "--verbose", is_flag=True, help="Print everything that differs.")
def COMMAND(old: Path, new: Path, output: str, verbose: bool) -> int:
    """Compare two dossiers (JSON or HTML of an audit): files, claims, licence text, components, findings, the verdict, and why.

    What changed in assay's own rules is kept apart: each finding that differs says whether the model, the rules, both or the policy changed.
    Exit status: 0, or 1 if the verdict is worse or the MOF class by evidence lower; 2 if it could not run.
    """
    from assay.pipeline.change import change
    from assay.render.output.text import terminal_width
    from assay.render.record.change import lines

    format, path = one_of(output, ("text", "json"))
    found = change(saved(old), saved(new))
    if format == "json":
        put(canonical(found), path)
    else:
        rows = lines(found, path is None and colour_wanted(), terminal_width(), verbose)
        put("".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace"), path)
    return 1 if found.worse else 0
