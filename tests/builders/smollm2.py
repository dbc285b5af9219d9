"""SmolLM2 in other formats: its GGUF dequantised to safetensors and a PyTorch checkpoint, with hub names and files.

What is written runs in any library: rows of queries and keys stand as the hub has them, which llama.cpp orders anew.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.builders.pickles import integer, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
    "rope_theta": 100_000.0,
    "rms_norm_eps": 1e-5,
    "eos_token_id": 2,
    "tie_word_embeddings": True,
    "torch_dtype": "float16",
}
HEADS = {"attn_q": 9, "attn_k": 3}
_BLOCK = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def hub_name(name: str) -> str:
    """A GGUF tensor name as the hub writes it."""
    outer = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    if name in outer:
        return outer[name]
    _, layer, part, suffix = name.split(".")
    return f"model.layers.{layer}.{_BLOCK[part]}.{suffix}"


def turned(rows: NDArray[Any], heads: int) -> NDArray[Any]:
    """Rows of queries or keys as the hub orders them, of llama.cpp's: that turns neighbours, this halves of a head."""
    return rows.reshape(heads, len(rows) // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def tensors(gguf: Path, dtype: str = "float16") -> Iterator[tuple[str, tuple[int, ...], bytes]]:
    """(hub name, shape, bytes) of every tensor, dequantised with gguf-py."""
    from gguf import GGUFReader, dequantize

    for tensor in GGUFReader(gguf).tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(dtype)
        heads = HEADS.get(tensor.name.split(".")[-2])
        values = values if heads is None else turned(values, heads)
        yield hub_name(tensor.name), tuple(int(n) for n in reversed(tensor.shape)), values.tobytes()


def tokenizer(gguf: Path) -> dict[str, Any]:
    """tokenizer.json from the GGUF's vocabulary: byte-level BPE with its control tokens."""
    from gguf import GGUFReader

    fields = GGUFReader(gguf).fields
    tokens, kinds, merges = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "token_type", "merges"))
    added = [
        {
            "id": n,
            "content": text,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for n, (text, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind == 3
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {text: n for n, text in enumerate(tokens)}, "merges": merges}
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": model,
    }


def chat_template(gguf: Path) -> str:
    """The model's own template of a conversation."""
    from gguf import GGUFReader

    field = GGUFReader(gguf).fields["tokenizer.chat_template"]
    return bytes(field.parts[field.data[0]]).decode()


def side_files(folder: Path, gguf: Path) -> None:
    """Config and tokenizer beside the weights."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(gguf)))


def as_safetensors(folder: Path, gguf: Path, dtype: str = "float16") -> Path:
    """The model as a hub folder with model.safetensors; in "float32" its values are those of the GGUF."""
    side_files(folder, gguf)
    (folder / "config.json").write_text(json.dumps({**CONFIG, "torch_dtype": dtype}))
    header, parts, at = {}, [], 0
    stored = {"float16": "F16", "float32": "F32"}[dtype]
    for name, shape, raw in tensors(gguf, dtype):
        header[name] = {"dtype": stored, "shape": list(shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(parts)
    return folder


def as_checkpoint(folder: Path, gguf: Path) -> Path:
    """The model as a hub folder with pytorch_model.bin, written by hand as torch.save writes it."""
    side_files(folder, gguf)
    items = []
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w", zipfile.ZIP_STORED) as archive:
        for number, (name, shape, raw) in enumerate(tensors(gguf)):
            archive.writestr(f"archive/data/{number}", raw)
            stride = (shape[1], 1) if len(shape) == 2 else (1,)
            pid = (
                b"("
                + short("storage")
                + b"ctorch\nHalfStorage\n"
                + short(str(number))
                + short("cpu")
                + integer(len(raw) // 2)
                + b"tQ"
            )
            extents = b"".join(b"(" + b"".join(map(integer, sizes)) + b"t" for sizes in (shape, stride))
            items.append(
                short(name)
                + b"ctorch._utils\n_rebuild_tensor_v2\n("
                + pid
                + integer(0)
                + extents
                + b"\x89ccollections\nOrderedDict\n)RtR"
            )
        body = b"\x80\x02ccollections\nOrderedDict\n)R(" + b"".join(items) + b"u."
        archive.writestr("archive/data.pkl", body)
        archive.writestr("archive/version", "3\n")
    return folder
