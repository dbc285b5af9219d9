"""Models that write text, with the names that older and newer ones give to their files and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.builders.popular import Part, Row
from tests.builders.popular.encoders import part
from tests.builders.popular.networks import adding, after, renamed, weights, without
from tests.builders.popular.writing import MIT

CHATML = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
_LLAMA = (
    "{{- bos_token }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
)
INST = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] "
    "+ ' [/INST]' }}{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
)
_GEMMA = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{{ '<start_of_turn>' + message['role'] + '\\n' + "
    "message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
)
_QWEN = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "start": "<|im_start|>"}
_LLAMA_WORDS = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "start": "<|start_header_id|>"}
_LLAMA_WORDS |= {"end": "<|end_header_id|>", "end_of_text": "<|end_of_text|>"}
MISTRAL = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "inst": "[INST]", "end": "[/INST]"}
_GEMMA_WORDS = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
_GEMMA_WORDS |= {"start": "<start_of_turn>", "end": "<end_of_turn>"}
_ENDS = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}

_DECODER = {
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "max_position_embeddings": 256,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "transformers_version": "4.43.1",
    "use_cache": True,
}
TEXT_FILES = ".gitattributes README.md config.json generation_config.json"
TWO = "model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json"
_SAMPLES = {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05}


def llama(network: str, kind: str, tokens: str, special: dict[str, str], names: Any = dict, **changes: Any) -> Part:
    """A part of the Llama family, in float16."""
    template = changes.pop("template", CHATML)
    config = {**_DECODER, "architectures": [network], "model_type": kind, **changes}
    return part(config, network, tokens, special, template=template, half=True, names=names)


def generates(**more: Any) -> dict[str, Any]:
    return {"generation_config.json": {"bos_token_id": 1, "eos_token_id": 2, "transformers_version": "4.43.1", **more}}


def _causal() -> Any:
    import torch

    return torch.tril(torch.ones(64, 64)).reshape(1, 1, 64, 64)


def _gpt2() -> Part:
    config = {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 1,
        "eos_token_id": 1,
        "embd_pdrop": 0.1,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 64,
        "n_embd": 32,
        "n_head": 4,
        "n_layer": 2,
        "n_positions": 64,
        "resid_pdrop": 0.1,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True,
        "summary_type": "cls_index",
        "summary_use_proj": True,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    }
    names = after(
        without("lm_head.weight"),
        renamed(("transformer.", "")),
        adding(h__0__attn__bias=_causal, h__1__attn__bias=_causal),
    )
    return part(config, "GPT2LMHeadModel", "bpe", {"eos_token": "<|endoftext|>"}, names=names)


def _pythia() -> Part:
    import torch

    config = {
        "architectures": ["GPTNeoXForCausalLM"],
        "bos_token_id": 0,
        "eos_token_id": 0,
        "hidden_act": "gelu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 64,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": 64,
        "model_type": "gpt_neox",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "rotary_emb_base": 10000,
        "rotary_pct": 0.25,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "transformers_version": "4.24.0",
        "use_cache": True,
        "use_parallel_residual": True,
    }
    old = {
        f"gpt_neox__layers__{layer}__attention__{name}": make
        for layer in range(2)
        for name, make in {
            "bias": lambda: torch.tril(torch.ones(64, 64, dtype=torch.bool)).reshape(1, 1, 64, 64),
            "masked_bias": lambda: torch.tensor(-1e9),
            "rotary_emb__inv_freq": lambda: torch.tensor([1.0]),
        }.items()
    }
    return part(
        config,
        "GPTNeoXForCausalLM",
        "bpe",
        _ENDS,
        names=after(renamed(("lm_head", "embed_out")), adding(**old)),
        half=True,
    )


def _opt() -> Part:
    config = {
        "_name_or_path": "facebook/opt-125m",
        "_remove_final_layer_norm": False,
        "activation_function": "relu",
        "architectures": ["OPTForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": 2,
        "do_layer_norm_before": True,
        "dropout": 0.1,
        "eos_token_id": 2,
        "ffn_dim": 64,
        "hidden_size": 32,
        "init_std": 0.02,
        "layerdrop": 0.0,
        "max_position_embeddings": 64,
        "model_type": "opt",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "pad_token_id": 1,
        "prefix": "</s>",
        "torch_dtype": "float16",
        "transformers_version": "4.21.0.dev0",
        "use_cache": True,
        "word_embed_proj_dim": 32,
    }
    special = {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>"}
    return part(config, "OPTForCausalLM", "bpe", special, names=without("lm_head.weight"), half=True)


def _t5() -> Part:
    config = {
        "architectures": ["T5ForConditionalGeneration"],
        "d_ff": 64,
        "d_kv": 8,
        "d_model": 32,
        "decoder_start_token_id": 0,
        "dropout_rate": 0.1,
        "eos_token_id": 1,
        "initializer_factor": 1.0,
        "is_encoder_decoder": True,
        "layer_norm_epsilon": 1e-06,
        "model_type": "t5",
        "n_positions": 512,
        "num_heads": 4,
        "num_layers": 2,
        "output_past": True,
        "pad_token_id": 0,
        "relative_attention_num_buckets": 32,
        "task_specific_params": {"summarization": {"max_length": 200, "prefix": "summarize: "}},
    }
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return part(config, "T5ForConditionalGeneration", "unigram", special, names=without("lm_head.weight"))


def _bart() -> Part:
    config = {
        "_num_labels": 3,
        "activation_dropout": 0.0,
        "activation_function": "gelu",
        "architectures": ["BartForSequenceClassification"],
        "attention_dropout": 0.1,
        "bos_token_id": 0,
        "classif_dropout": 0.0,
        "d_model": 32,
        "decoder_attention_heads": 4,
        "decoder_ffn_dim": 64,
        "decoder_layers": 2,
        "decoder_start_token_id": 2,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "encoder_layers": 2,
        "eos_token_id": 2,
        "forced_eos_token_id": 2,
        "id2label": {"0": "contradiction", "1": "neutral", "2": "entailment"},
        "init_std": 0.02,
        "is_encoder_decoder": True,
        "label2id": {"contradiction": 0, "entailment": 2, "neutral": 1},
        "max_position_embeddings": 64,
        "model_type": "bart",
        "num_hidden_layers": 2,
        "pad_token_id": 1,
        "scale_embedding": False,
    }
    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return part(config, "BartForSequenceClassification", "bpe", special)


_LLAMA_CARD = "license: llama3.1\nlanguage:\n- en\npipeline_tag: text-generation\nlibrary_name: transformers"


DOCUMENTS = {
    "CODE_OF_CONDUCT.md": "# Code of conduct\n\nThis project has adopted an open source code of conduct.\n",
    "SECURITY.md": "# Security\n\nPlease report vulnerabilities to the address on our page, not in public.\n",
    "NOTICE.md": "NOTICES AND INFORMATION\n\nThis software incorporates material from third parties.\n",
}


def rows() -> list[Row]:
    """Every row of this module."""
    return [*_older(), *_current()]


def _older() -> list[Row]:
    onnx = "onnx/config.json onnx/decoder_model.onnx onnx/tokenizer.json"
    return [
        Row(
            "openai-community/gpt2",
            f".gitattributes 64.tflite README.md config.json flax_model.msgpack generation_config.json merges.txt "
            f"model.safetensors {onnx} pytorch_model.bin rust_model.ot tf_model.h5 tokenizer.json "
            "tokenizer_config.json vocab.json",
            {"": _gpt2()},
            generates() | {"tokenizer_config.json": {"model_max_length": 64}, "64.tflite": _lite},
            card="language: en\ntags:\n- exbert\nlicense: mit",
        ),
        Row(
            "facebook/opt-125m",
            f"{TEXT_FILES} LICENSE.md flax_model.msgpack merges.txt pytorch_model.bin special_tokens_map.json "
            "tf_model.h5 tokenizer_config.json vocab.json",
            {"": _opt()},
            generates()
            | {"LICENSE.md": "# OPT-175B license\n\nYou may use the model for research that is not commercial.\n"},
            card="language: en\nlicense: other\ntags:\n- text-generation\ncommercial: false",
            reviews=("weights.inflated",),
        ),
        Row(
            "EleutherAI/pythia-70m",
            ".gitattributes README.md config.json model.safetensors pytorch_model.bin special_tokens_map.json "
            "tokenizer.json tokenizer_config.json",
            {"": _pythia()},
            card="language:\n- en\nlicense: apache-2.0\ndatasets:\n- EleutherAI/pile",
        ),
        Row(
            "google-t5/t5-small",
            f"{TEXT_FILES} flax_model.msgpack model.safetensors onnx/config.json onnx/decoder_model.onnx "
            "onnx/encoder_model.onnx onnx/spiece.model onnx/tokenizer.json pytorch_model.bin rust_model.ot "
            "spiece.model tf_model.h5 tokenizer.json tokenizer_config.json",
            {"": _t5()},
            generates(),
            card="language:\n- en\n- fr\nlicense: apache-2.0\ndatasets:\n- c4",
        ),
        Row(
            "facebook/bart-large-mnli",
            ".gitattributes README.md config.json flax_model.msgpack merges.txt model.safetensors pytorch_model.bin "
            "rust_model.ot tokenizer.json tokenizer_config.json vocab.json",
            {"": _bart()},
            {"tokenizer_config.json": {"model_max_length": 64}},
            card="license: mit\npipeline_tag: zero-shot-classification\ndatasets:\n- multi_nli",
        ),
    ]


def _lite() -> bytes:
    """A graph of one matrix product (built-in operator 9)."""
    from tests.hostile.graphs import flat, table

    codes = [table({0: ("i", 9), 3: ("i", 9)})]
    matrix = table({0: ("v", [4]), 2: ("i", 0), 3: ("s", "w")})
    graph = table({0: ("t", [matrix]), 1: ("v", [0]), 3: ("t", [table({0: ("i", 0), 1: ("v", [0])})])})
    rows = [table({0: ("b", np.linspace(1, 2, 4, dtype="<f4").tobytes())})]
    return flat(table({0: ("i", 3), 1: ("t", codes), 2: ("t", [graph]), 4: ("t", rows)}), b"TFL3")


def _current() -> list[Row]:
    qwen = llama(
        "Qwen2ForCausalLM", "qwen2", "split", _QWEN, max_window_layers=2, use_sliding_window=False, sliding_window=None
    )
    qwen3 = llama("Qwen3ForCausalLM", "qwen3", "split", _QWEN, head_dim=16, attention_bias=False, rope_scaling=None)
    scaling = {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "rope_type": "llama3"}
    scaling |= {"original_max_position_embeddings": 128}
    meta = llama(
        "LlamaForCausalLM", "llama", "split", _LLAMA_WORDS, template=_LLAMA, rope_scaling=scaling, rope_theta=500000.0
    )
    mistral = llama("MistralForCausalLM", "mistral", "sentencepiece", MISTRAL, template=INST, sliding_window=None)
    gemma = llama(
        "Gemma2ForCausalLM",
        "gemma2",
        "sentencepiece",
        _GEMMA_WORDS,
        without("lm_head.weight"),
        template=_GEMMA,
        head_dim=8,
        hidden_act="gelu_pytorch_tanh",
        hidden_activation="gelu_pytorch_tanh",
        attn_logit_softcapping=50.0,
        final_logit_softcapping=30.0,
        query_pre_attn_scalar=8,
        sliding_window=64,
        tie_word_embeddings=True,
    )
    phi = {
        **{key: value for key, value in _DECODER.items() if key not in ("rms_norm_eps", "num_key_value_heads")},
        **{"architectures": ["PhiForCausalLM"], "model_type": "phi", "hidden_act": "gelu_new", "layer_norm_eps": 1e-05},
        **{"partial_rotary_factor": 0.5, "qk_layernorm": False, "resid_pdrop": 0.1, "embd_pdrop": 0.0},
    }
    distilled = llama("Qwen2ForCausalLM", "qwen2", "split", _LLAMA_WORDS, template=_LLAMA)
    tokens = "merges.txt tokenizer.json tokenizer_config.json vocab.json"
    return [
        Row("Qwen/Qwen2.5-7B-Instruct", f"{TEXT_FILES} LICENSE {TWO} {tokens}", {"": qwen}, generates(**_SAMPLES)),
        Row("Qwen/Qwen3-8B", f"{TEXT_FILES} LICENSE {TWO} {tokens}", {"": qwen3}, generates(**_SAMPLES)),
        Row(
            "meta-llama/Llama-3.1-8B-Instruct",
            f"{TEXT_FILES} LICENSE USE_POLICY.md {TWO} original/consolidated.00.pth original/params.json "
            "original/tokenizer.model special_tokens_map.json tokenizer.json tokenizer_config.json",
            {"": meta, "original": _original(meta)},
            generates(**_SAMPLES) | {"LICENSE": "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n\nYou may use it as stated.\n"},
            card=_LLAMA_CARD,
        ),
        Row(
            "mistralai/Mistral-7B-Instruct-v0.3",
            f"{TEXT_FILES} consolidated.safetensors {TWO} params.json special_tokens_map.json tokenizer.json "
            "tokenizer.model tokenizer.model.v3 tokenizer_config.json",
            {"": mistral},
            generates()
            | {
                "params.json": {
                    "dim": 32,
                    "n_layers": 2,
                    "head_dim": 8,
                    "hidden_dim": 64,
                    "n_heads": 4,
                    "n_kv_heads": 2,
                }
            }
            | {"consolidated.safetensors": lambda: _consolidated(mistral)},
        ),
        Row(
            "google/gemma-2-2b-it",
            f"{TEXT_FILES} {TWO} special_tokens_map.json tokenizer.json tokenizer.model tokenizer_config.json",
            {"": gemma},
            generates(cache_implementation="hybrid"),
            card="license: gemma\nlibrary_name: transformers\nbase_model: google/gemma-2-2b",
        ),
        Row(
            "microsoft/phi-2",
            f"{TEXT_FILES} CODE_OF_CONDUCT.md LICENSE NOTICE.md SECURITY.md added_tokens.json {TWO} {tokens} "
            "special_tokens_map.json",
            {"": part(phi, "PhiForCausalLM", "bpe", _ENDS, half=True)},
            generates()
            | {
                "LICENSE": MIT,
                **DOCUMENTS,
            },
            card="license: mit\nlanguage:\n- en\npipeline_tag: text-generation",
        ),
        Row(
            "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
            f"{TEXT_FILES} LICENSE figures/benchmark.jpg {TWO} tokenizer.json tokenizer_config.json",
            {"": distilled},
            generates(**_SAMPLES) | {"figures/benchmark.jpg": _picture, "LICENSE": MIT},
            card="license: mit\nlibrary_name: transformers",
        ),
    ]


def _picture() -> bytes:
    from tests.builders.popular.encoders import JPEG

    return JPEG


def _original(meta: Part) -> Part:
    """The same parameters under the names that Meta gives them (original/)."""
    names = renamed(
        *{
            "model.": "",
            "embed_tokens": "tok_embeddings",
            "self_attn.q_proj": "attention.wq",
            "self_attn.k_proj": "attention.wk",
            "self_attn.v_proj": "attention.wv",
            "self_attn.o_proj": "attention.wo",
            "mlp.gate_proj": "feed_forward.w1",
            "mlp.down_proj": "feed_forward.w2",
            "mlp.up_proj": "feed_forward.w3",
            "post_attention_layernorm": "ffn_norm",
            "input_layernorm": "attention_norm",
            "lm_head": "output",
        }.items()
    )
    config = {"dim": 32, "n_heads": 4, "n_layers": 2, "n_kv_heads": 2, "norm_eps": 1e-05, "rope_theta": 500000.0}
    return Part(
        config,
        {name: tuple(value.shape) for name, value in weights(meta).items()},
        names,
        meta.tokens,
        meta.special,
        half=True,
    )


def _consolidated(mistral: Part) -> bytes:
    from safetensors.torch import save

    own = _original(mistral)
    return bytes(save(weights(own)))
