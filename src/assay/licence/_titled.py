"""Licences and policies of models that assay knows by their names and has no text of, and families of their titles."""

from __future__ import annotations

import re

from assay.lazy import regex

REF = "LicenseRef-"
# id without "LicenseRef-" -> names; compared as `assay.licence.spelling.key` writes them
NAMES: dict[str, tuple[str, ...]] = {
    # Meta
    "llama-2-use-policy": (
        "Llama 2 Acceptable Use Policy",
        "llama 2 use policy",
    ),
    "llama-3-use-policy": ("Llama 3 Acceptable Use Policy", "llama 3 use policy", "Meta Llama 3 Acceptable Use Policy"),
    "llama-3.1-use-policy": (
        "Llama 3.1 Acceptable Use Policy",
        "llama 3.1 use policy",
        "Meta Llama 3.1 Acceptable Use Policy",
    ),
    "llama-3.2-use-policy": (
        "Llama 3.2 Acceptable Use Policy",
        "llama 3.2 use policy",
    ),
    "llama-3.3-use-policy": (
        "Llama 3.3 Acceptable Use Policy",
        "llama 3.3 use policy",
    ),
    "opt-175b": ("OPT-175B License Agreement", "OPT License Agreement"),
    "seamless": ("Seamless Licensing Agreement", "Seamless License Agreement", "Seamless License"),
    "seamless-use-policy": ("Seamless Acceptable Use Policy",),
    "chameleon-use-policy": ("Meta Chameleon Acceptable Use Policy", "Chameleon Acceptable Use Policy"),
    "dinov3": ("DINOv3 License", "DINO License"),
    "sam": ("SAM License", "SAM 3 License", "SAM 3D License"),
    "esm-cambrian-non-commercial": (
        "EvolutionaryScale Cambrian Non-Commercial License Agreement",
        "Cambrian Non-Commercial License Agreement",
        "ESM3 Community License Agreement",
        "EvolutionaryScale Community License Agreement",
    ),
    "esm-cambrian-open": ("EvolutionaryScale Cambrian Open License Agreement", "Cambrian Open License Agreement"),
    "facebook-examples": ("Facebook Examples License", "facebook-examples"),
    # Google
    "gemma-prohibited-use-policy": ("Gemma Prohibited Use Policy",),
    "hai-def": (
        "health-ai-developer-foundations",
        "Health AI Developer Foundations Terms of Use",
        "HAI-DEF Terms of Use",
    ),
    "alphafold-3-terms": ("AlphaFold 3 Model Parameters Terms of Use",),
    "alphafold-3-use-policy": ("AlphaFold 3 Model Parameters Prohibited Use Policy",),
    "alphafold-3-output-terms": ("AlphaFold 3 Output Terms of Use",),
    # Z.ai and Tsinghua
    "glm-130b": ("GLM-130B License",),
    "chatglm-6b": ("ChatGLM-6B License",),
    "chatglm2-6b": ("ChatGLM2-6B License",),
    "chatglm3-6b": ("ChatGLM3-6B License",),
    "glm-4-9b": ("glm-4-9b License", "glm-4", "glm-4-9b"),
    "codegeex": ("CodeGeeX License",),
    "codegeex2": ("CodeGeeX2 License",),
    "codegeex4": ("CodeGeeX4 License",),
    "cogvlm": ("CogVLM License",),
    "cogvlm2": ("CogVLM2 License",),
    "cogvideox": ("CogVideoX License",),
    "characterglm-6b": ("CharacterGLM-6B License",),
    # others from China and Korea
    "minimax-model": ("MiniMax Model License", "MiniMax Model License Agreement", "minimax-community"),
    "kolors": ("Kolors License Agreement", "Kwai-Kolors License"),
    "funasr-model": ("FunASR Model Open Source License Agreement", "FunASR Model License", "funasr-license"),
    "general-model": ("General Model License", "MiniCPM Model License", "GML"),
    "skywork-community": ("Skywork Community License", "Skywork Model Community License Agreement"),
    "baichuan-2-community": ("Baichuan 2 Model Community License Agreement", "Baichuan2 Community License"),
    "baichuan-7b": ("Baichuan-7B Model License Agreement",),
    "aquila": ("BAAI Aquila Model License Agreement", "Aquila Model License"),
    "xverse": ("XVERSE Model License Agreement", "XVERSE License"),
    "telechat": ("TeleChat Model Community License Agreement",),
    "orion": ("Orion Series Models Community License Agreement", "Orion License"),
    "yuan": ("Yuan 2.0 Model License Agreement", "Yuan2.0 License"),
    "index-1.9b": ("Index-1.9B Model License Agreement", "Index Model License"),
    "exaone-1.0-nc": ("EXAONE AI Model License Agreement 1.0 - NC",),
    "exaone-1.2-nc": ("EXAONE AI Model License Agreement 1.2 - NC",),
    "k-exaone": ("K-EXAONE AI Model License Agreement",),
    "hyperclova-x-seed": ("HyperCLOVA X SEED Model License Agreement", "hyperclovax-seed", "hyperclovax"),
    "kanana": ("Kanana License Agreement", "kanana"),
    # Stability, Black Forest Labs, Lightricks, Coqui, Bria and the like
    "sdxl-0.9-research": ("SDXL 0.9 Research License Agreement", "sdxl-0.9-research"),
    "stable-video-diffusion-nc": (
        "Stable Video Diffusion Non-Commercial Community License Agreement",
        "stable-video-diffusion-nc-community",
    ),
    "stability-ai-nc-community": ("Stability AI Non-Commercial Community License Agreement",),
    "flux-2-dev-non-commercial": ("FLUX.2 [dev] Non-Commercial License", "flux-dev-non-commercial-license"),
    "flux-non-commercial": ("FLUX Non-Commercial License",),
    "ltx-video-open-weights": (
        "LTXV Open Weights License",
        "LTX-Video Open Weights License",
        "ltxv-open-weights-license",
    ),
    "ltx-2-community": ("LTX-2 Community License Agreement", "ltx-2-community-license-agreement"),
    "coqui-public-model": (
        "Coqui Public Model License 1.0.0",
        "Coqui Public Model License",
        "coqui-public-model-license",
        "cpml",
    ),
    "bria-rmbg-1.4": ("bria-rmbg-1.4",),
    "bria-rmbg-2.0": ("bria-rmbg-2.0",),
    "fish-audio-research": ("Fish Audio Research License Agreement", "Fish Audio Research License"),
    "playground-v2.5-community": ("Playground v2.5 Community License", "playground-v2dot5-community"),
    # NVIDIA, Microsoft, IBM, Databricks, Apple and the like
    "nvidia-community-model": ("NVIDIA Community Model License", "nvidia-community-model-license"),
    "nvidia-nemotron-open-model": ("NVIDIA Nemotron Open Model License", "nvidia-nemotron-open-model-license"),
    "nvidia-non-commercial": ("NVIDIA OneWay Noncommercial License", "nsclv1", "NVIDIA Noncommercial License"),
    "nvidia-ai-foundation-models": ("NVIDIA AI Foundation Models Community License Agreement",),
    "microsoft-research": (
        "Microsoft Research License Terms",
        "Microsoft Research License",
        "microsoft-research-license",
        "msr-la",
        "msrla",
    ),
    "databricks-open-model": ("Databricks Open Model License", "databricks-open-model-license"),
    "jamba-open-model": ("Jamba Open Model License Agreement", "jamba-open-model-license"),
    "ai2-impact-low": ("AI2 ImpACT License - Low Risk Artifacts", "ai2-impact-license-low-risk"),
    "ai2-impact-medium": ("AI2 ImpACT License - Medium Risk Artifacts", "ai2-impact-license-medium-risk"),
    "ai2-impact-high": ("AI2 ImpACT License - High Risk Artifacts", "ai2-impact-license-high-risk"),
    "lfm-open-1.0": ("LFM Open License v1.0", "LFM1.0", "lfm1.0", "Liquid Foundation Models Open License"),
    "ideogram": ("Ideogram Non-Commercial License", "ideogram-non-commercial"),
    # Falcon
    "falcon-2": ("Falcon 2 11B TII License", "falcon-2-11b-tii-license"),
    "falcon-3": (
        "Falcon 3 TII Falcon License",
        "falcon-llm-license-3",
        "TII Falcon License 2.0",
        "TII Falcon-LLM License 2.0",
    ),
    "falcon-mamba": ("TII Falcon Mamba 7B License", "falcon-mamba-7b-license", "falcon-mamba-license"),
    # Qwen
    "qwen-community": ("Qwen Community License Agreement", "qwen-community-1.0", "qwen-community-license-1.0"),
    # RAIL
    "fair-use-policy-bloom": ("BLOOM Use Restrictions",),
    "bigscience-openrail-m-ai-pubs": ("AI Pubs Open RAIL-M License", "AI Pubs OpenRAIL-M"),
    "bigcode-openrail-m-0.1": ("BigCode Open RAIL-M v0.1", "BigCode OpenRAIL-M 0.1"),
}
# ScanCode's keys of texts of the index that are known by no other name
TEXTS = tuple(
    """
    Hippocratic-3.0 apple-excl apple-sscl cc-by-2.0-uk cc-by-nc-nd-2.0-at cc-by-nc-nd-2.0-au cc-by-nc-sa-3.0-us
    cc-devnations-2.0 cc-nc-1.0 cc-nc-sampling-plus-1.0 cc-nd-1.0 cc-sampling-1.0 cc-sampling-plus-1.0 dbcl-1.0
    dl-de-by-1-0-de dl-de-by-1-0-en dl-de-by-2-0-en dl-de-by-nc-1-0-de dl-de-by-nc-1-0-en etalab-2.0-en
    facebook-patent-rights-2 facebook-software-license fair-ai-public-1.0 fsl-1.0-apache-2.0
    fsl-1.0-mit gretelai-sal-1.0 hippocratic-1.0 hippocratic-1.1 hippocratic-1.2 hippocratic-2.0
    huggingface-tos-20220915 hyperclova-x-seed-2025 ltxv-owl-2025-04-17 ltxv-owl-2025-05-05
    max-mojo-community-20240828 mdl-2021 nvidia nvidia-dlc-2021 nvidia-gov nvidia-model-training-2025 ogl-1.0a
    ogl-canada-2.0-fr ogl-wpd-3.0 open-weights-permissive-1.0.0 openatom-model-1.0
    polyform-free-trial-1.0.0 polyform-internal-use-1.0.0 polyform-perimeter-1.0.0 polyform-shield-1.0.0
    redis-source-available-1.0 rwth-returnn-2024 salesforce-ai-aup-2025 salesforce-ai-ethics-2025 soml-1.0
    the-stack-tos-2023-07
    """.split()  # noqa: SIM905 - one key a line would be a page
)
# titles that hold the name of a product, as `assay.licence.spelling.key` writes them -> id
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (regex(rf"{pattern}\Z"), REF + id)
    for pattern, id in (
        (r"tencent hunyuan (?:[a-z0-9.]+ ){0,5}community", "tencent-hunyuan"),
        (r"(?:k )?exaone (?:[a-z0-9.]+ ){0,3}(?:ai )?model(?: [a-z0-9.]+){0,3}", "exaone"),
        (r"nvidia source code(?: non ?commercial| nc)?(?: for [a-z0-9. ]{1,60})?", "nvidia-source-code"),
        (r"flux 1(?: [a-z]+){0,2} dev non commercial(?: [0-9.]+)?", "flux-1-dev-non-commercial"),
        (r"flux 2(?: [a-z0-9]+){0,2} non commercial(?: [0-9.]+)?", "flux-2-dev-non-commercial"),
        (r"flux non commercial(?: [0-9.]+)?", "flux-non-commercial"),
        (r"(?:[a-z0-9]+ ){0,4}open ?rail m(?: [0-9.]+)?", "openrail-m"),
        (r"(?:[a-z0-9]+ ){1,3}modified mit", "modified-mit"),
        (r"modified mit", "modified-mit"),
    )
)
# how the first page begins of texts that have no title, and names that stand in a longer line
MARKS: dict[str, tuple[str, ...]] = {
    "facebook-examples": (
        "the examples provided by facebook are for non commercial testing and evaluation purposes only",
    ),
    "opt-175b": ("opt 175b license agreement",),
    "esm-cambrian-non-commercial": ("evolutionaryscale cambrian non commercial license agreement",),
}
