"""GGUF files, with every count, length and offset free to lie."""

from __future__ import annotations

import struct
from math import prod
from typing import Any

from tests.builders.safetensors import noise

SIZES = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 8: (32, 34), 14: (256, 210), 30: (1, 2)}
_KINDS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


def text(value: str | bytes) -> bytes:
    """A GGUF string."""
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf_field(key: str, value: Any) -> bytes:
    """One metadata field: bool, int (u32), float (f32), str, or a list of strings or ints."""
    if isinstance(value, str | bytes):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        if value and isinstance(value[0], str | bytes):
            return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        return text(key) + struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)
    kind, layout = _KINDS[type(value)]
    return text(key) + struct.pack("<I", kind) + struct.pack(layout, value)


def gguf(
    tensors: dict[str, tuple[int, tuple[int, ...]]] | None = None,
    metadata: dict[str, Any] | None = None,
    *,
    offsets: dict[str, int] | None = None,
    version: int = 3,
    tensor_count: int | None = None,
    field_count: int | None = None,
    alignment: int = 32,
    extra_fields: bytes = b"",
    tail: bytes = b"",
) -> bytes:
    """A sound file of noise holding `tensors` (name -> ggml type, shape outermost first), unless overridden."""
    tensors, metadata = tensors or {}, {"general.architecture": "llama", **(metadata or {})}
    fields = len(metadata) if field_count is None else field_count
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors) if tensor_count is None else tensor_count, fields)
    head += b"".join(gguf_field(key, value) for key, value in metadata.items()) + extra_fields
    at, body = 0, bytearray()
    for name, (kind, shape) in tensors.items():
        per_block, block = SIZES[kind]
        offset = at if offsets is None else offsets.get(name, at)
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        head += struct.pack("<IQ", kind, offset)
        length = prod(shape) // per_block * block
        at += length + -length % alignment
        body += bytes(max(0, offset + length - len(body)))
        body[offset : offset + length] = _noise(kind, prod(shape), length)
    return head + bytes(-len(head) % alignment) + bytes(body) + tail


def _noise(kind: int, count: int, length: int) -> bytes:
    """Values for the plain types; zeros for blocks, whose scales would otherwise be no numbers."""
    plain = {0: "F32", 1: "F16", 30: "BF16"}
    return noise(plain[kind], count) if kind in plain else bytes(length)


def gguf_model(**metadata: Any) -> bytes:
    """A small whole Llama as GGUF: 2 layers, hidden size 32, with tokenizer and template; `metadata` overrides."""
    hidden, layers, vocabulary = 32, 2, 40
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"t{number}" for number in range(vocabulary - 3))]
    fields: dict[str, Any] = {
        "general.name": "Tiny",
        "general.license": "apache-2.0",
        "llama.block_count": layers,
        "llama.embedding_length": hidden,
        "llama.feed_forward_length": 64,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.vocab_size": vocabulary,
        "llama.context_length": 128,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3, 3, 3] + [1] * (vocabulary - 3),
        "tokenizer.chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    }
    fields.update({key.replace("__", "."): value for key, value in metadata.items()})
    tensors: dict[str, tuple[int, tuple[int, ...]]] = {
        "token_embd.weight": (0, (vocabulary, hidden)),
        "output_norm.weight": (0, (hidden,)),
    }
    for layer in range(layers):
        block = {
            "attn_q": (hidden, hidden),
            "attn_k": (16, hidden),
            "attn_v": (16, hidden),
            "attn_output": (hidden, hidden),
            "ffn_gate": (64, hidden),
            "ffn_up": (64, hidden),
            "ffn_down": (hidden, 64),
            "attn_norm": (hidden,),
            "ffn_norm": (hidden,),
        }
        tensors |= {f"blk.{layer}.{name}.weight": (0, shape) for name, shape in block.items()}
    return gguf(tensors, {key: value for key, value in fields.items() if value is not None})
