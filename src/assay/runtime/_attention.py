"""Stand beside a network's attention: what goes in and comes out of every call, while it computes as before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# told of each call: module, query, key, value, mask, named arguments, output [rows, tokens, heads, width]
Attended = Callable[[Any, Any, Any, Any, Any, dict[str, Any], Any], None]
Masked = Callable[[Any, Any, Any], Any]  # mask, query, key -> the mask to use
_NAMES = {"sdpa": "assay_beside_sdpa", "eager": "assay_beside_eager"}  # as transformers knows them
_HELD = "assay_attended"  # of a module: who stands beside its attention


def _as_it_is(mask: Any, _query: Any, _key: Any) -> Any:
    return mask


@contextmanager
def watched(network: Any, attended: Attended, masked: Masked = _as_it_is) -> Iterator[None]:
    """`attended` is told of each call of the attention function meanwhile; `masked` may have it see less."""
    used = network.config._attn_implementation
    kind = "eager" if used == "eager" else "sdpa"
    _register()
    configs = {id(row.config): row.config for row in network.modules() if hasattr(row, "config")}.values()
    before = [(row, row._attn_implementation) for row in configs]
    modules = list(network.modules())
    for row in configs:
        row._attn_implementation = _NAMES[kind]
    for row in modules:
        row.__dict__[_HELD] = attended, masked
    try:
        yield
    finally:
        for row, name in before:
            row._attn_implementation = name
        for row in modules:
            row.__dict__.pop(_HELD, None)


def _register() -> None:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    if _NAMES["sdpa"] in ALL_ATTENTION_FUNCTIONS.valid_keys():
        return

    def beside(own: Any, module: Any, query: Any, key: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        attended, masked = module.__dict__[_HELD]
        mask = masked(mask, query, key)
        found = own(module, query, key, value, mask, *rest, **named)
        attended(module, query, key, value, mask, named, found[0])
        return found

    def sdpa(module: Any, query: Any, key: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        return beside(sdpa_attention_forward, module, query, key, value, mask, *rest, **named)

    def eager(module: Any, query: Any, key: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        own = sys.modules[type(module).__module__].eager_attention_forward  # each family writes its own
        return beside(own, module, query, key, value, mask, *rest, **named)

    for kind, function in (("sdpa", sdpa), ("eager", eager)):
        ALL_ATTENTION_FUNCTIONS.register(_NAMES[kind], function)
        ALL_MASK_ATTENTION_FUNCTIONS.register(_NAMES[kind], ALL_MASK_ATTENTION_FUNCTIONS[kind])


def without(torch: Any, mask: Any, query: Any, key: Any, hidden: Sequence[tuple[int, int]]) -> Any:
    """A mask by which, in each row, no later token sees those of `hidden` (start, stop): attention knockout."""
    count, length = query.shape[2], key.shape[2]
    block = torch.zeros((len(hidden), 1, count, length), dtype=torch.bool, device=query.device)
    for row, (start, stop) in enumerate(hidden):
        block[row, 0, max(0, stop - (length - count)) :, start:stop] = True
    if mask is None:
        places = torch.arange(length, device=query.device)
        return (places[None] <= places[length - count :, None]) & ~block
    mask = mask[:, :, :, :length]
    return mask & ~block if mask.dtype == torch.bool else mask.masked_fill(block, torch.finfo(mask.dtype).min)


def shares(torch: Any, query: Any, key: Any, mask: Any, named: dict[str, Any], at: slice) -> Any:
    """float32[rows, heads, queries, keys]: the share of attention that the queries at `at` give to each key.

    Only these rows are computed: a pattern of all queries grows with the square of the text.
    """
    total, length = query.shape[2], key.shape[2]
    some = query[:, :, at]
    keys = key.repeat_interleave(some.shape[1] // key.shape[1], 1)
    scaling = named.get("scaling")
    scores = some.float() @ keys.float().transpose(-1, -2)
    scores = scores * (some.shape[-1] ** -0.5 if scaling is None else scaling)
    if named.get("softcap"):
        scores = named["softcap"] * torch.tanh(scores / named["softcap"])
    if mask is None:
        places = torch.arange(length - total, length, device=scores.device)[at]
        hidden = torch.arange(length, device=scores.device)[None] > places[:, None]
        scores = scores.masked_fill(hidden, -torch.inf)
    elif mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask[:, :, at, :length], -torch.inf)
    else:
        scores = scores + mask[:, :, at, :length].float()
    sinks = named.get("s_aux")
    if sinks is None:
        return scores.softmax(-1)
    beside = sinks.float().reshape(1, -1, 1, 1).expand(*scores.shape[:3], 1)
    return torch.cat([scores, beside], -1).softmax(-1)[..., :-1]
