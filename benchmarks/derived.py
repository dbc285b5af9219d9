"""Models derived from one another on purpose, so that the truth about each pair is known.

Every builder takes tensors by hub name (float32) and gives others. `random` is a numpy Generator, so a pair is the same
each time. Truth is the relation that a person who knew how the model was made would give.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.weights.safetensors import safetensors

Array = NDArray[Any]
State = dict[str, Array]
ROW, COLUMN = (
    ("o_proj", "down_proj"),
    ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"),
)  # writers and readers of the residual


def bf16(values: Array) -> Array:
    """float32 rounded to bfloat16 (nearest even), still as float32."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) & np.uint32(0xFFFF0000)).view(
        np.float32
    )


def write_safetensors(path: Path, state: State, dtype: str = "BF16") -> Path:
    """The state as safetensors in one type."""
    tensors = {}
    for name, values in state.items():
        if dtype == "BF16":
            raw = (bf16(values).view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            raw = values.astype({"F16": "<f2", "F32": "<f4"}[dtype]).tobytes()
        tensors[name] = (dtype, values.shape, raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors(tensors, {}))
    return path


Quantise = Callable[[str, Array], bytes]  # ggml type, float32[rows, columns] -> blocks


def reference_quantiser(kind: str, values: Array) -> bytes:
    """ggml's reference quantisers, which assay has of its own."""
    from assay.kernels.lattice import quantised

    return quantised(kind, values.astype(np.float32).reshape(-1)).tobytes()


def ggml_quantiser(library: Path, importance: Array | None = None) -> Quantise:
    """The real quantisers, K-quants among them, from a shared library that exports ggml_quantize_chunk.

    `importance` (float32[columns], as many as the widest matrix has) makes it weigh errors as an importance matrix
    does.
    """
    import ctypes

    from assay.kernels.types import GGML, TYPES

    long, pointer = ctypes.c_int64, ctypes.c_void_p
    chunk = ctypes.CDLL(str(library)).ggml_quantize_chunk
    chunk.restype, chunk.argtypes = ctypes.c_size_t, [ctypes.c_int, pointer, pointer, long, long, long, pointer]

    def quantise(kind: str, values: Array) -> bytes:
        type_, source = TYPES[kind], np.ascontiguousarray(values, np.float32)
        out = np.zeros(source.size // type_.elements * type_.bytes, np.uint8)
        weights = importance.ctypes.data if importance is not None else None
        assert chunk(type_.number - GGML, source.ctypes.data, out.ctypes.data, 0, *source.shape, weights) == out.size
        return out.tobytes()

    return quantise


def write_gguf(path: Path, state: State, kind: str, quantise: Quantise = reference_quantiser) -> Path:
    """The state as GGUF with hub names, matrices in a ggml type."""
    from assay.kernels.types import GGML, TYPES

    head, body = b"", bytearray()
    for name, values in state.items():
        matrix = values.ndim == 2 and values.shape[1] % TYPES[kind].elements == 0
        number = TYPES[kind].number - GGML if matrix else 0
        raw = quantise(kind, values) if matrix else values.astype("<f4").tobytes()
        encoded = name.encode()
        head += struct.pack("<Q", len(encoded)) + encoded + struct.pack("<I", values.ndim)
        head += struct.pack(f"<{values.ndim}Q", *reversed(values.shape)) + struct.pack("<IQ", number, len(body))
        body += raw + bytes(-len(raw) % 32)
    field = struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(state), 1) + field + head
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(start + bytes(-len(start) % 32) + bytes(body))
    return path


def _matrices(state: State) -> list[str]:
    return [name for name, values in state.items() if values.ndim == 2]


def noisy(state: State, size: float, random: np.random.Generator) -> State:
    """Every matrix moved by noise of `size` times its norm: what a fine-tune looks like to a norm."""
    out = dict(state)
    for name in _matrices(state):
        w = state[name]
        noise = random.standard_normal(w.shape).astype(np.float32)
        out[name] = w + noise * np.float32(size * np.linalg.norm(w) / np.linalg.norm(noise))
    return out


def lora(state: State, rank: int, size: float, modules: tuple[str, ...], random: np.random.Generator) -> State:
    """A low-rank update of `size` times the norm merged into the named modules."""
    out = dict(state)
    for name in _matrices(state):
        if name.split(".")[-2] in modules:
            w = state[name]
            update = (random.standard_normal((w.shape[0], rank)) @ random.standard_normal((rank, w.shape[1]))).astype(
                np.float32
            )
            out[name] = w + update * np.float32(size * np.linalg.norm(w) / np.linalg.norm(update))
    return out


def ablated(state: State, random: np.random.Generator, layers: Callable[[int], bool] = lambda layer: True) -> State:
    """One direction taken out of every matrix that writes to the residual stream (Arditi et al., 2024)."""
    hidden = state["model.embed_tokens.weight"].shape[1]
    r: Array = random.standard_normal((hidden,)).astype(np.float32)
    r = r / np.float32(np.linalg.norm(r))
    out = dict(state)
    for name in _matrices(state):
        parts = name.split(".")
        if parts[-2] in ROW and layers(int(parts[2])):
            out[name] = state[name] - np.outer(r, r @ state[name])
    return out


def permuted_neurons(state: State, random: np.random.Generator) -> State:
    """Neurons of every feed-forward layer in another order: the same function."""
    out = dict(state)
    for name in [name for name in state if name.endswith("mlp.up_proj.weight")]:
        stem = name.removesuffix("up_proj.weight")
        order = random.permutation(len(state[name]))
        for part in ("up_proj", "gate_proj"):
            out[f"{stem}{part}.weight"] = state[f"{stem}{part}.weight"][order]
        out[f"{stem}down_proj.weight"] = state[f"{stem}down_proj.weight"][:, order]
    return out


def turned(state: State, random: np.random.Generator, *, rotate: bool) -> State:
    """The hidden dimension permuted, or rotated with the norms folded in: the same function in other coordinates."""
    hidden = state["model.embed_tokens.weight"].shape[1]
    if rotate:
        q, _ = np.linalg.qr(random.standard_normal((hidden, hidden)))
        q = q.astype(np.float32)
    else:
        q = np.eye(hidden, dtype=np.float32)[random.permutation(hidden)]
    out = dict(state)
    for name, w in state.items():
        parts = name.split(".")
        if w.ndim == 1:
            out[name] = np.ones_like(w) if rotate else q.T @ w
            continue
        norm = np.ones(hidden, np.float32)
        if rotate and parts[-2] in COLUMN:
            key = "input_layernorm" if parts[-3] == "self_attn" else "post_attention_layernorm"
            norm = state[f"model.layers.{parts[2]}.{key}.weight"]
        out[name] = q.T @ w if parts[-2] in ROW else (w * norm) @ q
    return out


def rearranged(
    state: State, random: np.random.Generator, *, heads: tuple[int, int] | None = None, permute: bool = True
) -> State:
    """Neurons in another order, some negated, all scaled, undone on the other side: the same function.

    With `heads` (of queries, and of keys and values) attention too: groups of heads in another order, value and output,
    query and key scaled inversely. Without `permute` only signs and scales.
    """
    out = dict(state)

    def order(many: int) -> Array:
        return random.permutation(many) if permute else np.arange(many)

    def factors(many: int, *, signed: bool = True) -> Array:
        signs = random.choice([-1.0, 1.0], many) if signed else np.ones(many)
        return (signs * np.exp(random.standard_normal(many) * 0.5)).astype(np.float32)

    for name in [name for name in state if name.endswith("mlp.up_proj.weight")]:
        stem = name.removesuffix("mlp.up_proj.weight")
        new, scale = order(len(state[name])), factors(len(state[name]))
        out[name] = (state[name] * scale[:, None])[new]
        out[f"{stem}mlp.gate_proj.weight"] = state[f"{stem}mlp.gate_proj.weight"][new]
        out[f"{stem}mlp.down_proj.weight"] = (state[f"{stem}mlp.down_proj.weight"] / scale)[:, new]
        if heads is None:
            continue
        q, k, v, o = (state[f"{stem}self_attn.{part}_proj.weight"] for part in "qkvo")
        many, groups = heads
        size, whole = len(q) // many, order(groups)
        narrow = np.concatenate([np.arange(size) + size * g for g in whole])
        wide = np.concatenate([np.arange(size * many // groups) + size * many // groups * g for g in whole])
        keys, values = factors(groups, signed=False).repeat(size), factors(len(v))
        spread = values.reshape(groups, 1, size).repeat(many // groups, axis=1).reshape(-1)
        out[f"{stem}self_attn.q_proj.weight"] = (q / keys.repeat(many // groups)[:, None])[wide]
        out[f"{stem}self_attn.k_proj.weight"] = (k * keys[:, None])[narrow]
        out[f"{stem}self_attn.v_proj.weight"] = (v * values[:, None])[narrow]
        out[f"{stem}self_attn.o_proj.weight"] = (o / spread)[:, wide]
    return out


def folded(state: State) -> State:
    """What norms scale put into the matrices that read it, the norms set to one: the same function."""
    out = dict(state)
    for name in _matrices(state):
        parts = name.split(".")
        if parts[-2] in COLUMN:
            key = "input_layernorm" if parts[-3] == "self_attn" else "post_attention_layernorm"
            norm = f"model.layers.{parts[2]}.{key}.weight"
            out[name], out[norm] = state[name] * state[norm], np.ones_like(state[norm])
    return out


def sparse(state: State, share: float) -> State:
    """The smallest values of every matrix of a layer set to zero: pruning by size."""
    out = dict(state)
    for name in _matrices(state):
        if ".layers." in name:
            least = np.quantile(np.abs(state[name]), share)
            out[name] = np.where(np.abs(state[name]) < least, np.float32(0), state[name])
    return out


def upcycled(state: State, experts: int, random: np.random.Generator) -> State:
    """Feed-forward layers copied into experts behind a new router (Komatsuzaki et al., 2022), as Mixtral names them."""
    out = {name: w for name, w in state.items() if ".mlp." not in name}
    names = {"gate_proj": "w1", "down_proj": "w2", "up_proj": "w3"}
    for name, w in state.items():
        if ".mlp." in name:
            stem, part = name.removesuffix(".weight").split(".mlp.")
            for n in range(experts):
                out[f"{stem}.block_sparse_moe.experts.{n}.{names[part]}.weight"] = w
            hidden = state["model.embed_tokens.weight"].shape[1]
            router = random.standard_normal((experts, hidden)).astype(np.float32) * np.float32(0.02)
            out[f"{stem}.block_sparse_moe.gate.weight"] = router
    return out


NF4 = np.array(
    [
        *(-1, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.09105, 0),
        *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.562617, 0.7229568, 1),
    ],
    np.float32,
)  # Dettmers et al. (2023), appendix E


def _int8(w: Array) -> Array:
    step = np.abs(w).max(axis=1, keepdims=True) / 127
    return np.asarray(np.rint(w / step) * step, np.float32)


def _int4(w: Array) -> Array:
    """15 steps from the least to the largest of 64 values, zero among them: as GPTQ and AWQ lay them."""
    x = w.reshape(-1, 64)
    low, high = np.minimum(x.min(axis=1, keepdims=True), 0), np.maximum(x.max(axis=1, keepdims=True), 0)
    step = (high - low) / 15
    zero = np.rint(-low / step)
    return np.asarray((np.clip(np.rint(x / step) + zero, 0, 15) - zero) * step, np.float32).reshape(w.shape)


def _fp8(w: Array) -> Array:
    scale = np.abs(w).max() / 448
    x = w / scale
    step = np.exp2(np.maximum(np.floor(np.log2(np.maximum(np.abs(x), 1e-30))), -6) - 3)
    return np.asarray(np.rint(x / step) * step * scale, np.float32)


def _nf4(w: Array) -> Array:
    x = w.reshape(-1, 64)
    most = np.abs(x).max(axis=1, keepdims=True)
    code = np.abs((x / most)[..., None] - NF4).argmin(axis=-1)
    return np.asarray(NF4[code] * most, np.float32).reshape(w.shape)


def _ggml(kind: str) -> Callable[[Array], Array]:
    from assay.kernels._blocks import dequantised as values
    from assay.kernels.lattice import quantised

    return lambda w: np.asarray(values(kind, quantised(kind, w.reshape(-1))), np.float32).reshape(w.shape)


def gptq(w: Array, random: np.random.Generator, bits: int = 4, group: int = 64) -> Array:
    """Frantar et al. (2022), algorithm 1: what rounding a column loses is made up for in the columns that follow."""
    columns = w.shape[1]
    inputs = random.standard_normal((2 * columns, columns)) @ (
        np.eye(columns) + 0.3 / columns**0.5 * random.standard_normal((columns, columns))
    )
    hessian = inputs.T @ inputs
    hessian += 0.01 * np.trace(hessian) / columns * np.eye(columns)
    upper = np.linalg.cholesky(np.linalg.inv(hessian)).T
    left, out = w.astype(np.float64), np.zeros(w.shape, np.float32)
    for n in range(columns):
        if n % group == 0:
            block = left[:, n : n + group]
            low, high = np.minimum(block.min(axis=1), 0), np.maximum(block.max(axis=1), 0)
            step = np.maximum(high - low, 1e-12) / (2**bits - 1)
            zero = np.rint(-low / step)
        value = (np.clip(np.rint(left[:, n] / step) + zero, 0, 2**bits - 1) - zero) * step
        out[:, n] = value
        left[:, n + 1 :] -= np.outer((left[:, n] - value) / upper[n, n], upper[n, n + 1 :])
    return out


DEQUANTISED: dict[str, Callable[[Array], Array]] = {
    **{kind: _ggml(kind) for kind in ("Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")},
    "int8 by row": _int8,
    "int4 by 64": _int4,
    "FP8": _fp8,
    "NF4": _nf4,
}


def dequantised(state: State, kind: str) -> State:
    """Every matrix of a layer quantised and stored as plain numbers again."""
    make = DEQUANTISED[kind] if kind != "GPTQ" else lambda w: gptq(w, np.random.default_rng(5))
    return {name: make(w) if w.ndim == 2 and ".layers." in name else w for name, w in state.items()}


def same_statistics(state: State, random: np.random.Generator) -> State:
    """Random weights with every tensor's mean and deviation: an impostor to whoever compares those."""
    return {
        name: (random.standard_normal(w.shape) * w.std() + w.mean()).astype(np.float32) for name, w in state.items()
    }


def shuffled(state: State, random: np.random.Generator) -> State:
    """The values of every tensor in random order: the same histogram, another model."""
    return {name: random.permutation(w.reshape(-1)).reshape(w.shape) for name, w in state.items()}


def layers_of(state: State, kept: list[int]) -> State:
    """Some layers, in the given order, numbered anew: pruning, or stacking where one occurs twice."""
    out = {name: w for name, w in state.items() if not name.startswith("model.layers.")}
    for number, layer in enumerate(kept):
        stem = f"model.layers.{layer}."
        out |= {
            f"model.layers.{number}.{name.removeprefix(stem)}": w for name, w in state.items() if name.startswith(stem)
        }
    return out


def more_tokens(state: State, rows: int, random: np.random.Generator) -> State:
    """New rows at the end of the embedding."""
    out = dict(state)
    w = state["model.embed_tokens.weight"]
    new = random.standard_normal((rows, w.shape[1])).astype(np.float32) * w.std()
    out["model.embed_tokens.weight"] = np.concatenate([w, new])
    return out


def mixed(states: list[State], shares: list[float]) -> State:
    """A linear merge of the states as they are published, in bf16."""
    out: State = {}
    for name in states[0]:
        parts = [np.float32(share) * bf16(state[name]) for state, share in zip(states, shares, strict=True)]
        out[name] = np.asarray(np.sum(parts, axis=0), np.float32)
    return out


def narrowed(state: State, hidden: int) -> State:
    """The first `hidden` dimensions of a model: K-quants need rows of whole blocks of 256."""
    out = {}
    for name, w in state.items():
        out[name] = w[:hidden] if w.ndim == 1 or name.endswith(("o_proj.weight", "down_proj.weight")) else w
        if w.ndim == 2 and not name.endswith("down_proj.weight"):
            out[name] = out[name][:, :hidden]
    return out


def smollm2(gguf: Path, layers: int = 10, tokens: int = 16_384) -> State:
    """The first layers of the real model with hub names, its 4-bit lattice broken by 5 % noise, rounded to bf16."""
    import assay.weights
    from assay.facts.naming import BLOCK, hub_name

    weights, state = assay.weights.open(gguf), {}
    random = np.random.default_rng(0)
    for name in weights:
        block = BLOCK.match(name)
        if block and int(block[1]) >= layers:
            continue
        hub = hub_name(name)
        if hub is None:
            raise ValueError(f"not a tensor of the Llama family: {name}")
        values = weights[name].array()
        if values.ndim == 2 and part_is_matrix(hub):
            values = values[:tokens] if "embed" in hub else values
            values = values + random.standard_normal(values.shape).astype(np.float32) * np.float32(0.05 * values.std())
        state[hub] = bf16(values)
    return state


def part_is_matrix(name: str) -> bool:
    """Whether the tensor is a matrix, not a norm."""
    return "norm" not in name
