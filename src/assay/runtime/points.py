"""Named points in a decoder while it runs: keep what is there, put something else there, go on from any layer.

A point is (kind, layer). The kinds: BEFORE and AFTER, the residual stream around a block; ATTENTION and MLP, what these
add to it; HEADS, what attention's heads put out, side by side; PATTERN, the share of attention that each head gives to
each token; MIXED, its mean over the heads; VALUES, what the heads mix by it. The parts are found by `_structure`,
whatever the classes are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.runtime import _memory, _norm, _structure
from assay.runtime._beside import (
    AFTER,
    ALL,
    BEFORE,
    HEADS,
    LAST,
    MIXED,
    PATTERN,
    VALUES,
    Beside,
    Edit,
    Point,
    StandStill,
)
from assay.runtime._norm import Frozen
from assay.runtime._structure import ATTENTION, MLP, PART, Structure
from assay.runtime.torch_ import TorchRuntime

__all__ = [
    "AFTER",
    "ALL",
    "ATTENTION",
    "BEFORE",
    "HEADS",
    "LAST",
    "MIXED",
    "MLP",
    "PART",
    "PATTERN",
    "VALUES",
    "Edit",
    "Frozen",
    "Inner",
    "Point",
    "Run",
    "Text",
    "inner",
]
_CHECK = "The sun rises in the east and sets in the west."


@dataclass(frozen=True, slots=True)
class Run:
    """What a pass gave: `logits`, float32[rows, vocabulary] after the last token, and what was kept at each point.

    `bases` are what went into the norm behind a part, where it has one, at the same places as what was kept of it.
    """

    logits: Any
    kept: dict[Point, Any]
    bases: dict[Point, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read once, so that passes may begin within it: the `before` tokens at its start stand still."""

    ids: tuple[int, ...]
    before: int
    calls: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...]  # of each block: what else it is given
    run: Run


