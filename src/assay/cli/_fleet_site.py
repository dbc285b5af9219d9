"""`assay fleet site`: kept models as pages for a static server."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, command
from assay.cli._progress import progress
from assay.cli._registry import kept
from assay.cli._streams import say
from assay.errors import UsageError


@command("site")
@click.argument("folder", cls=WrittenArgument, folder=True, type=options.FILE)
@click.argument("query", nargs=-1)
@options.registry()
@click.option(
    "--since",
    metavar="DATE",
    help="What changed since the end of this day; by default since each model's audit before.",
)
@click.option("--reports", is_flag=True, help="Write the whole report of each model, too.")
@options.most("models", "Write at most this many, those that were kept last.", least=1, top=1_000_000, default=10_000)
@options.quiet()
def site(
    folder: Path,
    query: tuple[str, ...],
    registry: str | None,
    since: str | None,
    reports: bool,
    most: int,
    quiet: bool,
) -> None:
    """Write a static site of the kept models to FOLDER: what changed, an index, and a page for each model.

    QUERY narrows the models down, as in assay list. All links are relative, and nothing is fetched from elsewhere;
    pages of the same name are replaced, others are left. Exit status 0, whatever the verdicts.
    """
    from assay.fleet.diff import time_of
    from assay.fleet.site import written
    from assay.render.record.fleet_change import headline

    time = time_of(since) if since else ""
    if since and not time:
        raise UsageError(f"{since!r} is no date: expected one such as 2026-11-27")
    with kept(registry) as found, progress(quiet) as advance:
        told = written(
            found, folder, query=query, since=(time, since) if since else None, reports=reports, most=most,
            progress=advance,
        )  # fmt: skip
    if not quiet:
        say(headline(told).line)
        say(f"wrote {folder / 'index.html'}", err=True)
