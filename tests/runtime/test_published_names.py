"""Networks from files as their publishers have them: under older names, experts one by one, with tables besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from assay.errors import UsageError  # noqa: E402
from assay.runtime.opening import torch_runtime  # noqa: E402
from tests.builders.decoders import decoder, network  # noqa: E402


def published(folder: Path, kind: str, **more: Any) -> Path:
    """The network as `save_pretrained` of the library writes it, which is as the hub has it, with tensors besides."""
    decoder(folder, kind)
    network(kind).save_pretrained(folder)
    values = load_file(folder / "model.safetensors") | more
    if kind == "gpt2":  # whose first files name no model
        values = {name.removeprefix("transformer."): row for name, row in values.items()}
    save_file({name: row.contiguous() for name, row in values.items()}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(
    ("kind", "stored", "table"),
    [
        ("gpt_neox", "embed_out.weight", "gpt_neox.layers.0.attention.rotary_emb.inv_freq"),
        ("gpt_neox", "embed_out.weight", "gpt_neox.layers.0.attention.masked_bias"),
        ("gpt2", "wte.weight", "transformer.h.0.attn.bias"),
        ("mixtral", "model.layers.0.block_sparse_moe.experts.0.w1.weight", ""),
        ("qwen2_moe", "model.layers.0.mlp.experts.0.down_proj.weight", ""),
        ("llama", "lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"),
    ],
)
def test_a_published_file_gives_the_network(kind: str, stored: str, table: str, tmp_path: Path) -> None:
    folder = published(tmp_path / kind, kind, **({table: torch.ones(4)} if table else {}))
    assert stored in load_file(folder / "model.safetensors")
    ids = torch.arange(3, 11)[None]
    with torch.inference_mode():
        own, expected = torch_runtime(folder)._network(input_ids=ids).logits, network(kind)(input_ids=ids).logits
    assert torch.equal(own, expected)


@pytest.mark.parametrize("kind", ["mixtral", "llama"])
def test_what_nobody_knows_of_is_still_left_over(kind: str, tmp_path: Path) -> None:
    folder = published(tmp_path / kind, kind, **{"model.layers.0.extra.weight": torch.ones(4)})
    with pytest.raises(UsageError, match=r"0 missing \(\), 1 left over \(model.layers.0.extra.weight\)"):
        torch_runtime(folder)


def test_a_lacking_expert_is_no_smaller_network(tmp_path: Path) -> None:
    folder = published(tmp_path / "m", "mixtral")
    values = load_file(folder / "model.safetensors")
    values = {name: row for name, row in values.items() if ".experts.1." not in name}
    save_file(values, folder / "model.safetensors")
    with pytest.raises(UsageError):
        torch_runtime(folder)
