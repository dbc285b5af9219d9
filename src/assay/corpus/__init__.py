"""Index a corpus, and trace text in it: `open` a corpus that was built with `assay corpus build`, then ask it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus
    from assay.execution import Executor


def open(directories: Path | str | Sequence[Path | str], executor: Executor | None = None) -> Corpus:
    """The corpus in a folder or behind a URL, or several as one.

    Args:
        directories: where they are.
        executor: who asks the shards, where there are many (see `assay.execution.executor`); else this process does.

    Raises:
        UsageError: there is no corpus, it is of a newer version, or a file of it is absent or damaged.
    """
    from assay.corpus.collection import open_corpora

    return open_corpora([directories] if isinstance(directories, str | Path) else directories, executor)
