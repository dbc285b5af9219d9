"""`assay compare`: what changed between two audits."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import consistent
from assay.cli._registry import saved_or_kept
from assay.cli._streams import Output, looks, put, put_record


@command("compare")
@click.argument("old")
@click.argument("new", required=False)
@options.registry()
@options.formats("text", "json", "html")
@options.verbose("Print everything that differs.")
def COMMAND(old: str, new: str | None, registry: str | None, outputs: tuple[Output, ...], verbose: bool) -> int:
    """Compare two audits: files, claims, licence text, components, findings, verdict, and why.

    OLD and NEW are dossiers (JSON or HTML of an audit), or kept audits as assay show takes them; OLD alone is the name
    of a model, of which the two latest kept audits are compared.

    What changed in assay's own rules is kept apart: each finding that differs says whether the model, the rules, both
    or the policy changed. Exit status: 0, or 1 if the verdict is worse or the MOF class by evidence lower; 2 if it
    could not run.
    """
    from assay.pipeline.change import change
    from assay.render.record.change import lines

    pair = (old, new) if new else (f"{old}~1", old)
    before, after = (saved_or_kept(words, registry) for words in pair)
    with consistent(*map(Path, pair)):
        found = change(before, after)
        for format, path in outputs:
            if format == "html":
                from assay.render.record.change_page import page

                put(page(found, before, after), path)
                continue
            rows = lines(found, *looks(path), verbose)
            put_record(format, found, rows, path)
    return 1 if found.worse else 0