class Inner:
    """A decoder whose parts are known. Ids go in as lists, everything comes out as tensors on its device."""

    def __init__(self, runtime: TorchRuntime) -> None:
        """Find the parts (UsageError: it has none that assay knows)."""
        self.runtime, self.torch = runtime, runtime._torch
        self._network, self._device = runtime._network, runtime._device
        self._network.requires_grad_(False)  # nothing here trains it, and gradients of its weights would fill memory
        ids = runtime._started(_CHECK)[: runtime._context - 1]
        if len(ids) < _structure.LEAST:
            raise UsageError(
                f"{runtime.model} has a context of {runtime._context:,} tokens; "
                f"looking inside takes {_structure.LEAST + 1}"
            )
        self.structure: Structure = _structure.structure(self.torch, self._network, self.tensor([ids]))
        self.layers = len(self.structure.blocks)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What adds to the residual stream, by kind, in the order in which it does."""
        return tuple(dict.fromkeys(row.kind for block in self.structure.blocks for row in block.writers))

    @property
    def half(self) -> bool:
        """Whether it computes in 16-bit floats."""
        return bool(self._network.dtype != self.torch.float32)

    def tensor(self, ids: list[list[int]]) -> Any:
        """int64[rows, tokens] on the device."""
        return self.torch.tensor(ids, device=self._device)

    def ids(self, prompt: str) -> list[int]:
        """The tokens of a prompt, with room for one more in the model's context (UsageError: there is none)."""
        return self.runtime._started(prompt)

    def encoded(self, text: str) -> list[int]:
        """The tokens of a text that stands after others."""
        return list(self.runtime._tokens.encode(text, add_special_tokens=False).ids)

    def words(self, ids: list[int]) -> list[str]:
        """The text of each token by itself."""
        return [self.runtime._steps.decoded([id]) for id in ids]

    def written(self, ids: list[int], most: int) -> list[int]:
        """At most `most` tokens that the model writes after `ids`, greedily, up to where it ends."""
        steps, found = self.runtime._steps, list[int]()
        with self.torch.inference_mode(), _memory.enough(self.runtime.model):
            logits, cache = steps.read(self.tensor([ids]))
            while len(found) < min(most, self.runtime._context - len(ids)):
                token = int(logits.argmax(-1))
                if token in self.runtime._ends:
                    break
                found.append(token)
                logits, cache = steps.read(self.tensor([[token]]), cache)
        return found

    def logits(self, states: Any) -> Any:
        """float32[..., vocabulary]: what norm and head make of states [..., width] of the residual stream."""
        with self.torch.no_grad():
            return self._said(states)

    def _said(self, states: Any) -> Any:
        found = self.structure
        state = found.norm(states) if found.norm is not None else states
        return _structure.bend(self.torch, found.head(state).float(), found.scale, found.cap)

    def frozen(self, norm: Any, state: Any) -> Frozen:
        """A norm with its scale at a state [width]."""
        return _norm.frozen(self.torch, norm, state)

    def projection(self, layer: int) -> tuple[Any, Any]:
        """(float32[width, heads * size], float32[width]) of the map from heads to what attention puts out."""
        linear = self.structure.blocks[layer].projection
        matrix = _structure.matrix(self.torch, linear).float()
        return matrix, matrix.new_zeros(len(matrix)) if linear.bias is None else linear.bias.float()

    def projection_width(self, layer: int) -> int:
        """How many numbers all heads of a layer put out."""
        return int(_structure.matrix(self.torch, self.structure.blocks[layer].projection).shape[1])

    def unembedding(self, token: int) -> tuple[Any, float]:
        """(float32[width], bias) of a token: the logit before a cap is what they make of a normed state."""
        head, scale = self.structure.head, self.structure.scale
        bias = getattr(head, "bias", None)
        return head.weight[token].float() * scale, 0.0 if bias is None else float(bias[token]) * scale

    def read(
        self, ids: list[int], keep: Mapping[str, slice] = {}, before: int = 0, edits: Mapping[Point, Edit] = {}
    ) -> Text:
        """Read a text, so that passes may begin within it; its first `before` tokens are the same in all of them.

        Args:
            keep: what is kept of every layer, by kind, at which of the tokens after the first `before`.
            edits: what is put elsewhere, by point.
        """
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        given: dict[str, Any] = {"use_cache": False}
        cache = None
        beside = Beside(self.torch, keep, edits)

        def noted(_module: Any, args: Any, named: dict[str, Any]) -> None:
            calls.append((tuple(args[1:]), {name: row for name, row in named.items() if name != "hidden_states"}))

        with self.torch.no_grad(), _memory.enough(self.runtime.model), ExitStack() as stack:
            if before:
                out = self.runtime._base(input_ids=self.tensor([ids[:before]]), use_cache=True)
                cache = getattr(out, self.runtime._cache)
                given = {"use_cache": True, self.runtime._cache: cache}
            for row in self.structure.blocks:
                stack.callback(row.module.register_forward_pre_hook(noted, with_kwargs=True).remove)
            stack.enter_context(beside.standing(self._network, self.structure))
            out = self._network(input_ids=self.tensor([ids[before:]]), logits_to_keep=1, **given)
        still = StandStill(beside.pairs)

        def again(row: Any) -> Any:
            return still if cache is not None and row is cache else row

        rest = tuple(
            (tuple(map(again, args)), {name: again(row) for name, row in named.items()}) for args, named in calls
        )
        return Text(tuple(ids), before, rest, Run(out.logits[:, -1].float(), beside.kept, beside.bases))

    def resumed(
        self,
        text: Text,
        layer: int,
        states: Any,
        edits: Mapping[Point, Edit] = {},
        keep: Mapping[str, slice] = {},
        grad: bool = False,
        hidden: Sequence[tuple[int, int]] = (),
    ) -> Run:
        """Go on from before block `layer` with other states of the text's tokens: [rows, tokens, width].

        With `grad` the logits and what is kept have gradients. `hidden` are, for each row, the tokens (start, stop)
        that no later token sees.
        """
        beside = Beside(self.torch, keep, edits, hidden)
        with self.torch.set_grad_enabled(grad), _memory.enough(self.runtime.model):
            with beside.standing(self._network, self.structure):
                for at in range(layer, self.layers):
                    args, named = text.calls[at]
                    states = _structure.first(self.structure.blocks[at].module(states, *args, **named))
            logits = self._said(states[:, -1])
        return Run(logits, beside.kept, beside.bases)


def inner(runtime: TorchRuntime) -> Inner:
    """The inside of a model that runs here (UsageError: its parts cannot be found)."""
    return Inner(runtime)
