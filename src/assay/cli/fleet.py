"""`assay fleet`: audit many models, and know what changed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import group
from assay.cli._fetching import fetching, limits
from assay.cli._fleet_diff import diff
from assay.cli._fleet_rows import status_of, write_rows
from assay.cli._fleet_site import site
from assay.cli._fleet_watch import watch
from assay.cli._progress import progress
from assay.cli._registry import kept, where
from assay.cli._streams import Output, looks, note, put, put_record, say
from assay.errors import UsageError
from assay.execution.cores import usable
from assay.facts.codec import encode

if TYPE_CHECKING:
    from assay.facts.fleet import FleetRow


_LEASE = click.option(
    "--lease",
    type=click.IntRange(1, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="With a queue: a model whose worker is not heard of for so long is given to another.",
)


@group("fleet")
def COMMAND() -> None:
    """Audit many models: those that a list names, again only where something changed.

    The list is models.toml; every audit is kept in the registry (see: assay list).
    """


COMMAND.add_command(diff)
COMMAND.add_command(site)
COMMAND.add_command(watch)


@COMMAND.command("init")
@click.argument("project", type=options.FILE, metavar="PROJECT")
@options.formats("text", "json")
def init(project: Path, outputs: tuple[Output, ...]) -> None:
    """List the models that the code of PROJECT uses, and write them to models.toml there, unless there is one.

    Python, notebooks, Dockerfiles, Compose, Helm values and scripts are read; nothing is imported or run. Models
    without a commit are named: what they load tomorrow may be another. Exit status 0, whatever is found.
    """
    from assay.fleet import models, written
    from assay.fleet import project as projects
    from assay.render.record.uses import lines
    from assay.writing import write

    found = projects.uses(project)
    for format, path in outputs:
        put_record(format, found, lines(found, *looks(path)), path)
    place = project / models.NAME
    if found.places and not place.exists():
        write(place, written.toml(found.places).encode())
        note(f"wrote {place}: audit them with  assay fleet audit {place}", err=True)
    elif found.places:
        note(f"{place} is there already, and stays as it is", err=True)


@COMMAND.command("audit")
@click.argument("models", type=options.FILE, default="models.toml", metavar="[MODELS.TOML]")
@options.registry()
@click.option("--again", is_flag=True, help="Read every model again, also those that are as they were.")
@click.option(
    "--locked", is_flag=True, help="Stop with exit status 2 where files or policies are not those of assay.lock."
)
@options.cost()
@options.max_time("As of assay audit, for each model.")
@options.max_bytes("As of assay audit, for each model.")
@options.executor("local, or ray for a Ray cluster (extra: ray).", default="local")
@click.option("--queue", is_flag=True, help="Share the models with all who run  assay fleet work  on this registry.")
@options.jobs("Local processes; by default one for each usable core.", top=1024, default=min(usable(), 1024))
@click.option(
    "--part",
    type=options.Amount(options.BYTES, 0),
    default="4GB",
    show_default=True,
    metavar="SIZE",
    help="Have files of a model on disk that has twice as much or more read by several at once, about so much by each;"
    " 0 has one process read all of a model.",
)
@_LEASE
@fetching
@options.offline()
@options.formats("text", "json", "jsonl", "markdown", "sarif")
@options.quiet("Print the first line only.")
@options.verbose("List every model, also those that pass and are as they were.")
def audit(
    models: Path,
    registry: str | None,
    again: bool,
    locked: bool,
    cost: str,
    max_time: int | None,
    max_bytes: int | None,
    executor: str,
    queue: bool,
    jobs: int,
    part: int,
    lease: int,
    max_download: int | None,
    downloads: int,
    keep_fetched: int | None,
    offline: bool,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Audit every model of MODELS.TOML and keep the audits; one that is as it was is answered from the registry.

    A run that was interrupted goes on where it was. assay.lock beside the list gets a line for each model: commit it.
    Exit status: 1, 2 or 3 if one model FAILED, could not be audited or is INCOMPLETE, in this order; else 0.
    """
    from assay.execution import executor as executor_of
    from assay.fleet import queue as queued
    from assay.fleet.auditing import Task, fleet
    from assay.fleet.models import entries
    from assay.registry import user
    from assay.registry.place import everywhere

    if queue and executor != "local":
        raise UsageError("--queue shares the models by itself: leave --executor out")
    place, by = everywhere(where(registry)), user()
    with limits(max_download, downloads, keep_fetched) as fetch, progress(quiet) as advance:
        listed = entries(models, offline=offline)
        tasks = [Task(entry, place, by, offline, again, cost, max_time, max_bytes, limits=fetch) for entry in listed]
        if queue:
            rows = queued.fleet(tasks, jobs, lease, advance, part)
        else:
            rows = fleet(tasks, executor_of(executor, jobs), advance, part if executor != "local" or jobs > 1 else 0)
    refused = _lock(rows, models, refuse=locked)
    for format, path in outputs:
        _written(rows, format, path, models, registry, quiet=quiet, verbose=verbose)
    if refused:
        raise UsageError(f"{refused[0]}{f' and {len(refused) - 1:,} more' if len(refused) > 1 else ''}")
    return status_of(rows)


