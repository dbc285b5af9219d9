"""`assay fleet watch`: look for new revisions, audit them, tell a webhook."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._fetching import fetching, limits
from assay.cli._fleet_rows import status_of, write_rows
from assay.cli._progress import progress
from assay.cli._registry import where
from assay.cli._streams import Output, encoded, put, say
from assay.execution.cores import usable
from assay.facts.fleet import FleetRow

if TYPE_CHECKING:
    from assay.fleet.models import Entry
    from assay.subject.fetching import Limits


@command("watch")
@click.argument("models", type=options.FILE, default="models.toml", metavar="[MODELS.TOML]")
@options.registry()
@click.option("--once", is_flag=True, help="Look once and end, for cron.")
@click.option(
    "--every", "pause", type=options.Amount(options.SECONDS), default="1h", show_default=True, metavar="TIME",
    help="How long to rest between two looks.",
)  # fmt: skip
@click.option("--webhook", metavar="URL", help="Post a signed summary there of what changed (see: docs/fleet.md).")
@options.jobs("Local processes; by default one for each usable core.", top=1024, default=min(usable(), 1024))
@fetching
@options.formats("text", "json", "markdown")
@options.quiet("Print the first line only.")
def watch(
    models: Path,
    registry: str | None,
    once: bool,
    pause: int,
    webhook: str | None,
    jobs: int,
    max_download: int | None,
    downloads: int,
    keep_fetched: int | None,
    outputs: tuple[Output, ...],
    quiet: bool,
) -> int:
    """Ask hubs what the revisions of MODELS.TOML lead to now, audit what is new, and tell a webhook what came of it.

    Folders are looked at as assay fleet audit does. What was seen is kept in assay.watch.json beside the list. The
    webhook's secret is read from ASSAY_WEBHOOK_SECRET. Exit status with --once: as assay fleet audit, of what was
    audited this time; 2 if a hub or the webhook could not be asked.
    """
    if webhook is not None:  # an empty one is a variable that was never set
        from assay.fleet.watching import webhook as checked

        checked(webhook)  # now, and not after the audits
    while True:
        with limits(max_download, downloads, keep_fetched) as fetch:
            status = _look(models, registry, webhook, jobs, fetch, outputs, quiet=quiet)
        if once:
            return status
        time.sleep(pause)


def _look(
    models: Path,
    registry: str | None,
    webhook: str | None,
    jobs: int,
    fetch: Limits,
    outputs: tuple[Output, ...],
    *,
    quiet: bool,
) -> int:
    from assay.fleet import watching
    from assay.fleet.models import entries
    from assay.text.instant import instant

    path = models.parent / watching.NAME
    state, every = watching.remembered(path), entries(models)
    found = watching.asked(every, state)
    audited = _audited(found.entries, registry, jobs, fetch, quiet=quiet)
    rows = (*audited, *found.troubles)
    told = watching.summary(rows, len(every), instant(datetime.now(UTC)))
    waiting = (*state.waiting, *([told] if told.models and webhook else []))
    if given_up := waiting[: -watching.MOST_WAITING]:
        waiting = waiting[-watching.MOST_WAITING :]
        say(f"assay: given up, since no webhook took them: {len(given_up):,} summaries, the oldest ones", err=True)
    seen = watching.unfinished(found, audited)
    watching.remember(path, watching.State(watching.SCHEMA, seen, waiting))  # before the webhook, which may not answer
    _shown(rows, len(every), outputs, quiet=quiet)
    trouble = ""
    if webhook and waiting:
        left, trouble = watching.deliver(webhook, waiting)
        watching.remember(path, watching.State(watching.SCHEMA, seen, left))
    if trouble:
        say(f"assay: the webhook was not told, and is next time: {trouble}", err=True)
    return (status_of(rows) if rows else 0) or (2 if trouble else 0)


def _audited(
    found: tuple[Entry, ...], registry: str | None, jobs: int, fetch: Limits, *, quiet: bool
) -> tuple[FleetRow, ...]:
    from assay.execution import executor as executor_of
    from assay.fleet.auditing import Task, fleet
    from assay.registry import user
    from assay.registry.place import everywhere

    if not found:
        return ()
    place, by = everywhere(where(registry)), user()
    with progress(quiet) as advance:
        return fleet([Task(entry, place, by, limits=fetch) for entry in found], executor_of("local", jobs), advance)


def _shown(rows: tuple[FleetRow, ...], every: int, outputs: tuple[Output, ...], *, quiet: bool) -> None:
    from assay.text.many import many

    for format, path in outputs:
        if format == "text" and not rows:
            put(encoded([f"AS BEFORE  {many(every, 'model')}, nothing new"]), path)
        else:
            write_rows(rows, format, path, quiet=quiet)
