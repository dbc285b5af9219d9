"""`assay list`: the audits that are kept."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._registry import kept
from assay.cli._streams import Output, looks, put_record


@command("list")
@click.argument("query", nargs=-1)
@options.registry()
@options.every("List every audit, and not the latest of each model alone.")
@options.most("audits", "List at most this many.", least=1, top=100_000, default=50)
@options.formats("text", "json")
def COMMAND(query: tuple[str, ...], registry: str | None, every: bool, most: int, outputs: tuple[Output, ...]) -> None:
    """List kept audits, newest first: the latest of each model.

    QUERY narrows it down, every word of it: part of a name, a pattern such as smol*, or verdict:failed,
    finding:pickle.*, licence:apache-2.0, base:org/name, file:sha256:..., policy:NAME, kind:adapter,
    since:2026-11-01, until:2026-11-30. Below a model stands what comes from its bases: a verdict that is not PASSED,
    another licence, or that no audit of one is kept. Exit status 0, whatever is found.
    """
    from assay.render.record.descent import inheriting
    from assay.render.record.kept import audits

    with kept(registry) as found:
        rows = found.audits(*query, every=every, most=most + 1)
        shown = tuple(inheriting(found.descents(rows[:most])))
    for format, path in outputs:
        more = len(rows) > most
        text = audits(shown, *looks(path), more=more)
        put_record(format, shown, text, path)
