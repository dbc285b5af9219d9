"""Write one text on a GPU by a recorded step: its kernels are started together, not one by one from Python.

A step of a large network in one row takes less time on the GPU than transformers takes to start it. So it is recorded
once as a CUDA graph, over a cache of fixed size, and replayed. What is replayed must first agree with what is not.
"""

from __future__ import annotations

from typing import Any

from assay.runtime._network import Network
from assay.runtime._tracing import tolerance

LEAST = 32  # tokens to write from which recording pays
_ROOM = 256  # tokens: caches are made in steps of so many
_WARM = 2  # steps that libraries take to choose their kernels, before one is recorded


class Replay:
    """A network that reads one prompt and then one token at a time, in a cache of `room` tokens."""

    def __init__(self, network: Network, room: int) -> None:
        from transformers import StaticCache

        torch = network.torch
        self.room, self._network = room, network
        self.busy = False  # with a text that is not finished; another is then written without it
        self._cache: Any = StaticCache(config=network.module.config, max_cache_len=room)
        self._ids = torch.zeros((1, 1), dtype=torch.int64, device=network.device)
        self._position = torch.zeros((1, 1), dtype=torch.int64, device=network.device)
        self._seen = torch.zeros((1, 1, 1, room), dtype=torch.bool, device=network.device)
        self._graph: Any = None
        self._out: Any = None

    @property
    def whole(self) -> bool:
        """Whether every layer attends to all that was read: a window would need a mask of its own."""
        from transformers.cache_utils import StaticLayer

        return all(type(layer) is StaticLayer for layer in self._cache.layers)

    def begin(self, ids: list[int]) -> Any:
        """float32[1, vocabulary]: logits after a prompt, which is read from the beginning."""
        torch, count = self._network.torch, len(ids)
        for layer in self._cache.layers:
            if layer.is_initialized:
                layer.cumulative_length.zero_()
        at = torch.arange(count, device=self._network.device)
        mask = torch.arange(self.room, device=self._network.device)[None] <= at[:, None]
        out = self._read(self._network.tensor([ids]), at[None], mask[None, None])
        self._position.fill_(count)
        self._seen.copy_(mask[None, None, -1:])
        return out.float()

    def step(self, token: Any) -> Any:
        """float32[1, vocabulary]: logits after one more token, int64[1, 1]."""
        self._ids.copy_(token)
        if self._graph is None:
            return self._next().float()
        self._graph.replay()
        return self._out.float().clone()

    def record(self, ids: list[int]) -> None:
        """Record a step; `ids` is any prompt."""
        cuda = self._network.torch.cuda
        self.begin(ids)
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
        self._seen.index_fill_(3, self._position[0], True)
        out = self._read(self._ids, self._position, self._seen)
        self._position += 1
        return out

    def _read(self, ids: Any, positions: Any, mask: Any) -> Any:
        network = self._network
        given = {network.cache: self._cache, "attention_mask": mask, "position_ids": positions}
        return network.module(input_ids=ids, use_cache=True, logits_to_keep=1, **given).logits[:, -1]


def room(tokens: int) -> int:
    """The size of a cache for so many tokens."""
    return -(-tokens // _ROOM) * _ROOM


def made(network: Network, room: int, check: list[int]) -> Replay | None:
    """A recorded step whose distributions after the tokens of `check` are the network's own; None where there is none.

    A network with windows of attention, or with steps that cannot be recorded, has none.
    """
    try:
        found = Replay(network, room)
        if not found.whole:
            return None
        if network.device.type == "cuda":
            found.record(check)
        return found if agrees(found, network, check) else None
    except (RuntimeError, TypeError, ValueError, AttributeError, KeyError, ImportError, NotImplementedError):
        return None


def agrees(found: Replay, network: Network, ids: list[int]) -> bool:
    """Whether the last tokens, one at a time, have the distributions that the network gives without the recording."""
    split, worst = len(ids) // 2, 0.0
    own, (logits, cache) = found.begin(ids[:split]), network.read(network.tensor([ids[:split]]))
    for id in ids[split:]:
        worst = max(worst, float((own.softmax(-1) - logits.softmax(-1)).abs().sum() / 2))
        token = network.tensor([[id]])
        own = found.step(token)
        logits, cache = network.read(token, cache)
    return worst < tolerance(network.torch, network.module)
