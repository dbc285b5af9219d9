"""Writes the files of a row, each by the library that writes them or byte by byte as its format says."""

from __future__ import annotations

import io
import json
import re
import struct
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tests.builders import hdf5, msgpack, tensorproto
from tests.builders.gguf import SIZES, gguf, text
from tests.builders.hub import APACHE
from tests.builders.popular import Part, Row, networks, tokens
from tests.hostile.graphs import node, onnx

_ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
_POLICY = (
    "# Acceptable use policy\n\nYou agree that you will not use this model to break the law, to deceive people or to "
    "harm children, and that you will report any violation of this policy.\n"
)
MIT = """MIT License

Copyright (c) 2025 The authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the \
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit \
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
_CARD = """---
{front}
---

# {name}

{name} is described here in a few words: what it is, who made it and what it may be used for. It was trained on public
text in several languages, and it is meant for research and for products that were tested for their own purpose.

## Model Details

Developed by the authors named in the paper. The network is a Transformer.

## How to use

```python
from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{repo}")
model = AutoModel.from_pretrained("{repo}")
print(model(**tokenizer("Hello, world!", return_tensors="pt")).last_hidden_state.shape)
```

## Training data

A collection of web pages and books, without duplicates, as the paper describes in its third section.

## Evaluation results

| Task | Score |
|---|---|
| MNLI | 84.6 |
| SST-2 | 93.5 |

## Limitations and bias

