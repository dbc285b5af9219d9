"""A small whole model as a hub folder, well made, for tests to break one thing in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.builders.safetensors import safetensors

VOCABULARY, HIDDEN, LAYERS = 40, 32, 2
CARD = (
    """---
license: apache-2.0
datasets:
- org/corpus-one
- org/corpus-two
base_model: org/base-7b
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    dataset: {name: ARC, type: ai2_arc}
    metrics:
    - {type: accuracy, value: 41.5}
---
# Tiny

A small model of the Llama family, made for tests. """
    + "It answers short questions about simple things. " * 14
    + """

## Training data

The model was trained on corpus one and corpus two, in the proportion three to one, after removal of duplicates
and of pages without text, as described in the data card of each of the two collections named above.

## Evaluation

Accuracy on ARC was measured with five examples in the prompt, three times, with the same seed, and averaged.

## Limitations

The model makes up names, numbers and dates; it was not tested in any language but English, \
and is biased as its data is.
"""
)
APACHE = Path(__file__).resolve().parents[2] / "LICENSE"


def config(**changes: Any) -> dict[str, Any]:
    """config.json of the model."""
    value = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 128,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
    }
    return {key: entry for key, entry in {**value, **changes}.items() if entry is not None}


def tensors() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Names, dtypes and shapes of the model's tensors."""
    rows: dict[str, tuple[str, tuple[int, ...]]] = {
        "model.embed_tokens.weight": ("F32", (VOCABULARY, HIDDEN)),
        "model.norm.weight": ("F32", (HIDDEN,)),
    }
    for layer in range(LAYERS):
        block = {
            "self_attn.q_proj": (HIDDEN, HIDDEN),
            "self_attn.k_proj": (16, HIDDEN),
            "self_attn.v_proj": (16, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HIDDEN),
            "mlp.gate_proj": (64, HIDDEN),
            "mlp.up_proj": (64, HIDDEN),
            "mlp.down_proj": (HIDDEN, 64),
            "input_layernorm": (HIDDEN,),
            "post_attention_layernorm": (HIDDEN,),
        }
        rows |= {f"model.layers.{layer}.{name}.weight": ("F32", shape) for name, shape in block.items()}
    return rows


def tokenizer() -> dict[str, Any]:
    """tokenizer.json of the model: three control tokens."""
    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocab = {text: number for number, text in enumerate([*control, *(f"t{n}" for n in range(VOCABULARY - 3))])}
    added = [{"id": number, "content": text, "special": True} for number, text in enumerate(control)]
    return {"model": {"type": "BPE", "vocab": vocab, "merges": []}, "added_tokens": added}


def hub_model(folder: Path, **files: Any) -> Path:
    """Write the model into `folder`; `files` replaces or adds files by name (`__` for a dot), None leaves one out."""
    template = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    contents: dict[str, bytes | str | None] = {
        "config.json": json.dumps(config()),
        "generation_config.json": json.dumps({"do_sample": True, "temperature": 0.6, "top_p": 0.9}),
        "tokenizer.json": json.dumps(tokenizer()),
        "tokenizer_config.json": json.dumps({"chat_template": template, "eos_token": "<|im_end|>"}),
        "special_tokens_map.json": json.dumps({"eos_token": "<|im_end|>"}),
        "model.safetensors": safetensors(tensors(), metadata={"format": "pt"}),
        "README.md": CARD,
        "LICENSE": APACHE.read_text("utf-8"),
    }
    contents.update({name.replace("__", "."): content for name, content in files.items()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
