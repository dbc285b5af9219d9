"""Stand at every named point of a network while it runs: keep what is there, put something else there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from assay.runtime import _attention
from assay.runtime._structure import Block, Structure, Writer, first

BEFORE, AFTER, HEADS, PATTERN, MIXED, VALUES = "before", "after", "heads", "pattern", "mixed", "values"
ALL, LAST = slice(None), slice(-1, None)

Point = tuple[str, int]
Edit = Callable[[Any], Any]  # what is at a point -> what goes on instead, both [rows, tokens, ...]


class StandStill:
    """In place of a cache: keys and values of the tokens that stand still, before those that are given each time."""

    def __init__(self, pairs: Mapping[int, tuple[Any, Any]]) -> None:
        self._pairs = pairs

    def update(self, key: Any, value: Any, layer: int, *_rest: Any, **_named: Any) -> tuple[Any, Any]:
        """Keys and values of all tokens (transformers' Cache.update)."""
        import torch

        keys, values = (row.expand(key.shape[0], -1, -1, -1) for row in self._pairs[layer])
        return torch.cat([keys, key], 2), torch.cat([values, value], 2)


class Beside:
    """What is kept (`kept`), and what goes into the norms behind parts (`bases`), by point; `pairs` are the keys and
    values of tokens that were read before, by layer.
    """

    def __init__(
        self,
        torch: Any,
        keep: Mapping[str, slice],
        edits: Mapping[Point, Edit],
        hidden: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Args:
        keep: what is kept of every layer, by kind, at which tokens.
        edits: what is put elsewhere, by point.
        hidden: for each row the tokens (start, stop) that no later token sees.
        """
        self.kept: dict[Point, Any] = {}
        self.bases: dict[Point, Any] = {}
        self.pairs: dict[int, tuple[Any, Any]] = {}
        self._torch, self._keep, self._edits, self._hidden = torch, keep, edits, hidden
        self._layers: dict[int, int] = {}

    @contextmanager
    def standing(self, network: Any, structure: Structure) -> Iterator[None]:
        """Meanwhile."""
        handles: list[Any] = []
        kinds = {kind for kind, _ in self._edits} | set(self._keep)
        for layer, block in enumerate(structure.blocks):
            self._layers[id(block.attention)] = layer
            handles += self._around(kinds, layer, block)
            for row in block.writers:
                handles += self._behind(kinds, layer, row)
        try:
            with _attention.watched(network, self._attended, self._masked):
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _around(self, kinds: set[str], layer: int, block: Block) -> Iterator[Any]:
        if BEFORE in kinds:
            yield block.module.register_forward_pre_hook(self._inputs(BEFORE, layer), with_kwargs=True)
        if AFTER in kinds:
            yield block.module.register_forward_hook(self._outputs(AFTER, layer))
        if HEADS in kinds and block.projection is not None:
            yield block.projection.register_forward_pre_hook(self._inputs(HEADS, layer), with_kwargs=True)

    def _behind(self, kinds: set[str], layer: int, row: Writer) -> Iterator[Any]:
        if row.kind in kinds:
            yield row.last.register_forward_hook(self._outputs(row.kind, layer, row.factor))
        if row.kind in self._keep and row.norms:
            yield row.norms[0].register_forward_pre_hook(self._base(row.kind, layer))

    def _at(self, kind: str, layer: int, value: Any, factor: float = 1.0) -> Any:
        """What goes on instead of `value` (None: itself), and what is kept of it: `factor` times as much is added."""
        edit = self._edits.get((kind, layer))
        added = value if factor == 1 else value * factor
        if edit is not None:
            added = edit(added)
        if kind in self._keep:  # all of it: the tensor itself, so that it has a gradient
            at = self._keep[kind]
            self.kept[kind, layer] = added if at == ALL else added[:, at].clone()
        if edit is None and (factor == 1 or not added.requires_grad):
            return None
        return added if factor == 1 else added / factor

    def _outputs(self, kind: str, layer: int, factor: float = 1.0) -> Callable[..., Any]:
        def hook(_module: Any, _given: Any, out: Any) -> Any:
            value = self._at(kind, layer, first(out), factor)
            return None if value is None else (value, *out[1:]) if isinstance(out, tuple) else value

        return hook

    def _inputs(self, kind: str, layer: int) -> Callable[..., Any]:
        def hook(_module: Any, given: Any, named: dict[str, Any]) -> Any:
            value = self._at(kind, layer, given[0] if given else named["hidden_states"])
            if value is None:
                return None
            return ((value, *given[1:]), named) if given else ((), {**named, "hidden_states": value})

        return hook

    def _base(self, kind: str, layer: int) -> Callable[..., None]:
        def hook(_module: Any, given: Any) -> None:
            self.bases[kind, layer] = given[0][:, self._keep[kind]].clone()

        return hook

    def _attended(
        self, module: Any, query: Any, key: Any, value: Any, mask: Any, named: dict[str, Any], _out: Any
    ) -> None:
        layer, still = self._layers[id(module)], key.shape[2] - query.shape[2]
        if still:
            self.pairs[module.layer_idx] = key[:, :, :still], value[:, :, :still]
        if PATTERN in self._keep:
            found = _attention.shares(self._torch, query, key, mask, named, self._keep[PATTERN])
            self.kept[PATTERN, layer] = found
        if MIXED in self._keep:
            found = _attention.shares(self._torch, query, key, mask, named, self._keep[MIXED])
            self.kept[MIXED, layer] = found.mean(1)
        if VALUES in self._keep:
            self.kept[VALUES, layer] = value

    def _masked(self, mask: Any, query: Any, key: Any) -> Any:
        return _attention.without(self._torch, mask, query, key, self._hidden) if self._hidden else mask
