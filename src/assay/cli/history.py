"""`assay history`: what became of one model."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._registry import kept
from assay.cli._streams import Output, looks, put_record


@command("history")
@click.argument("name")
@options.registry()
@options.most("audits", "Show at most this many.", least=1, top=100_000, default=50)
@options.formats("text", "json")
def COMMAND(name: str, registry: str | None, most: int, outputs: tuple[Output, ...]) -> None:
    """Show the kept audits of the model NAME, newest first, and what differs from one to the next.

    Each but the latest is called NAME~1, NAME~2 and so on in assay show and assay compare. Exit status 0.
    """
    from assay.render.record.kept import history

    with kept(registry) as found:
        rows = found.history(name, most + 1)
    shown = tuple(rows[:most])
    for format, path in outputs:
        text = history(shown, rows[most:], *looks(path))
        put_record(format, shown, text, path)
