"""Threads of a command that runs a model: its process is its own, so it alone may set what holds for all of it."""

from __future__ import annotations


def use(threads: int) -> None:
    """Have torch compute on so many threads (0: as many as it chooses); an endpoint or a record needs no torch."""
    if not threads:
        return
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(threads)
