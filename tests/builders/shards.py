"""A model whose weights lie in several files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders.hub import HIDDEN, VOCABULARY, config, hub_model
from tests.builders.safetensors import safetensors


def sharded(path: Path, shards: int = 9, rows: int = 64) -> Path:
    """A hub folder with a layer in each of so many files, each with matrices of `rows` x HIDDEN values."""
    hub_model(path)
    (path / "model.safetensors").unlink()
    (path / "config.json").write_text(json.dumps(config(num_hidden_layers=shards, intermediate_size=rows)))
    listed: dict[str, str] = {}
    size = 0
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        layer = f"model.layers.{number}"
        tensors: dict[str, tuple[str, tuple[int, ...]]]
        tensors = {f"{layer}.mlp.{which}_proj.weight": ("F32", (rows, HIDDEN)) for which in ("gate", "up")}
        tensors |= {f"{layer}.mlp.down_proj.weight": ("F32", (HIDDEN, rows))}
        if not number:
            tensors |= {"model.embed_tokens.weight": ("F32", (VOCABULARY, HIDDEN))}
        (path / name).write_bytes(raw := safetensors(tensors, metadata={"format": "pt"}))
        listed |= dict.fromkeys(tensors, name)
        size += len(raw)
    index = {"metadata": {"total_size": size}, "weight_map": listed}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    return path
