"""The tensors that a config implies, against what transformers writes for that config."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from assay.facts.config import ConfigValues  # noqa: E402 - the oracle needs torch
from assay.facts.family import MAX_TENSORS, Expected, Undetermined, expected, families  # noqa: E402
from tests.conftest import read  # noqa: E402

SMALL: dict[str, Any] = {
    "vocab_size": 97,
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 53,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
TIES: tuple[dict[str, Any], ...] = ({}, {"tie_word_embeddings": True}, {"tie_word_embeddings": False})
EXPERTS = {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 20}
LATENT = {
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 20,
    "n_shared_experts": 2,
    "first_k_dense_replace": 1,
    "q_lora_rank": 14,
    "kv_lora_rank": 15,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 6,
    "v_head_dim": 9,
    "n_group": 1,
    "topk_group": 1,
}
OLD = {"n_embd": 48, "n_layer": 2, "n_head": 6, "n_positions": 53}
TWO = {
    "d_model": 48,
    "encoder_layers": 3,
    "decoder_layers": 2,
    "encoder_ffn_dim": 70,
    "decoder_ffn_dim": 74,
    "encoder_attention_heads": 6,
    "decoder_attention_heads": 6,
    "decoder_start_token_id": 0,
}
T5 = {"d_model": 48, "d_kv": 8, "d_ff": 72, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 6}
CLIP = {
    "projection_dim": 33,
    "text_config": {**SMALL, "max_position_embeddings": 21},
    "vision_config": {**SMALL, "hidden_size": 40, "num_attention_heads": 5, "image_size": 32, "patch_size": 8},
}
BIASED = {"attention_bias": True}
BOTH = {"attention_bias": True, "mlp_bias": True}
DEBERTA = {
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["p2c", "c2p"],
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "position_buckets": 16,
}
# family -> class, what its config has beyond SMALL, and further changes one by one
MODELS: dict[str, tuple[str, dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "llama": ("LlamaForCausalLM", {}, (BOTH, {"head_dim": 10}, {"num_key_value_heads": 6})),
    "mistral": ("MistralForCausalLM", {}, ({"head_dim": 10},)),
    "mixtral": ("MixtralForCausalLM", {"num_local_experts": 3}, ({"head_dim": 10},)),
    "qwen2": ("Qwen2ForCausalLM", {}, ({"num_key_value_heads": 6},)),
    "qwen2_moe": (
        "Qwen2MoeForCausalLM",
        {**EXPERTS, "shared_expert_intermediate_size": 28},
        ({"qkv_bias": False}, {"decoder_sparse_step": 2}, {"mlp_only_layers": [1]}),
    ),
    "qwen3": ("Qwen3ForCausalLM", {"head_dim": 10}, (BIASED,)),
    "qwen3_moe": ("Qwen3MoeForCausalLM", {**EXPERTS, "head_dim": 10}, (BIASED, {"mlp_only_layers": [0]})),
    "gemma": ("GemmaForCausalLM", {"head_dim": 10}, (BIASED,)),
    "gemma2": ("Gemma2ForCausalLM", {"head_dim": 10}, (BIASED,)),
    "gemma3_text": ("Gemma3ForCausalLM", {"head_dim": 10}, (BIASED,)),
    "granite": ("GraniteForCausalLM", {}, (BOTH,)),
    "granitemoe": ("GraniteMoeForCausalLM", {"num_local_experts": 3}, (BIASED,)),
    "helium": ("HeliumForCausalLM", {"head_dim": 8}, (BOTH,)),
    "smollm3": ("SmolLM3ForCausalLM", {}, (BOTH,)),
    "ernie4_5": ("Ernie4_5ForCausalLM", {"head_dim": 8}, ({"use_bias": True},)),
    "phi": ("PhiForCausalLM", {}, ({"qk_layernorm": True},)),
    "phi3": ("Phi3ForCausalLM", {}, ()),
    "persimmon": ("PersimmonForCausalLM", {}, ({"qk_layernorm": False},)),
    "glm": ("GlmForCausalLM", {"head_dim": 8}, ({"attention_bias": False},)),
    "glm4": ("Glm4ForCausalLM", {"head_dim": 8}, (BIASED,)),
    "glm4_moe": ("Glm4MoeForCausalLM", {**LATENT, "head_dim": 8}, ({**BIASED, "use_qk_norm": True},)),
    "gpt2": ("GPT2LMHeadModel", OLD, ({"n_inner": 50}, {"add_cross_attention": True})),
    "gpt_bigcode": ("GPTBigCodeForCausalLM", OLD, ({"multi_query": False},)),
    "gpt_neo": (
        "GPTNeoForCausalLM",
        {"num_layers": 2, "num_heads": 6, "attention_types": [[["global", "local"], 1]]},
        ({"intermediate_size": 50},),
    ),
    "gpt_neox": ("GPTNeoXForCausalLM", {}, ({"attention_bias": False},)),
    "gptj": ("GPTJForCausalLM", {**OLD, "rotary_dim": 4}, ({"n_inner": 50},)),
    "codegen": ("CodeGenForCausalLM", {**OLD, "n_head": 8, "rotary_dim": 4}, ()),
    "gpt_oss": ("GptOssForCausalLM", {"num_local_experts": 3, "head_dim": 8}, ({"attention_bias": False},)),
    "opt": (
        "OPTForCausalLM",
        {"ffn_dim": 72, "word_embed_proj_dim": 48},
        (
            {"word_embed_proj_dim": 20},
            {"do_layer_norm_before": False},
            {"enable_bias": False},
            {"layer_norm_elementwise_affine": False},
        ),
    ),
    "bloom": ("BloomForCausalLM", {"n_layer": 3, "n_head": 6}, ()),
    "falcon": (
        "FalconForCausalLM",
        {},
        (
            {"new_decoder_architecture": True, "num_kv_heads": 2},
            {"new_decoder_architecture": True, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1},
            {"multi_query": False},
            {"parallel_attn": False},
            {"bias": True},
        ),
    ),
    "mpt": ("MptForCausalLM", {"d_model": 48, "n_heads": 6, "n_layers": 3}, ()),
    "stablelm": (
        "StableLmForCausalLM",
        {},
        ({"use_qkv_bias": True, "qk_layernorm": True}, {"use_parallel_residual": True}),
    ),
    "olmo": ("OlmoForCausalLM", {}, (BIASED,)),
    "olmo2": ("Olmo2ForCausalLM", {}, (BIASED,)),
    "olmo3": ("Olmo3ForCausalLM", {}, (BIASED,)),
    "olmoe": ("OlmoeForCausalLM", {"num_experts": 3}, (BIASED,)),
    "exaone4": ("Exaone4ForCausalLM", {}, ()),
    "cohere": ("CohereForCausalLM", {}, ({**BIASED, "use_qk_norm": True},)),
    "cohere2": ("Cohere2ForCausalLM", {"head_dim": 8}, (BIASED,)),
    "starcoder2": ("Starcoder2ForCausalLM", {}, ({"use_bias": False},)),
    "nemotron": ("NemotronForCausalLM", {}, (BOTH,)),
    "deepseek_v2": (
        "DeepseekV2ForCausalLM",
        LATENT,
        ({"q_lora_rank": None}, BIASED, {"first_k_dense_replace": 0}),
    ),
    "deepseek_v3": ("DeepseekV3ForCausalLM", LATENT, ({"q_lora_rank": None}, BIASED)),
    "mamba": (
        "MambaForCausalLM",
        {"state_size": 7, "time_step_rank": 3},
        ({"use_bias": True}, {"use_conv_bias": False}, {"time_step_rank": "auto"}),
    ),
    "bert": ("BertForMaskedLM", {}, ({"is_decoder": True, "add_cross_attention": True},)),
    "roberta": ("RobertaForMaskedLM", {}, ()),
    "xlm-roberta": ("XLMRobertaForMaskedLM", {}, ()),
    "camembert": ("CamembertForMaskedLM", {}, ()),
    "electra": ("ElectraForMaskedLM", {"embedding_size": 22}, ({"embedding_size": 48},)),
    "distilbert": ("DistilBertForMaskedLM", {"dim": 48, "n_heads": 6, "n_layers": 3, "hidden_dim": 72}, ()),
    "mpnet": ("MPNetForMaskedLM", {}, ()),
    "albert": ("AlbertForMaskedLM", {"embedding_size": 22}, ({"num_hidden_groups": 2, "inner_group_num": 2},)),
    "deberta-v2": (
        "DebertaV2ForMaskedLM",
        DEBERTA,
        (
            {"share_att_key": False},
            {"position_biased_input": True, "type_vocab_size": 2},
            {"embedding_size": 20},
            {"conv_kernel_size": 3},
            {"position_buckets": -1},
            {"relative_attention": False},
        ),
    ),
    "modernbert": (
        "ModernBertForMaskedLM",
        {},
        (
            {"attention_bias": True, "mlp_bias": True, "norm_bias": True, "classifier_bias": True},
            {"decoder_bias": False},
        ),
    ),
    "t5": ("T5ForConditionalGeneration", T5, ({"feed_forward_proj": "gated-gelu"},)),
    "mt5": ("MT5ForConditionalGeneration", T5, ()),
    "umt5": ("UMT5ForConditionalGeneration", T5, ()),
    "bart": ("BartForConditionalGeneration", TWO, ()),
    "mbart": ("MBartForConditionalGeneration", TWO, ()),
    "pegasus": ("PegasusForConditionalGeneration", TWO, ()),
    "m2m_100": ("M2M100ForConditionalGeneration", TWO, ()),
    "marian": ("MarianMTModel", TWO, ({"share_encoder_decoder_embeddings": False, "tie_word_embeddings": False},)),
    "whisper": (
        "WhisperForConditionalGeneration",
        {**TWO, "num_mel_bins": 31, "max_source_positions": 37, "max_target_positions": 41},
        (),
    ),
    "vit": ("ViTForImageClassification", {"image_size": 32, "patch_size": 8, "num_labels": 5}, ({"qkv_bias": False},)),
    "clip": ("CLIPModel", CLIP, ()),
}
# other classes of a family: the base model alone, and one with a head of another kind
OTHERS = {
    "llama": ("LlamaModel", "LlamaForSequenceClassification"),
    "qwen2": ("Qwen2Model", "Qwen2ForTokenClassification"),
    "gpt2": ("GPT2Model", "GPT2ForSequenceClassification"),
    "bert": ("BertModel", "BertForSequenceClassification"),
    "roberta": ("RobertaModel", "RobertaForTokenClassification"),
    "distilbert": ("DistilBertModel", "DistilBertForQuestionAnswering"),
    "mpnet": ("MPNetModel", "MPNetForMultipleChoice"),
    "modernbert": ("ModernBertModel", "ModernBertForSequenceClassification"),
    "deberta-v2": ("DebertaV2Model", "DebertaV2ForSequenceClassification"),
    "t5": ("T5Model", "T5EncoderModel"),
    "bart": ("BartModel", "BartForSequenceClassification"),
    "whisper": ("WhisperModel", "WhisperForAudioClassification"),
    "vit": ("ViTModel", "ViTForMaskedImageModeling"),
    "opt": ("OPTModel", "OPTForSequenceClassification"),
}


def saved(folder: Path, kind: str, family: str, settings: dict[str, Any]) -> tuple[ConfigValues, dict[str, Any]]:
    """The config as assay reads it, and name -> shape of each tensor, of a model that transformers built and wrote."""
    config = transformers.AutoConfig.for_model(family, **settings)
    with contextlib.redirect_stderr(io.StringIO()):  # a bar for each model
        getattr(transformers, kind)(config).save_pretrained(folder)
    raw = (folder / "model.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    (values,) = [
        fact for fact in read("config.json", (folder / "config.json").read_bytes()).facts
        if isinstance(fact, ConfigValues)
    ]  # fmt: skip
    return values, {name: tuple(row["shape"]) for name, row in header.items() if name != "__metadata__"}


def differences(wanted: Expected, tensors: dict[str, Any]) -> dict[str, list[str]]:
    known = wanted.must.keys() | wanted.may.keys()
    return {
        "missing": sorted(wanted.must.keys() - tensors.keys()),
        "unknown": sorted(tensors.keys() - known),
        "shape": sorted(name for name in tensors.keys() & known if not wanted.fits(name, tensors[name])),
    }


NONE: dict[str, list[str]] = {"missing": [], "unknown": [], "shape": []}


@pytest.mark.torch
@pytest.mark.parametrize("family", sorted(MODELS))
def test_every_tensor_that_transformers_writes_is_expected_and_no_other(tmp_path: Path, family: str) -> None:
    kind, own, changes = MODELS[family]
    for number, change in enumerate((*TIES, *changes)):
        settings = {**SMALL, **({"num_hidden_layers": 3} if family != "gpt_neo" else {}), **own, **change}
        values, tensors = saved(tmp_path / str(number), kind, family, settings)
        found = expected(values, family)
        assert found is not None and differences(found, tensors) == NONE, change


def test_every_family_is_compared_with_transformers() -> None:
    assert families() == MODELS.keys()


@pytest.mark.torch
@pytest.mark.parametrize(("family", "kind"), [(family, kind) for family, kinds in OTHERS.items() for kind in kinds])
def test_the_base_model_is_known_under_any_head(tmp_path: Path, family: str, kind: str) -> None:
    values, tensors = saved(tmp_path, kind, family, {**SMALL, **MODELS[family][1]})
    found = expected(values, family)
    assert found is not None
    base = found.base
    if base and not any(name.startswith(base) for name in tensors):
        found = found.renamed(lambda name: name.removeprefix(base))
    told = differences(found, tensors)
    heads = ("score", "classifier", "classification_head", "decoder.0", "qa_outputs", "projector", "head.", "pooler")
    unknown = [name for name in told["unknown"] if not name.startswith(heads)]
    assert (told["missing"], unknown, told["shape"]) == ([], [], [])


def values(**stated: Any) -> ConfigValues:
    return ConfigValues("config.json", tuple(sorted(stated.items())))


def test_a_config_that_does_not_give_the_numbers_says_which() -> None:
    stated = {key: value for key, value in SMALL.items() if key != "intermediate_size"}
    with pytest.raises(Undetermined, match="intermediate_size"):
        expected(values(**stated), "llama")
    assert expected(values(**SMALL), "no-such-family") is None


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 10**9},
        {"num_hidden_layers": -1},
        {"num_hidden_layers": "three"},
        {"num_hidden_layers": 2.5},
        {"num_attention_heads": 0},
        {"hidden_size": 2**62, "head_dim": 2**62},
        {"vocab_size": (1, 2)},
        {"num_hidden_layers": MAX_TENSORS},
    ],
)
def test_a_hostile_config_costs_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(Undetermined):
        expected(values(**{**SMALL, **change}), "llama")