The model may give answers that are wrong, and it repeats the bias of its training data.
"""


def write(folder: Path, row: Row) -> Path:
    """Write every file of `row` into `folder`."""
    names = row.files.split()
    for name in names:
        part, place = _part(row, name)
        content = row.more[name] if name in row.more else _content(row, part, name, names, place)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content = content()
        if isinstance(content, dict | list):
            content = json.dumps(content, indent=2)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _part(row: Row, name: str) -> tuple[Part, str]:
    """The part whose folder is nearest, and that folder."""
    folders = [folder for folder in row.parts if not folder or name.startswith(folder + "/")]
    place = max(folders, key=len)
    return row.parts[place], place


def _content(row: Row, part: Part, name: str, names: list[str], place: str) -> Any:
    base = PurePosixPath(name).name
    if base == "README.md":
        return _CARD.format(front=row.card, name=row.repo.split("/")[1], repo=row.repo)
    if base in _FIXED:
        return _FIXED[base]
    if base in ("config.json", "params.json") and part.config:
        return part.config
    if part.tokens and base in (written := tokens.files(part)):
        return written[base]
    tensors = networks.weights(part)
    if ".fp16." in base:
        tensors = {key: value.half() for key, value in tensors.items()}
    if ".fp32" in base:
        tensors = {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}
    if ".index." in base:
        return _index(tensors, [other for other in names if _SHARD.search(other)])
    if found := _SHARD.search(base):
        tensors = _share(tensors, int(found[1]), int(found[2]))
    return _weights(base, tensors)


_FIXED: dict[str, Any] = {
    ".gitattributes": _ATTRIBUTES,
    "USE_POLICY.md": _POLICY,
    "LICENSE": APACHE.read_text("utf-8"),
    "LICENSE.txt": APACHE.read_text("utf-8"),
}
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.(?:safetensors|bin)$")


def _share(tensors: dict[str, Any], number: int, count: int) -> dict[str, Any]:
    rows = list(tensors.items())
    step = -(-len(rows) // count)
    return dict(rows[(number - 1) * step : number * step])


def _index(tensors: dict[str, Any], shards: list[str]) -> dict[str, Any]:
    total = sum(value.numel() * value.element_size() for value in tensors.values())
    held = {key: name for at, name in enumerate(shards) for key in _share(tensors, at + 1, len(shards))}
    return {"metadata": {"total_size": total}, "weight_map": held}


def _weights(base: str, tensors: dict[str, Any]) -> bytes:
    if base.endswith(".safetensors"):
        from safetensors.torch import save

        return bytes(save(tensors, {"format": "pt"}))
    if base.endswith((".bin", ".pth", ".pt")):
        return saved(tensors)
    if base.endswith(".ot"):
        return _tch(tensors)
    arrays = {key: value.float().numpy() for key, value in tensors.items() if value.is_floating_point()}
    if base.endswith(".h5"):
        return _hdf5(next(value for value in arrays.values() if value.ndim == 2))
    if base.endswith(".msgpack"):
        return _flax(arrays)
    if base.endswith(".onnx"):
        return _onnx(arrays)
    raise AssertionError(f"no writer for {base}")


def saved(value: Any) -> bytes:
    """What torch.save writes."""
    import torch

    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def _tch(tensors: dict[str, Any]) -> bytes:
    """What VarStore::save of tch-rs writes (rust_model.ot): a module without code, `|` in names for a dot."""
    import torch

    module: Any = torch._C.ScriptModule  # its types are not declared
    module = module("__torch__.Module", torch._C.CompilationUnit(), True)
    for name, value in tensors.items():
        module._register_attribute(name.replace(".", "|"), torch._C.TensorType.get(), value)
    return bytes(module.save_to_buffer())


def _hdf5(values: Any) -> bytes:
    raw = np.ascontiguousarray(values, np.float32).tobytes()
    shape = hdf5.space(*values.shape)
    size = len(hdf5.dataset_file(shape, hdf5.float32(), hdf5.contiguous(0, len(raw))))
    return hdf5.dataset_file(shape, hdf5.float32(), hdf5.contiguous(size, len(raw)), after=raw)


def _flax(arrays: dict[str, Any]) -> bytes:
    tree: dict[str, Any] = {}
    for name, value in arrays.items():
        *above, leaf = name.split(".")
        inner = tree
        for step in above:
            inner = inner.setdefault(step, {})
        inner["kernel" if leaf == "weight" else leaf] = msgpack.array(value)
    return msgpack.packed(tree)


def _onnx(arrays: dict[str, Any]) -> bytes:
    held = tuple(tensorproto.raw(value, name=name) for name, value in arrays.items())
    return onnx(node("MatMul"), node("LayerNormalization"), node("Gelu"), tensors=held)


def openvino(part: Part) -> tuple[str, bytes]:
    """openvino_model.xml and .bin, as optimum-intel writes them."""
    layers: list[str] = []
    values = bytearray()
    for name, tensor in networks.weights(part).items():
        if tensor.is_floating_point():
            raw = tensor.float().numpy().tobytes()
            shape = ", ".join(map(str, tensor.shape))
            dims = "".join(f"<dim>{extent}</dim>" for extent in tensor.shape)
            layers.append(
                f'<layer id="{len(layers)}" name="{name}" type="Const" version="opset1"><data element_type="f32" '
                f'shape="{shape}" offset="{len(values)}" size="{len(raw)}" /><output><port id="0" precision="FP32">'
                f"{dims}</port></output></layer>"
            )
            values += raw
    text = '<?xml version="1.0"?>\n<net name="Model0" version="11"><layers>' + "\n".join(layers)
    return text + '</layers><edges /><rt_info><Runtime_version value="2024.4.1" /></rt_info></net>\n', bytes(values)


def quantised_gguf(kind: int) -> bytes:
    """A small Llama whose matrices are in blocks of one kind (a number of ggml)."""
    hidden, vocabulary = 256, 64
    names = ["<unk>", "<s>", "</s>", *(f"▁t{number}" for number in range(vocabulary - 3))]
    fields: dict[str, Any] = {
        "general.name": "Tiny",
        "llama.block_count": 1,
        "llama.context_length": 2048,
        "llama.embedding_length": hidden,
        "llama.feed_forward_length": 512,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 4,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": 64,
        "general.file_type": {2: 2, 8: 7, 14: 18}[kind],
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.token_type": [2, 3, 3] + [1] * (vocabulary - 3),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "general.quantization_version": 2,
    }
    matrices = {"attn_q": 256, "attn_k": 256, "attn_v": 256, "attn_output": 256, "ffn_gate": 512, "ffn_up": 512}
    tensors: dict[str, tuple[int, tuple[int, ...]]] = {
        "token_embd.weight": (kind, (vocabulary, hidden)),
        "output.weight": (14, (vocabulary, hidden)),
        "output_norm.weight": (0, (hidden,)),
        "blk.0.attn_norm.weight": (0, (hidden,)),
        "blk.0.ffn_norm.weight": (0, (hidden,)),
        "blk.0.ffn_down.weight": (kind, (hidden, 512)),
        **{f"blk.0.{name}.weight": (kind, (rows, hidden)) for name, rows in matrices.items()},
    }
    scores = text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, vocabulary)
    scores += struct.pack(f"<{vocabulary}f", *(-float(at) for at in range(vocabulary)))
    raw = bytearray(gguf(tensors, fields, extra_fields=scores, field_count=len(fields) + 2))
    draw, at = np.random.default_rng(kind), len(raw)
    for width, shape in reversed(tensors.values()):
        per_block, block = SIZES[width]
        length = shape[0] * (shape[1] if len(shape) > 1 else 1) // per_block * block
        at -= length
        if block > 4:
            rows = draw.integers(0, 256, (length // block, block), np.uint8)
            scale = slice(block - 2, block) if width == 14 else slice(0, 2)  # Q6_K has its scale last
            rows[:, scale] = (draw.random((len(rows), 1)) * 0.01).astype("<f2").view(np.uint8)
            raw[at : at + length] = rows.tobytes()
    return bytes(raw)
