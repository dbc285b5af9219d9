"""Trace a forward pass: attention to the previous token and one hidden state, reduced as they are computed.

transformers can return both, and then keeps the whole attention of every layer for every position. Here a layer's
attention function passes on its arguments, and only the rows of the text's own tokens are computed, in the middle
third of the layers (the choice of arXiv:2505.20045, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.runtime import _attention, _structure

NAME = "assay_sdpa"  # of the attention function, as transformers knows it
DEEP = 2 / 3  # of the depth: the layer whose state is kept (a probe on it: docs/measured/hallucination.md)
# to which what is computed here must agree with what the library itself returns, in 32-bit and in 16-bit floats: on
# SmolLM2 the largest gap of bfloat16 between two of its own attention functions is 0.025, and 0.02 between batches
_CLOSE, _CLOSE_HALF = 1e-3, 0.08


class Tracer:
    """Attention and state of one pass. `count`: how many tokens at the end of each row are traced (0: none)."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self.count, self.state_at = 0, 0
        self._layers: dict[int, Any] = {}
        self._state: Any = None

    def clear(self, count: int, state_at: int) -> None:
        """Trace the last `count` tokens, and the state of the token `state_at`."""
        self.count, self.state_at = count, state_at
        self._layers.clear()
        self._state = None

    def attended(self, layer: int, query: Any, key: Any, mask: Any, scaling: float | None) -> None:
        """Keep the share that each head of this layer gives, at each traced token, to the token just before it."""
        if not self.count:
            return
        shares = _attention.shares(self._torch, query, key, mask, {"scaling": scaling}, slice(-self.count, None))
        length = key.shape[2]
        at = self._torch.arange(length - self.count, length, device=shares.device)
        before = (at - 1).clamp(min=0)[None, None, :, None].expand(*shares.shape[:2], -1, 1)
        self._layers[layer] = shares.gather(-1, before)[..., 0]

    def passed(self, _module: Any, _given: Any, out: Any) -> None:
        """A forward hook: keep the state of one token of each row after this layer."""
        if self.count:
            self._state = _structure.first(out)[:, self.state_at]

    def attention(self) -> NDArray[np.float32]:
        """float32[layers, heads, tokens] of a single row: the share of attention that goes to the token before."""
        return self._shares()[:, 0]

    def state(self) -> NDArray[np.float32]:
        """float32[width] of a single row: the state that was asked for."""
        found: NDArray[np.float32] = self.states()[0]
        return found

    def shares(self) -> NDArray[np.float32]:
        """float32[rows, layers, heads]: the share of each row's last token."""
        return self._shares()[..., -1].swapaxes(0, 1)

    def states(self) -> NDArray[np.float32]:
        """float32[rows, width]: the state that was asked for."""
        found: NDArray[np.float32] = self._state.float().cpu().numpy()
        return found

    def _shares(self) -> NDArray[np.float32]:
        """float32[layers, rows, heads, tokens]."""
        rows = self._torch.stack([self._layers[layer] for layer in sorted(self._layers)])
        found: NDArray[np.float32] = rows.float().cpu().numpy()
        return found


def tracer(torch: Any, network: Any) -> Tracer | None:
    """A tracer of the network, or None where its attention is of a kind that cannot be traced."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    if network.config._attn_implementation != "sdpa" or getattr(network.config, "sliding_window", None):
        return None

    def attention(module: Any, query: Any, key: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        found = getattr(module, "assay_tracer", None)
        if found is not None:
            found.attended(module.layer_idx, query, key, mask, named.get("scaling"))
        return sdpa_attention_forward(module, query, key, value, mask, *rest, **named)

    ALL_ATTENTION_FUNCTIONS.register(NAME, attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])
    layers = _structure.layers(torch, network)
    depth = len(layers)
    made = Tracer(torch)
    for module in network.modules():
        index = getattr(module, "layer_idx", None)
        if isinstance(index, int) and depth // 3 <= index < max(depth // 3 + 1, 2 * depth // 3) and _attends(module):
            module.assay_tracer = made
    layers[min(depth - 1, round(depth * DEEP))].register_forward_hook(made.passed)
    network.set_attn_implementation(NAME)
    return made


def agrees(torch: Any, network: Any, made: Tracer, ids: Any) -> bool:
    """Whether the trace of a pass equals what the library itself returns for it, by its slow path."""
    length = ids.shape[1]
    if length < 3:
        return False
    with tracing(made, length - 1, length - 1), torch.inference_mode():
        network(input_ids=ids)
        if not made._layers or made._state is None:
            return False
        own, state, layers = made.attention(), made.state(), sorted(made._layers)
    try:
        network.set_attn_implementation("eager")
        with torch.inference_mode():
            out = network(input_ids=ids, output_attentions=True, output_hidden_states=True)
    finally:
        network.set_attn_implementation(NAME)
    at = torch.arange(1, length)
    theirs = np.stack([out.attentions[layer][0][:, at, at - 1].float().cpu().numpy() for layer in layers])
    deep = min(len(out.attentions) - 1, round(len(out.attentions) * DEEP))
    expected = out.hidden_states[deep + 1][0, -1].float().cpu().numpy()
    scale = float(np.abs(expected).max()) or 1.0
    last = deep + 1 == len(out.hidden_states) - 1  # after the last layer the library shows the normed state
    close = tolerance(torch, network)
    return bool(np.abs(own - theirs).max() < close and (last or np.abs(state - expected).max() < close * scale))


def tolerance(torch: Any, network: Any) -> float:
    """The gap between two ways to compute a share that is still rounding."""
    return _CLOSE if network.dtype == torch.float32 else _CLOSE_HALF


@contextmanager
def tracing(made: Tracer, count: int, state_at: int) -> Iterator[None]:
    """Trace the last `count` tokens of what is read meanwhile, and the state of the token `state_at`."""
    made.clear(count, state_at)
    try:
        yield
    finally:
        made.count = 0


def _attends(module: Any) -> bool:
    return type(module).__name__.endswith("Attention")
