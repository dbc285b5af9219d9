"""The most downloaded models, remade in small: every file is read whole, and nobody is accused."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import assay
from assay.facts.finding import Effect, Kind
from tests.builders.popular import Row, decoders, derived, diffusion, encoders, others, writing

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not find_spec("torch") or not find_spec("transformers"), reason="PyTorch is not installed"),
]
_MODULES = (encoders, decoders, derived, others, diffusion)
_REPOS = (
    "BAAI/bge-m3",
    "EleutherAI/pythia-70m",
    "FacebookAI/roberta-base",
    "FacebookAI/xlm-roberta-base",
    "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen3-8B",
    "SetFit/emotion-classifier",
    "Systran/faster-whisper-large-v3",
    "TheBloke/Llama-2-7B-Chat-GGUF",
    "TheBloke/Mistral-7B-Instruct-v0.2-AWQ",
    "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ",
    "Ultralytics/YOLO11",
    "cross-encoder/ms-marco-MiniLM-L6-v2",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    "facebook/bart-large-mnli",
    "facebook/fasttext-language-identification",
    "facebook/opt-125m",
    "facebook/wav2vec2-base-960h",
    "google-bert/bert-base-uncased",
    "google-t5/t5-small",
    "google/gemma-2-2b-it",
    "google/vit-base-patch16-224",
    "jinaai/jina-embeddings-v2-base-en",
    "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    "meta-llama/Llama-3.1-8B-Instruct",
    "microsoft/Phi-3-mini-4k-instruct",
    "microsoft/phi-2",
    "mistralai/Mistral-7B-Instruct-v0.3",
    "nomic-ai/nomic-embed-text-v1.5",
    "openai-community/gpt2",
    "openai/clip-vit-base-patch32",
    "openai/whisper-large-v3",
    "pyannote/segmentation-3.0",
    "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-transformers/all-mpnet-base-v2",
    "someone/mistral-7b-lora-sft",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "timm/resnet50.a1_in1k",
)
_ASKED = ("vulnerabilities", "parameters")
# worth a look for every tokenizer there is: plain text gives its control tokens
_ALWAYS = "token.forgeable"


@cache
def _rows() -> dict[str, Row]:
    return {row.repo: row for module in _MODULES for row in module.rows()}


def test_every_row_is_asked_for() -> None:
    assert sorted(_rows()) == sorted(_REPOS)


@pytest.mark.parametrize("repo", _REPOS)
def test_a_popular_model_gets_the_verdict_that_is_right_and_no_false_word(repo: str, tmp_path: Path) -> None:
    row = _rows()[repo]
    dossier = assay.audit(writing.write(tmp_path / "model", row), isolation=False)
    assert dossier.decision.verdict is row.verdict, dossier.decision.because
    assert {found.check for found in dossier.findings if found.kind is Kind.FAIL} == set(row.fails)
    asked = [
        found for found in dossier.findings if found.check != _ALWAYS and dossier.rule(found.check).question in _ASKED
    ]
    reviewed = {found.check: found.message for found in asked if found.kind is Kind.REVIEW}
    assert reviewed.keys() == {*row.reviews, *row.decisions}, reviewed
    assert {found.check for found in dossier.findings if found.effect is Effect.DECIDES} == set(row.decisions)
    assert not [
        found for found in dossier.findings if found.check.startswith("artifact.un") and found.kind is Kind.OPEN
    ]
