"""Which weights a loader takes: asked of the library itself, folder by folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.precedence import TRANSFORMERS
from tests.builders.hub import config, hub_model, tensors
from tests.builders.safetensors import safetensors
from tests.conftest import messages

Audit = Callable[..., Dossier]
SHARD = "model-00001-of-00001.safetensors"
FOLDERS = (
    ("model.safetensors",),
    ("pytorch_model.bin",),
    ("model.safetensors", "pytorch_model.bin"),
    ("model.safetensors", "model.safetensors.index.json"),
    ("model.safetensors.index.json", "pytorch_model.bin"),
    ("model.safetensors.index.json", "pytorch_model.bin.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
    ("pytorch_model.bin.index.json",),
    ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
    ("model.safetensors", "tf_model.h5", "flax_model.msgpack", "adapter_model.safetensors", "model.gguf"),
    ("model.fp16.safetensors", "pytorch_model.bin"),
    ("tf_model.h5",),
    ("flax_model.msgpack", "model.gguf"),
    ("model.fp16.safetensors",),
)


def transformers_takes(folder: Path, names: tuple[str, ...], **options: Any) -> list[str] | None:
    """The names of the files that transformers resolves in a folder with these; None if it finds none."""
    pytest.importorskip("torch", reason="torch is not installed, and transformers loads nothing without it")
    from transformers import modeling_utils

    (folder / SHARD).touch()
    for name in names:
        (folder / name).write_text(f'{{"metadata": {{}}, "weight_map": {{"w": "{SHARD}"}}}}')
    settings: dict[str, Any] = {
        "variant": None,
        "gguf_file": None,
        "use_safetensors": None,
        "user_agent": None,
        "is_remote_code": False,
    }
    try:
        taken, _ = modeling_utils._get_resolved_checkpoint_files(
            str(folder), download_kwargs={}, **{**settings, **options}
        )
    except OSError:
        return None
    return [Path(path).name for path in taken or ()]


def begins(said: str | None) -> list[str] | None:
    """What is loaded by a file with which a loader begins."""
    return None if said is None else [SHARD if said.endswith(".json") else said]


@pytest.mark.torch
@pytest.mark.parametrize("names", FOLDERS, ids="+".join)
def test_the_file_that_transformers_takes_is_the_one_that_assay_says(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert transformers_takes(tmp_path, names) == begins(TRANSFORMERS.taken(names))


@pytest.mark.torch
@pytest.mark.parametrize("without", range(5))
def test_the_variant_that_transformers_takes_is_the_one_that_assay_says(tmp_path: Path, without: int) -> None:
    variants = [pattern.format("fp16") for pattern in TRANSFORMERS.variants]
    names = (*variants[without:], "model.safetensors")
    assert transformers_takes(tmp_path, names, variant="fp16") == begins(TRANSFORMERS.taken(names, "fp16"))


@pytest.mark.torch
def test_transformers_takes_the_file_that_its_config_names(tmp_path: Path) -> None:
    (tmp_path / "other.safetensors").touch()
    names = ("model.safetensors",)
    assert transformers_takes(tmp_path, names, transformers_explicit_filename="other.safetensors") == [
        "other.safetensors"
    ]


def test_shards_beside_a_whole_file_are_a_copy_that_transformers_passes_over(tmp_path: Path, audit: Audit) -> None:
    shard = safetensors(tensors(), metadata={"format": "pt"})
    model = hub_model(tmp_path / "m", **{"model-00001-of-00001.safetensors": shard})
    dossier = audit(model)
    assert messages(dossier, "weights.passed-over", Kind.REVIEW) == [
        "transformers takes model.safetensors and passes over 1 shards beside it, such as "
        "model-00001-of-00001.safetensors"
    ]
    opened = [step.artifact for path in dossier.loading for step in path.steps]
    assert "model.safetensors" in opened and "model-00001-of-00001.safetensors" not in opened


def test_diffusers_follows_the_index_where_transformers_takes_the_whole_file(tmp_path: Path, audit: Audit) -> None:
    part = safetensors(tensors(), metadata={"format": "pt"})
    shard = "diffusion_pytorch_model-00001-of-00001.safetensors"
    listed = {"metadata": {}, "weight_map": dict.fromkeys(tensors(), shard)}
    unet = {
        "unet/config.json": json.dumps({"_class_name": "UNet2DModel"}),
        "unet/diffusion_pytorch_model.safetensors": part,
        f"unet/{shard}": part,
        "unet/diffusion_pytorch_model.safetensors.index.json": json.dumps(listed),
        "unet/diffusion_pytorch_model.fp16.safetensors": part,
        "model_index.json": json.dumps({"_class_name": "DDPMPipeline", "unet": ["diffusers", "UNet2DModel"]}),
    }
    dossier = audit(hub_model(tmp_path / "m", **unet))
    opened = {path.call: [step.artifact for step in path.steps] for path in dossier.loading}
    assert f"unet/{shard}" in opened["DiffusionPipeline.from_pretrained('.')"]
    assert "unet/diffusion_pytorch_model.safetensors" not in opened["DiffusionPipeline.from_pretrained('.')"]
    assert opened["DiffusionPipeline.from_pretrained('.', variant='fp16')"][-1] == (
        "unet/diffusion_pytorch_model.fp16.safetensors"
    )
    assert messages(dossier, "weights.passed-over", Kind.REVIEW) == [
        "diffusers takes unet/diffusion_pytorch_model.safetensors.index.json and passes over the whole file beside it, "
        "unet/diffusion_pytorch_model.safetensors"
    ]


def test_a_config_that_names_other_weights_is_followed_and_told(tmp_path: Path, audit: Audit) -> None:
    other = safetensors({"x": ("F32", (2, 2))}, metadata={"format": "pt"})
    stated = {**config(), "transformers_weights": "other.safetensors"}
    dossier = audit(hub_model(tmp_path / "m", **{"other.safetensors": other, "config.json": json.dumps(stated)}))
    opened = {step.artifact for path in dossier.loading if path.loader == "transformers" for step in path.steps}
    assert "other.safetensors" in opened and "model.safetensors" not in opened
    assert messages(dossier, "weights.passed-over", Kind.REVIEW) == [
        "transformers takes other.safetensors, as config.json says, and passes over the usual model.safetensors"
    ]
    assert messages(dossier, "weights.not-as-configured") == [
        "other.safetensors (safetensors): none of its tensors is named as a llama model names them"
    ]


def test_modules_of_a_sentence_embedding_model_are_opened_too(tmp_path: Path, audit: Audit) -> None:
    part = safetensors({"linear.weight": ("F32", (2, 2))}, metadata={"format": "pt"})
    modules = [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}]
    modules += [{"idx": 1, "path": "2_Dense", "type": "sentence_transformers.models.Dense"}]
    files = {"modules.json": json.dumps(modules), "2_Dense/model.safetensors": part, "2_Dense/pytorch_model.bin": b""}
    dossier = audit(hub_model(tmp_path / "m", **files))
    (path,) = [row for row in dossier.loading if row.loader == "sentence-transformers"]
    assert "2_Dense/model.safetensors" in {step.artifact for step in path.steps}
    assert "2_Dense/pytorch_model.bin" not in {step.artifact for step in path.steps}