@COMMAND.command("work")
@options.registry()
@options.jobs("Local processes; by default one for each usable core.", top=1024, default=min(usable(), 1024))
@_LEASE
@fetching
@click.option("--stay", is_flag=True, help="Wait for more when no model is left; end with Ctrl-C.")
@options.offline()
@options.quiet()
def work(
    registry: str | None,
    jobs: int,
    lease: int,
    max_download: int | None,
    downloads: int,
    keep_fetched: int | None,
    stay: bool,
    offline: bool,
    quiet: bool,
) -> None:
    """Take part in audits that  assay fleet audit --queue  shares through the registry, until no model is left.

    Models and policies must lie where the list says so on this machine too. What waits for an assay of another
    version is left to that.
    """
    from assay.fleet.queue import Share, worked
    from assay.registry.place import everywhere
    from assay.registry.queue import worker

    with limits(max_download, downloads, keep_fetched) as fetch:
        share = Share(everywhere(where(registry)), worker(), lease, stay=stay, offline=offline, limits=fetch)
        done, others = worked(share, jobs)
    if not quiet:
        say(f"{done:,} models audited, and none is left")
    for version, number in others:
        say(f"{number:,} models wait for workers of assay {version}: start them with that version", err=True)


def _lock(rows: tuple[FleetRow, ...], models: Path, *, refuse: bool) -> tuple[str, ...]:
    """Bring the lock up to date, or say how the models differ from it."""
    from assay.fleet import lock
    from assay.writing import write

    path = models.parent / lock.NAME
    found = lock.locked(rows, models.parent)
    before = lock.read(path) if path.exists() else ()
    if refuse:
        return lock.otherwise(found, before)
    names = [lock.shown(row, models.parent).partition("@")[0] for row in rows if not row.audit]
    untouched = [row for row in before if any(_fits(row.reference, name) for name in names)]
    raw = lock.encoded(sorted((*found, *untouched), key=lambda row: row.reference))
    if not path.exists() or path.read_bytes() != raw:
        write(path, raw)
        note(f"wrote {path}", err=True)
    return ()


def _fits(reference: str, name: str) -> bool:
    """Whether a line of the lock is of this model, or of one that this pattern of a hub's models fits."""
    from fnmatch import fnmatchcase

    from assay.subject.hub import is_pattern

    own = reference.partition("@")[0]
    return own == name or (is_pattern(name) and fnmatchcase(own, name))


def _written(
    rows: tuple[FleetRow, ...],
    format: str,
    path: Path | None,
    models: Path,
    registry: str | None,
    *,
    quiet: bool,
    verbose: bool,
) -> None:
    if format == "jsonl":
        put("".join(f"{json.dumps(encode(row), sort_keys=True)}\n" for row in rows).encode("ascii"), path)
    elif format == "sarif":
        from assay.render.record.fleet_sarif import sarif

        with kept(registry) as found:
            folder = os.path.relpath(models.parent)
            put(sarif(rows, "" if folder == "." else Path(folder).as_posix(), found.dossier), path)
    else:
        write_rows(rows, format, path, quiet=quiet, verbose=verbose)
