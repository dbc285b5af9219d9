"""Refuse a network that does not fit into memory, and turn a failed allocation into one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from assay.errors import UsageError

T = TypeVar("T")
R = TypeVar("R")
CACHE = {"cpu": 1 << 30, "cuda": 8 << 30}  # bytes of keys and values that prompts side by side may take
# what torch says where it gets no memory: there is no class of its own for the CPU
_SAYS = ("allocate", "out of memory")


def fitting(torch: Any, name: str, device: str, takes: dict[str, int], taken: int = 0) -> str:
    """The first of `takes` (type of numbers: bytes that the model takes in them) that fits into the device's memory.

    `taken` are bytes of it that networks of this process take; a GPU says itself what is free.

    Raises UsageError where none does.
    """
    there, taken = (torch.cuda.mem_get_info()[0], 0) if device == "cuda" else (_memory(), taken)
    found = next((kind for kind, size in takes.items() if there is None or size <= there - taken), None)
    if found is None:
        kind, size = min(takes.items(), key=lambda row: row[1])
        where = "the GPU has" if device == "cuda" else "this machine has"
        less = f", of which other models take {taken / 1e9:.0f}" if taken else ""
        raise UsageError(
            f"{name} takes {size / 1e9:.0f} GB as {kind}, and {where} {(there or 0) / 1e9:.0f} GB of memory{less}; "
            "ask it behind an endpoint instead"
        )
    return found


def _memory() -> int | None:
    """Bytes of this machine's memory, where that can be asked."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def tokens(config: Any, device: str) -> int:
    """How many tokens may be in caches at a time: keys and values of all layers, of 32 bits, in CACHE bytes."""
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return max(1, CACHE[device] // int(8 * config.num_hidden_layers * heads * width))


class NotEnough(UsageError):
    """Memory was asked for and not given; a smaller piece of the same work may have room."""


@contextmanager
def enough(name: str) -> Iterator[None]:
    """Turns a failure to get memory into one sentence (NotEnough)."""
    try:
        yield
    except MemoryError:
        raise _not_enough(name) from None
    except RuntimeError as cause:
        if not any(word in str(cause) for word in _SAYS):
            raise
        raise _not_enough(name) from None


def _not_enough(name: str) -> NotEnough:
    return NotEnough(f"{name}: there is not enough memory for this: free some of it, or give a shorter text")


def abreast(torch: Any, name: str, rows: Sequence[T], work: Callable[[Sequence[T]], Sequence[R]]) -> tuple[R, ...]:
    """What `work` gives for all rows, side by side; by halves where memory does not hold as many at a time.

    Raises NotEnough where it does not hold one.
    """
    try:
        with enough(name):
            return tuple(work(rows))
    except NotEnough:
        if len(rows) <= 1:
            raise
    # beyond the handler, which keeps what failed alive
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    half = len(rows) // 2
    return (*abreast(torch, name, rows[:half], work), *abreast(torch, name, rows[half:], work))
