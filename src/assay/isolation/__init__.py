"""Where hostile bytes are parsed: a worker process that is locked down, or, where none can be had, this process.

The worker's answer is length-prefixed JSON that the parent checks against the fact types; it is never unpickled.
"""

from __future__ import annotations

import sys
from typing import Protocol

from assay.errors import IsolationError
from assay.isolation.reading import MOST_TENSORS, InProcess, Place, Reader, Reading, identity, reading

__all__ = ["MOST_TENSORS", "InProcess", "Place", "Reader", "Reading", "available", "identity", "reader_for", "reading"]


class Rooted(Protocol):
    """What is to be read: the folders or files on disk that all of it lies below; none if it is not on disk.

    `far`: its bytes come over a network as they are asked for.
    """

    @property
    def roots(self) -> tuple[str, ...]: ...

    @property
    def far(self) -> bool: ...


def available() -> bool:
    """Whether this platform can run a worker over pipes with a deadline."""
    return sys.platform in ("linux", "darwin")


def reader_for(
    walk: Rooted,
    needed: tuple[str, ...],
    *,
    isolated: bool = True,
    require: bool = False,
    tensors: int = MOST_TENSORS,
) -> Reader:
    """The reader for the files of `walk`: a locked-down worker; this process, if asked for or where none can be had.

    Args:
        needed: the format modules that it must load (`formats.modules`).
        isolated: parse in a worker; False asks for this process.
        require: raise IsolationError rather than parse with less than the full isolation.
        tensors: that may be listed of all files together.

    Chat templates are tried out in this process only if this process was asked for.
    """
    there = bool(walk.roots or walk.far)
    if isolated and there and available():
        from assay.isolation.process import Worker  # needs `select`, which a browser's Python lacks

        return Worker(walk.roots, needed, require=require, tensors=tensors)
    if require:
        raise IsolationError("--require-isolation: this platform has no isolated reader; audit on Linux with Landlock")
    return InProcess(render=not (isolated and there), tensors=tensors)
