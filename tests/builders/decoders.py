"""Small decoders of many architectures with random weights, as hub folders: each with traps of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LETTERS = 300  # of the vocabulary: bytes, and marks
_COMMON = {
    "vocab_size": LETTERS,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": 257,
}
_GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 256}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
# model_type -> what its configuration has besides
DECODERS: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {"sliding_window": 8},
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "gemma": {"head_dim": 8},
    "gemma2": {
        "head_dim": 8,
        "query_pre_attn_scalar": 8,
        "final_logit_softcapping": 2.0,
        "attn_logit_softcapping": 1.0,
        "sliding_window": 8,
    },
    "gemma3_text": {"head_dim": 8, "sliding_window": 8},
    "gpt2": _GPT2,
    "gpt_neox": {},
    "phi": {},
    "phi3": {},
    "olmo": {},
    "olmo2": {},
    "granite": {"residual_multiplier": 0.3, "logits_scaling": 4.0, "embedding_multiplier": 2.0},
    "cohere": {"logit_scale": 0.5},
    "cohere2": {"sliding_window": 8, "logit_scale": 0.5},
    "mixtral": {"num_local_experts": 4},
    "qwen2_moe": {**_EXPERTS, "shared_expert_intermediate_size": 24},
    "qwen3_moe": _EXPERTS,
    "granitemoeshared": {"num_local_experts": 4, "shared_intermediate_size": 16, "residual_multiplier": 0.5},
    "gpt_oss": {"num_local_experts": 4, "head_dim": 8, "sliding_window": 8},
    "stablelm": {},
    "starcoder2": {},
}
# decoders of which a part cannot be had, and which
PARTLY = {"bloom": ("tokens", "attribution"), "falcon": ("tokens", "heads"), "opt": ("attribution",)}
_PARTLY = {"bloom": {"n_layer": 3, "n_head": 4}, "falcon": {}, "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32}}
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}:{% endif %}"


def network(kind: str, **changes: Any) -> Any:
    """A network of transformers with random weights, its norms and biases too, the same every time."""
    import torch
    import transformers

    torch.manual_seed(1)
    fields = {**_COMMON, **DECODERS.get(kind, {}), **_PARTLY.get(kind, {}), **changes}
    make: Any = transformers.AutoModelForCausalLM
    made = make.from_config(transformers.AutoConfig.for_model(kind, **fields)).eval()
    for name, row in made.named_parameters():
        if row.dim() == 1 or "sink" in name:
            row.data += 0.2 * torch.randn_like(row)
        else:
            row.data *= 4  # else everything that is added is too small to tell from rounding
    return made


def decoder(folder: Path, kind: str, template: str = TEMPLATE, **changes: Any) -> Path:
    """The network as a hub folder, with a tokenizer of single bytes and a chat template."""
    from safetensors.torch import save_file

    made = network(kind, **changes)
    folder.mkdir(parents=True)
    made.config.save_pretrained(folder)
    values = {id(row): (name, row) for name, row in reversed(made.state_dict(keep_vars=True).items())}
    save_file({name: row.detach().contiguous() for name, row in values.values()}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer()))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    return folder


def _tokenizer() -> dict[str, Any]:
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    marks = ["<s>", "</s>"]
    added = [
        {
            "id": len(letters) + at,
            "content": text,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for at, text in enumerate(marks)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {text: n for n, text in enumerate(letters)}, "merges": []},
    }
