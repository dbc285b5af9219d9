"""Architectures whose code is public: what runs a model whose own folder holds no code.

The names were taken from transformers 5.24.0 (Apache-2.0; the language-model mappings of `modeling_auto.py`) and gguf
0.19.0, which names the architectures of llama.cpp (MIT). A name that is not here is not known; that does not say that
no library has it.
"""

from __future__ import annotations

from assay.lazy import dataclass

_TRANSFORMERS = frozenset(
    """
    afmoe albert apertus apertus1p5 apertus1p5_text arcee aria aria_text audioflamingo3 axk1 axk2 aya_vision
    bailing_hybrid bamba bart beam bert bert-generation big_bird bigbird_pegasus biogpt bitnet blenderbot
    blenderbot-small blip blip-2 bloom blt camembert canary chameleon codegen cohere cohere2 cohere2_moe
    cohere2_vision cohere_asr cohere_compass cohere_compass_text convbert cosmos3_edge cosmos3_omni cpmant ctrl cwm
    data2vec-text dbrx deberta deberta-v2 deepseek_ocr2 deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl
    deepseek_vl_hybrid dia diffllama diffusion_gemma distilbert doge dory dots1 dots3_note dots3_note_text electra
    emu3 encoder-decoder ernie ernie4_5 ernie4_5_moe ernie4_5_vl_moe esm esmc eurobert evolla exaone exaone4 exaone4_5
    exaone_moe falcon falcon_h1 falcon_mamba fast_vlm flaubert flex_olmo flint florence2 fnet fsmt fun_asr_nano funnel
    fuyu gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma4 gemma4_assistant gemma4_text gemma4_unified
    gemma4_unified_assistant gemma4_unified_text git glm glm4 glm46v glm4_moe glm4_moe_lite glm4v glm4v_moe glm5_next
    glm_moe_dsa glm_ocr glmasr glmga got_ocr2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj
    granite granite4_vision granite_docling granite_speech granite_speech_plus granite_swa granitemoe granitemoe_swa
    granitemoehybrid granitemoeshared gte helium hrm_text hunyuan_v1_dense hunyuan_v1_moe hunyuan_vl hy_v3 hy_v4
    hy_v4_vl hyperclovax hyperclovax_vision_v2 ibert idefics idefics2 idefics3 inkling2 inkling2_loop
    inkling2_loop_text inkling2_text inkling_mm_model inkling_text instructblip instructblipvideo internlm3 internvl
    iquestcoder jais2 jamba janus jetmoe jina_embeddings_v3 kimi_k25 kimi_linear kolibri1 kosmos-2 kosmos-2.5
    kyutai_speech_to_text laguna lara_mini layoutlm led lfm2 lfm2_moe lfm2_vl lfm3 lfm3_vl lighton_ocr llama llama4
    llama4_text llava llava_next llava_next_video llava_onevision longcat_flash longformer longt5 luke m2m_100 mamba
    mamba2 marian mbart megatron-bert mellum mimo_v2_flash minicpm3 minicpm_ocr minicpmv4_6 minicpmv4_7 minimax
    minimax_m2 minimax_m3_vl minimax_m3_vl_text ministral ministral3 mistral mistral3 mistral4 mistral_large4 mixtral
    mllama mobilebert modernbert modernbert-decoder modernvbert molmo2 moonshine moonshine_streaming moshi
    moss_transcribe_diarize mpnet mpt mra mt5 muse_glimmer muse_spark musicflamingo musicgen musicgen_melody mvp
    nanochat nemo_speechlm nemotron nemotron_h nemotron_h_omni neomme nllb-moe nomic_bert nystromformer olmo olmo2
    olmo3 olmo_hybrid olmoe omniasr openai-gpt opt ovis2 paddleocr_vl paligemma pegasus pegasus_x perceiver
    perception_lm persimmon phi phi3 phi4_multimodal phimoe pi0 pix2struct plbart pop2piano pp_chart2table
    pp_formulanet prophetnet qianfan_ocr qwen2 qwen2_5_omni_thinker qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3
    qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen3_asr qwen3_moe qwen3_next qwen3_omni_moe_thinker qwen3_vl
    qwen3_vl_moe qwen4_exp qwen4_exp_text recurrent_gemma reformer rembert roberta roberta-prelayernorm roc_bert
    roformer rwkv sarvam_mla sarvam_moe seamless_m4t seamless_m4t_v2 seed_oss shieldgemma2 smollm3 smolvlm solar_open
    speech-encoder-decoder speech_to_text speecht5 squeezebert stablelm starcoder2 step3p7 switch_transformers t5
    t5gemma t5gemma2 tapas trocr udop ultrabert ultravbert umt5 unlimited_ocr vaultgemma vibevoice vibevoice_asr
    video_llama_3 video_llava vipllava vision-encoder-decoder voxtral voxtral_realtime whisper xglm xlm xlm-roberta
    xlm-roberta-xl xlnet xlstm xmod yoso youtu zamba zamba2 zaya
    """.split()  # noqa: SIM905 - a list of a line for each name is no help to anybody
)
_LLAMA_CPP = frozenset(
    """
    afmoe apertus arcee arctic arwkv7 baichuan bailingmoe bailingmoe2 bert bitnet bloom chameleon chatglm codeshell
    cogvlm cohere2 command-r dbrx deci deepseek deepseek2 deepseek2-ocr dots1 dream ernie4_5 ernie4_5-moe eurobert
    exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma-embedding gemma2 gemma3 gemma3n gemma4 glm-dsa glm4 glm4moe
    gpt-oss gpt2 gptj gptneox granite granitehybrid granitemoe grok grovemoe hunyuan-dense hunyuan-moe hunyuan_vl
    internlm2 jais jais2 jamba jina-bert-v2 jina-bert-v3 kimi-linear lfm2 lfm2moe llada llada-moe llama llama-embed
    llama4 maincoder mamba mamba2 mimo2 minicpm minicpm3 minimax-m2 mistral3 mistral4 modern-bert mpt nemotron
    nemotron_h nemotron_h_moe neo-bert nomic-bert nomic-bert-moe olmo olmo2 olmoe openelm orion paddleocr
    pangu-embedded phi2 phi3 phimoe plamo plamo2 plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe
    qwen3moe qwen3next qwen3vl qwen3vlmoe refact rnd1 rwkv6 rwkv6qwen2 rwkv7 seed_oss smallthinker smollm3 stablelm
    starcoder starcoder2 step35 t5 t5encoder wavtokenizer-dec xverse
    """.split()  # noqa: SIM905 - a list of a line for each name is no help to anybody
)


@dataclass(frozen=True, slots=True)
class Library:
    """A library with the code of an architecture: name, the version that was read, SPDX id of its licence."""

    name: str
    version: str
    licence: str


def library(family: str, naming: str) -> Library | None:
    """The library that implements `family`, None if none is known; `naming` says who names it, config.json or GGUF."""
    if naming == "gguf":
        return Library("llama.cpp", "as of gguf 0.19.0", "MIT") if family.lower() in _LLAMA_CPP else None
    return Library("transformers", "5.24.0", "Apache-2.0") if family.lower() in _TRANSFORMERS else None
