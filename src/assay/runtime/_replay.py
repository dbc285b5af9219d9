"""Write long texts on a GPU by a recorded step: its kernels are started together, not one by one from Python.

A step of a large network in few rows takes less time on the GPU than transformers takes to start it. So it is recorded
once as a CUDA graph, over a cache of fixed size, and replayed. What is replayed must first agree with what is not.
"""

from __future__ import annotations

from typing import Any

from assay.runtime._batches import Eager, begun
from assay.runtime._network import Network
from assay.runtime._tracing import tolerance

LEAST = 32  # tokens to write from which recording pays
_ROOM = 256  # tokens: caches are made in steps of so many
_WARM = 2  # steps that libraries take to choose their kernels, before one is recorded


class Replay:
    """Steps of a fixed number of rows, in a cache of `room` tokens each; rows that have ended are computed on."""

    def __init__(self, network: Network, rows: int, room: int) -> None:
        from transformers import StaticCache

        torch, device = network.torch, network.device
        self.rows, self.room, self._network = rows, room, network
        self.agrees = False  # with steps that are not recorded: it is used only where it does
        self.busy = False  # with texts that are not finished; others are then written without it
        self._cache: Any = StaticCache(config=network.module.config, max_cache_len=room)
        self._ids = torch.zeros((rows, 1), dtype=torch.int64, device=device)
        self._position = torch.zeros((rows, 1), dtype=torch.int64, device=device)
        self._slot = torch.zeros(1, dtype=torch.int64, device=device)
        self._seen = torch.zeros((rows, 1, 1, room), dtype=torch.bool, device=device)
        self._going: list[int] = []
        self._graph: Any = None
        self._out: Any = None

    @property
    def whole(self) -> bool:
        """Whether every layer attends to all that was read: a window would need a mask of its own."""
        from transformers.cache_utils import StaticLayer

        return all(type(layer) is StaticLayer for layer in self._cache.layers)

    def begin(self, rows: list[list[int]], count: int = 1) -> Any:
        """Logits after each row, which is written on `count` times."""
        logits, cache, mask = begun(self._network, rows)
        for own, read in zip(self._cache.layers, cache.layers, strict=True):
            if own.is_initialized:
                own.cumulative_length.zero_()
            own.update(read.keys.repeat_interleave(count, 0), read.values.repeat_interleave(count, 0))
        length = cache.get_seq_length()
        self._seen.zero_()
        self._seen[..., :length] = True if mask is None else mask.bool().repeat_interleave(count, 0)[:, None, None]
        self._position.copy_(self._seen.sum(-1)[:, 0])
        self._slot.fill_(length)
        self._going = list(range(self.rows))
        return logits.repeat_interleave(count, 0)

    def step(self, tokens: Any, kept: list[int] | None = None) -> Any:
        """Logits after one more token of each row that goes on."""
        if kept is not None:
            self._going = [self._going[at] for at in kept]
        self._ids[self._going, 0] = tokens
        if self._graph is None:
            out = self._next()
        else:
            self._graph.replay()
            out = self._out
        return out[self._going].float()

    def record(self, rows: list[list[int]]) -> None:
        """Record a step; `rows` are any."""
        cuda = self._network.torch.cuda
        self.begin(rows)
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):
            for _ in range(_WARM):
                self._next()
        cuda.current_stream().wait_stream(side)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            self._out = self._next()
        self._graph = graph

    def _next(self) -> Any:
        network = self._network
        self._seen.index_fill_(3, self._slot, True)
        given = {network.cache: self._cache, "attention_mask": self._seen, "position_ids": self._position}
        out = network.module(input_ids=self._ids, use_cache=True, logits_to_keep=1, **given).logits[:, -1]
        self._position += 1
        self._slot += 1
        return out


def room(tokens: int) -> int:
    """The size of a cache for so many tokens."""
    return -(-tokens // _ROOM) * _ROOM


def made(network: Network, rows: int, room: int, check: list[int]) -> Replay:
    """Recorded steps, tried on the tokens of `check`: `agrees` says whether they give the network's own distributions.

    A network with windows of attention, or with steps that cannot be recorded, has none that agree.
    """
    found = Replay(network, rows, room)
    if not found.whole:
        return found
    tried = [check[: len(check) // 2 - at % 2] for at in range(rows)]  # of two lengths, so that some are padded
    try:
        if network.device.type == "cuda":
            found.record(tried)
        found.agrees = agree(found, network, tried, check[len(check) // 2 :])
    except (RuntimeError, TypeError, ValueError, AttributeError, KeyError, NotImplementedError):
        found.agrees = False
    return found


def agree(found: Replay, network: Network, rows: list[list[int]], more: list[int]) -> bool:
    """Whether the tokens `more`, one at a time in every row, have the distributions of steps that are not recorded."""
    eager, worst = Eager(network), 0.0
    own, logits = found.begin(rows), eager.begin(rows)
    for id in more:
        worst = max(worst, float((own.softmax(-1) - logits.softmax(-1)).abs().sum(-1).max() / 2))
        tokens = network.tensor([[id]] * len(rows))[:, 0]
        own, logits = found.step(tokens), eager.step(tokens)
    return worst < tolerance(network.torch, network.module)
