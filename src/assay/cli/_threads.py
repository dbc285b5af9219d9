"""Threads of a command that runs a model: its process is its own, so it alone may set what holds for all of it."""

from __future__ import annotations

from collections.abc import Sequence
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


def beside(models: Sequence[str], threads: int, *, offline: bool) -> list[Runtime]:
    """Several models, each ready to be run beside those before it (UsageError: one cannot be run, or does not fit)."""
    found: list[Runtime] = []
    for model in models:
        found.append(ready(model, threads, offline=offline, taken=_taken(found) if found else 0))
    return found


def _taken(runtimes: Sequence[Runtime]) -> int:
    """How many bytes of memory these take."""
    from assay.runtime.torch_ import TorchRuntime  # numpy and more, which a workbench without models does without

    return sum(row.size for row in runtimes if isinstance(row, TorchRuntime))


def ready(model: str, threads: int, *, offline: bool, taken: int = 0) -> Runtime:
    """The model, ready to be run for as long as the command serves it (UsageError: it cannot be run).

    `taken` is how many bytes of memory other models take in this process.
    """
    from assay import uncertainty

    use(threads)
    try:
        return uncertainty.open(model, offline=offline, taken=taken)
    except InputError as cause:
        raise UsageError(str(cause)) from None
