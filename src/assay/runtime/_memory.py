"""Refuse a network that does not fit into memory, and turn a failed allocation into one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from assay.errors import UsageError

# what torch says where it gets no memory: there is no class of its own for the CPU
_SAYS = ("allocate", "out of memory")


def checked(name: str, values: int) -> None:
    """Raises UsageError where so many values as 32-bit floats are more than this machine's memory."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return
    if 4 * values > whole:
        raise UsageError(
            f"{name} takes {4 * values / 1e9:.0f} GB as 32-bit floats, and this machine has {whole / 1e9:.0f} GB of "
            "memory; ask it behind an endpoint instead"
        )


@contextmanager
def enough(name: str) -> Iterator[None]:
    """Turns a failure to get memory into one sentence."""
    try:
        yield
    except MemoryError:
        raise UsageError(f"{name}: there is not enough memory for this; give a shorter text") from None
    except RuntimeError as cause:
        if not any(word in str(cause) for word in _SAYS):
            raise
        raise UsageError(f"{name}: there is not enough memory for this; give a shorter text") from None
