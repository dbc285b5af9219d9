"""Which weights a loader takes: asked of the library itself, folder by folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.precedence import TRANSFORMERS
from tests.builders.hub import hub_model, tensors
from tests.builders.safetensors import safetensors
from tests.conftest import messages

Audit = Callable[..., Dossier]
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


@pytest.mark.torch
@pytest.mark.parametrize("names", FOLDERS, ids="+".join)
def test_the_file_that_transformers_takes_is_the_one_that_assay_says(tmp_path: Path, names: tuple[str, ...]) -> None:
    from transformers import modeling_utils

    shard = "model-00001-of-00001.safetensors"
    (tmp_path / shard).touch()
    for name in names:
        (tmp_path / name).write_text(f'{{"metadata": {{}}, "weight_map": {{"w": "{shard}"}}}}')
    options: dict[str, Any] = {
        "variant": None,
        "gguf_file": None,
        "use_safetensors": None,
        "user_agent": None,
        "is_remote_code": False,
    }
    try:
        taken, _ = modeling_utils._get_resolved_checkpoint_files(str(tmp_path), download_kwargs={}, **options)
    except OSError:
        assert TRANSFORMERS.taken(names) is None
        return
    said = TRANSFORMERS.taken(names)
    assert said is not None and taken is not None
    assert [Path(path).name for path in taken] == [shard if said.endswith(".index.json") else said]


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
