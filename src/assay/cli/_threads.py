"""Threads of a command that runs a model: its process is its own, so it alone may set what holds for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from assay.runtime import Runtime


def use(threads: int) -> None:
    """Have torch compute on so many threads (0: as many as it chooses); an endpoint or a record needs no torch."""
    if not threads:
        return
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(threads)


def ready(model: str, threads: int, *, offline: bool) -> Runtime:
    """The model, ready to be run for as long as the command serves it (UsageError: it cannot be run)."""
    from assay import uncertainty

    use(threads)
    try:
        return uncertainty.open(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
