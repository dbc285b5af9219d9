"""Index a corpus, and trace text in it: `open` a corpus that was built with `assay corpus build`, then ask it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus
    from assay.execution import Executor


def open(
    directories: Path | str | Sequence[Path | str],
    executor: Executor | None = None,
    *,
    offline: bool = False,
    wait: float | None = None,
) -> Corpus:
    """The corpus in a folder, behind a URL or served at one, or several as one.

    Args:
        directories: where they are; a text may hold the addresses of several servers, with commas between them.
        executor: who asks the shards, where there are many (see `assay.execution.executor`); else this process does.
        offline: open no connection; a corpus behind a URL has to be in the cache.
        wait: seconds without a byte after which a server is given up; 30 where none are given.

    Raises:
        UsageError: there is no corpus, it is of a newer version, or a file of it is absent or damaged.
    """
    from assay.corpus.collection import WAIT, open_corpora

    listed = [directories] if isinstance(directories, str | Path) else directories
    return open_corpora(listed, executor, offline=offline, wait=wait or WAIT)
