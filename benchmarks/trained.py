"""Small gated decoders truly trained here, on text that every machine has: the project's own documents and Python's.

A byte vocabulary, four layers, minutes on two cores. Independent runs differ in seed or in data; descendants start from
one.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.derived import State

HIDDEN, INNER, LAYERS, HEADS, CONTEXT, BATCH = 96, 256, 4, 4, 96, 16


def corpus(part: str) -> bytes:
    """About 2 MB of Python source from the standard library: modules `a` to `l`, or `m` to `z`."""
    library = Path(sysconfig.get_paths()["stdlib"])
    low, high = ("a", "l") if part == "first" else ("m", "z")
    files = [path for path in sorted(library.glob("*.py")) if low <= path.name[0].lower() <= high]
    return b"\n".join(path.read_bytes() for path in files)[:2_000_000]


def train(
    seed: int,
    part: str,
    steps: int,
    start: State | None = None,
    rate: float = 3e-3,
    order: int | None = None,
    frozen: State | None = None,
) -> State:
    """Weights after `steps` of AdamW, by hub names, float32. Tensors in `frozen` are taken over and not trained."""
    import torch
    from torch.nn import functional as f

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    model = _initial(torch, start) | {name: torch.tensor(values) for name, values in (frozen or {}).items()}
    moving = [tensor.requires_grad_() for name, tensor in model.items() if name not in (frozen or {})]
    optimiser = torch.optim.AdamW(moving, lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    data = torch.tensor(np.frombuffer(corpus(part), np.uint8).astype(np.int64))
    random = np.random.default_rng(seed if order is None else order)
    for step in range(steps):
        at = random.integers(0, len(data) - CONTEXT - 1, BATCH)
        batch = torch.stack([data[i : i + CONTEXT + 1] for i in at])
        loss = f.cross_entropy(_logits(torch, model, batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (1 - 0.9 * step / steps)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return {name: tensor.detach().numpy().copy() for name, tensor in model.items()}


def _initial(torch: Any, start: State | None) -> dict[str, Any]:
    if start is not None:
        return {name: torch.tensor(values.copy()) for name, values in start.items()}
    state = {"model.embed_tokens.weight": torch.randn(256, HIDDEN) * 0.02, "model.norm.weight": torch.ones(HIDDEN)}
    for layer in range(LAYERS):
        stem = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            state[f"{stem}self_attn.{name}.weight"] = torch.randn(HIDDEN, HIDDEN) * 0.05
        state[f"{stem}mlp.gate_proj.weight"] = torch.randn(INNER, HIDDEN) * 0.05
        state[f"{stem}mlp.up_proj.weight"] = torch.randn(INNER, HIDDEN) * 0.05
        state[f"{stem}mlp.down_proj.weight"] = torch.randn(HIDDEN, INNER) * 0.03
        state[f"{stem}input_layernorm.weight"] = torch.ones(HIDDEN)
        state[f"{stem}post_attention_layernorm.weight"] = torch.ones(HIDDEN)
    return state


def _logits(torch: Any, model: dict[str, Any], tokens: Any) -> Any:
    """A Llama without rotary embedding: positions come from a fixed sinusoid, which keeps the code short."""
    from torch.nn import functional as f

    def norm(x: Any, name: str) -> Any:
        return f.rms_norm(x, (HIDDEN,), model[name], 1e-5)

    x = model["model.embed_tokens.weight"][tokens] * HIDDEN**0.5
    place = torch.arange(tokens.shape[1]).unsqueeze(1) / 10_000 ** (torch.arange(0, HIDDEN, 2) / HIDDEN)
    x = x + torch.cat([place.sin(), place.cos()], dim=1)
    for layer in range(LAYERS):
        stem = f"model.layers.{layer}."
        h = norm(x, f"{stem}input_layernorm.weight")
        q, k, v = (
            (h @ model[f"{stem}self_attn.{name}.weight"].T).unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for name in ("q_proj", "k_proj", "v_proj")
        )
        mixed = f.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(-2)
        x = x + mixed @ model[f"{stem}self_attn.o_proj.weight"].T
        h = norm(x, f"{stem}post_attention_layernorm.weight")
        x = (
            x
            + (f.silu(h @ model[f"{stem}mlp.gate_proj.weight"].T) * (h @ model[f"{stem}mlp.up_proj.weight"].T))
            @ model[f"{stem}mlp.down_proj.weight"].T
        )
    return norm(x, "model.norm.weight") @ model["model.embed_tokens.weight"].T
