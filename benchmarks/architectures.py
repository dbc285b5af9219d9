"""Small models of eight architectures by their own names, to be made twice from independent starts.

`build(name, random, shared)` gives a state; parts named in `shared` are drawn from another generator, so that two
models have them in common. Computed tables (causal masks, sinusoids, rotary frequencies, position numbers) are the same
in all of them anyway, as they are in files that people publish.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from benchmarks.derived import Array, State

Draw = Callable[..., Array]
HIDDEN, INNER, LAYERS, VOCABULARY, POSITIONS = 96, 256, 3, 1500, 128


def sinusoids(positions: int, width: int, *, halves: bool) -> Array:
    """Vaswani et al. (2017): sines and cosines, interleaved or in halves, as Marian and Whisper store them."""
    at = np.arange(positions)[:, None] * np.exp(-np.arange(0, width, 2) * np.log(10_000) / width)
    table = (np.concatenate if halves else np.stack)([np.sin(at), np.cos(at)], axis=-1)
    return table.reshape(positions, width).astype(np.float32)


def build(name: str, random: np.random.Generator, shared: Collection[str] = ()) -> State:
    """A model of the architecture; `shared` may hold embedding, head, encoder, vision and norms."""
    common = np.random.default_rng(77)

    def draw(part: str, *shape: int) -> Array:
        source = common if part in shared else random
        return (source.standard_normal(shape) * 0.02 * (1 + 0.3 * source.standard_normal((*shape[:-1], 1)))).astype(
            np.float32
        )

    return _BUILDERS[name](draw)


def _ones(state: State, stem: str, *names: str, bias: bool = True) -> None:
    for name in names:
        state[f"{stem}{name}.weight"] = np.ones(HIDDEN, np.float32)
        if bias:
            state[f"{stem}{name}.bias"] = np.zeros(HIDDEN, np.float32)


def _linear(state: State, draw: Draw, part: str, stem: str, **shapes: tuple[int, int]) -> None:
    for name, shape in shapes.items():
        state[f"{stem}{name.replace('__', '.')}.weight"] = draw(part, *shape)


_SQUARE, _UP, _DOWN = (HIDDEN, HIDDEN), (INNER, HIDDEN), (HIDDEN, INNER)


def _gpt2(draw: Draw) -> State:
    state: State = {"wte.weight": draw("embedding", VOCABULARY, HIDDEN), "wpe.weight": draw("body", POSITIONS, HIDDEN)}
    mask = np.tril(np.ones((POSITIONS, POSITIONS), np.float32))[None, None]
    for n in range(LAYERS):
        stem = f"h.{n}."
        state[f"{stem}attn.bias"] = mask
        state[f"{stem}attn.masked_bias"] = np.full((1,), -1e4, np.float32)
        _ones(state, stem, "ln_1", "ln_2")
        shapes = {"attn__c_attn": (HIDDEN, 3 * HIDDEN), "attn__c_proj": _SQUARE, "mlp__c_fc": _DOWN, "mlp__c_proj": _UP}
        _linear(state, draw, "body", stem, **shapes)
    _ones(state, "", "ln_f")
    return state


def _llama(draw: Draw) -> State:
    state: State = {"model.embed_tokens.weight": draw("embedding", VOCABULARY, HIDDEN)}
    for n in range(LAYERS):
        stem = f"model.layers.{n}."
        state[f"{stem}self_attn.rotary_emb.inv_freq"] = (10_000 ** (-np.arange(0, 24, 2) / 24)).astype(np.float32)
        _ones(state, stem, "input_layernorm", "post_attention_layernorm", bias=False)
        _linear(
            state, draw, "body", f"{stem}self_attn.", q_proj=_SQUARE, k_proj=_SQUARE, v_proj=_SQUARE, o_proj=_SQUARE
        )
        _linear(state, draw, "body", f"{stem}mlp.", gate_proj=_UP, up_proj=_UP, down_proj=_DOWN)
    _ones(state, "model.", "norm", bias=False)
    state["lm_head.weight"] = draw("head", VOCABULARY, HIDDEN)
    return state


def _bert(draw: Draw) -> State:
    state: State = {
        "bert.embeddings.position_ids": np.arange(POSITIONS, dtype=np.float32)[None],
        "bert.embeddings.word_embeddings.weight": draw("embedding", VOCABULARY, HIDDEN),
        "bert.embeddings.position_embeddings.weight": draw("embedding", POSITIONS, HIDDEN),
        "bert.embeddings.token_type_embeddings.weight": draw("embedding", 2, HIDDEN),
    }
    for n in range(LAYERS):
        stem = f"bert.encoder.layer.{n}."
        names = ("self.query", "self.key", "self.value", "output.dense")
        for name in names:
            state[f"{stem}attention.{name}.weight"] = draw("body", *_SQUARE)
        state[f"{stem}intermediate.dense.weight"] = draw("body", *_UP)
        state[f"{stem}output.dense.weight"] = draw("body", *_DOWN)
        _ones(state, stem, "attention.output.LayerNorm", "output.LayerNorm")
    state["cls.predictions.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
    return state


def _bart_layers(state: State, draw: Draw, part: str, stem: str, *, cross: bool) -> None:
    """Layers as Marian, BART, Whisper and CLIP name them."""
    for n in range(LAYERS):
        for kind in ("self_attn", *(("encoder_attn",) if cross else ())):
            names = ("q_proj", "k_proj", "v_proj", "out_proj")
            _linear(state, draw, part, f"{stem}layers.{n}.{kind}.", **dict.fromkeys(names, _SQUARE))
            _ones(state, f"{stem}layers.{n}.", f"{kind}_layer_norm")
        _linear(state, draw, part, f"{stem}layers.{n}.", fc1=_UP, fc2=_DOWN)
        _ones(state, f"{stem}layers.{n}.", "final_layer_norm")


def _marian(draw: Draw) -> State:
    state: State = {
        "model.shared.weight": draw("embedding", VOCABULARY, HIDDEN),
        "model.encoder.embed_positions.weight": sinusoids(POSITIONS, HIDDEN, halves=True),
        "model.decoder.embed_positions.weight": sinusoids(POSITIONS, HIDDEN, halves=True),
        "final_logits_bias": np.zeros((1, VOCABULARY), np.float32),
    }
    _bart_layers(state, draw, "encoder", "model.encoder.", cross=False)
    _bart_layers(state, draw, "body", "model.decoder.", cross=True)
    return state


def _whisper(draw: Draw) -> State:
    state: State = {
        "model.encoder.conv1.weight": draw("encoder", HIDDEN, 80, 3),
        "model.encoder.conv2.weight": draw("encoder", HIDDEN, HIDDEN, 3),
        "model.encoder.embed_positions.weight": sinusoids(POSITIONS, HIDDEN, halves=True),
        "model.decoder.embed_positions.weight": draw("body", POSITIONS, HIDDEN),
        "model.decoder.embed_tokens.weight": draw("embedding", VOCABULARY, HIDDEN),
    }
    _bart_layers(state, draw, "encoder", "model.encoder.", cross=False)
    _bart_layers(state, draw, "body", "model.decoder.", cross=True)
    _ones(state, "model.encoder.", "layer_norm")
    return state


def _t5(draw: Draw) -> State:
    state: State = {"shared.weight": draw("embedding", VOCABULARY, HIDDEN)}
    for side, part in (("encoder", "encoder"), ("decoder", "body")):
        for n in range(LAYERS):
            stem = f"{side}.block.{n}.layer."
            kinds = ["0.SelfAttention", *(["1.EncDecAttention"] if side == "decoder" else [])]
            for kind in kinds:
                _linear(state, draw, part, f"{stem}{kind}.", q=_SQUARE, k=_SQUARE, v=_SQUARE, o=_SQUARE)
            _linear(state, draw, part, f"{stem}{len(kinds)}.DenseReluDense.", wi=_UP, wo=_DOWN)
            for number in range(len(kinds) + 1):
                _ones(state, f"{stem}{number}.", "layer_norm", bias=False)
        bias = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        state[bias] = draw(part, 32, 4)
    return state


def _vit(draw: Draw) -> State:
    state: State = {
        "vit.embeddings.cls_token": draw("embedding", 1, 1, HIDDEN),
        "vit.embeddings.position_embeddings": sinusoids(65, HIDDEN, halves=True)[None],
        "vit.embeddings.patch_embeddings.projection.weight": draw("embedding", HIDDEN, 3, 8, 8),
    }
    for n in range(LAYERS):
        stem = f"vit.encoder.layer.{n}."
        for name in ("attention.query", "attention.key", "attention.value", "output.dense"):
            state[f"{stem}attention.{name}.weight"] = draw("body", *_SQUARE)
        state[f"{stem}intermediate.dense.weight"] = draw("body", *_UP)
        state[f"{stem}output.dense.weight"] = draw("body", *_DOWN)
        _ones(state, stem, "layernorm_before", "layernorm_after")
    state["classifier.weight"] = draw("head", 40, HIDDEN)
    return state


def _clip(draw: Draw) -> State:
    state: State = {
        "logit_scale": np.float32(4.6).reshape(1),
        "text_model.embeddings.position_ids": np.arange(POSITIONS, dtype=np.float32)[None],
        "text_model.embeddings.token_embedding.weight": draw("embedding", VOCABULARY, HIDDEN),
        "text_model.embeddings.position_embedding.weight": draw("body", POSITIONS, HIDDEN),
        "vision_model.embeddings.position_ids": np.arange(65, dtype=np.float32)[None],
        "vision_model.embeddings.patch_embedding.weight": draw("vision", HIDDEN, 3, 8, 8),
        "vision_model.embeddings.position_embedding.weight": draw("vision", 65, HIDDEN),
        "text_projection.weight": draw("body", *_SQUARE),
        "visual_projection.weight": draw("vision", *_SQUARE),
    }
    for tower, part in (("text_model", "body"), ("vision_model", "vision")):
        for n in range(LAYERS):
            stem = f"{tower}.encoder.layers.{n}."
            names = ("q_proj", "k_proj", "v_proj", "out_proj")
            _linear(state, draw, part, f"{stem}self_attn.", **dict.fromkeys(names, _SQUARE))
            _linear(state, draw, part, f"{stem}mlp.", fc1=_UP, fc2=_DOWN)
            _ones(state, stem, "layer_norm1", "layer_norm2")
    return state


def _llava(draw: Draw) -> State:
    state = {f"language_model.{name}": values for name, values in _llama(draw).items()}
    vision = {name: values for name, values in _clip(draw).items() if name.startswith("vision_model.")}
    state |= {f"vision_tower.{name}": values for name, values in vision.items()}
    state["multi_modal_projector.linear_1.weight"] = draw("body", *_SQUARE)
    return state


_BUILDERS: dict[str, Callable[[Draw], State]] = {
    "gpt2": _gpt2, "llama": _llama, "bert": _bert, "marian": _marian, "whisper": _whisper, "t5": _t5, "vit": _vit,
    "clip": _clip, "llava": _llava,
}  # fmt: skip
# what two models of each may have in common without being relatives
SHARED: dict[str, tuple[tuple[str, ...], ...]] = {
    "gpt2": ((), ("embedding",)),
    "llama": ((), ("embedding",), ("head",), ("embedding", "head")),
    "bert": ((), ("embedding",)),
    "marian": ((), ("embedding",), ("encoder",), ("embedding", "encoder")),
    "whisper": ((), ("encoder",), ("embedding",)),
    "t5": ((), ("embedding",), ("encoder",)),
    "vit": ((), ("embedding",), ("head",)),
    "clip": ((), ("vision",), ("embedding", "vision")),
    "llava": ((), ("vision",), ("embedding", "vision")),
}
