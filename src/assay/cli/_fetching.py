"""Options for what a run may fetch from hubs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click.decorators import FC

from assay.cli import _options as options

if TYPE_CHECKING:
    from assay.subject.fetching import Limits


def fetching(command: FC) -> FC:
    """`--max-download`, `--downloads` and `--keep-fetched`."""
    size = options.Amount(options.BYTES, 0)
    for option in reversed((
        click.option("--max-download", type=size, metavar="SIZE", help="Fetch no more than this from hubs, in all."),
        click.option(
            "--downloads", type=click.IntRange(1, 64), default=4, show_default=True, metavar="N",
            help="Fetch so many models at a time.",
        ),
        click.option(
            "--keep-fetched", type=size, metavar="SIZE",
            help="Once read, remove fetched models until no more than this is left in the cache, what was read longest"
            " ago first; 0 removes all. What was there before stays.",
        ),
    )):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def limits(max_download: int | None, downloads: int, keep_fetched: int | None) -> Iterator[Limits]:
    """The limits that these options set, for the time of a run."""
    from assay.subject.fetching import Limits

    with tempfile.TemporaryDirectory(prefix="assay-fetching-", ignore_cleanup_errors=True) as folder:
        yield Limits(folder, max_download, downloads, keep_fetched)
