"""Index a corpus, and trace text in it: `open` a corpus that was built with `assay corpus build`, then ask it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus
    from assay.execution import Executor


def open(
    directories: Path | str | Sequence[Path | str], executor: Executor | None = None, *, offline: bool = False
) -> Corpus:
    """The corpus in a folder or behind a URL, or several as one.

    Args:
        directories: where they are.
        executor: who asks the shards, where there are many (see `assay.execution.executor`); else this process does.
        offline: open no connection; a corpus behind a URL has to be in the cache.

    Raises:
        UsageError: there is no corpus, it is of a newer version, or a file of it is absent or damaged.
    """
    from assay.corpus.collection import open_corpora

    listed = [directories] if isinstance(directories, str | Path) else directories
    return open_corpora(listed, executor, offline=offline)
