"""`assay fleet diff`: what became of many models between two times."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._registry import kept, where
from assay.cli._streams import Output, encoded, looks, put, put_record
from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.facts.fleet import LockRow


@command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@options.registry()
@options.formats("text", "json", "markdown")
def diff(before: str, after: str, registry: str | None, outputs: tuple[Output, ...]) -> int:
    """Say which models are new, gone, worse or better in B than in A, and why.

    A and B are each a lock (assay.lock), a run (the JSON or JSON lines of assay fleet audit) or a time of the registry:
    a date, of which the end is meant, a time such as 2026-11-27T03:05:07Z, or now. Why is told from the kept dossiers.
    Exit status: 1 if a model is worse, or new and did not pass; else 0.
    """
    from assay import registry as registries
    from assay.fleet.diff import difference, row_of
    from assay.render.record.fleet_change import lines, markdown

    with ExitStack() as stack:
        there = bool(registry) or registries.is_there(where(registry))
        found = stack.enter_context(kept(registry)) if there else None

        def audits(time: str) -> Sequence[LockRow]:
            if found is None:
                raise UsageError("no audits are kept that could be asked for a date: name a registry with --registry")
            return [row_of(row) for row in found.as_of(time)]

        def dossier(digest: str) -> Dossier | None:
            try:
                return found.dossier(found.one(digest)) if found and digest else None
            except UsageError:  # it is not kept here, or damaged: `diff` says that it is not known
                return None

        told = difference(before, after, audits, dossier)
    for format, path in outputs:
        if format == "markdown":
            put(encoded(markdown(told)), path)
        else:
            put_record(format, told, lines(told, *looks(path)), path)
    return 1 if told.worse else 0
