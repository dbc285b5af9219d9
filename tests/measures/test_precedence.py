"""Which file each library takes is asked of the library: every candidate holds another number, and one is loaded."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from assay.facts.precedence import DIFFUSERS, PEFT, SENTENCE_TRANSFORMERS, TIMM, Order

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # warnings of the libraries about themselves


def folders(files: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Folders with one, two or all of these files."""
    return [*combinations(files, 1), *combinations(files, 2), files]


def filled(folder: Path, names: tuple[str, ...]) -> dict[float, str]:
    """Write each file with another number in the tensor `w`; the names by number."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from safetensors.torch import save_file

    numbers = {float(number): name for number, name in enumerate(names, 1)}
    for number, name in numbers.items():
        state = {"w": torch.full((1,), number)}
        if name.endswith(".json"):
            shard = f"shard{int(number)}-00001-of-00001.safetensors"
            save_file(state, folder / shard, metadata={"format": "pt"})
            (folder / name).write_text(json.dumps({"metadata": {"total_size": 4}, "weight_map": {"w": shard}}))
        elif name.endswith(".safetensors"):
            save_file(state, folder / name, metadata={"format": "pt"})
        else:
            torch.save(state, folder / name)
    return numbers


def ids(names: tuple[str, ...]) -> str:
    return "+".join(names)


@pytest.mark.parametrize("names", folders(PEFT.files), ids=ids)
def test_peft(tmp_path: Path, names: tuple[str, ...]) -> None:
    library = pytest.importorskip("peft.utils.save_and_load", reason="peft is not installed")
    numbers = filled(tmp_path, names)
    assert numbers[library.load_peft_weights(str(tmp_path), device="cpu")["w"].item()] == PEFT.taken(names)


@pytest.mark.parametrize("names", folders(SENTENCE_TRANSFORMERS.files), ids=ids)
def test_sentence_transformers(tmp_path: Path, names: tuple[str, ...]) -> None:
    library = pytest.importorskip(
        "sentence_transformers.base.modules.module", reason="sentence-transformers is not installed"
    )
    numbers = filled(tmp_path, names)
    loaded = library.Module.load_torch_weights(str(tmp_path))
    assert numbers[loaded["w"].item()] == SENTENCE_TRANSFORMERS.taken(names)


_ELSE = ("a.bin", "b.bin", "a.pth", "z.safetensors")


@pytest.mark.parametrize("names", [*folders(TIMM.files), *folders(_ELSE), ("model.pth", "a.safetensors")], ids=ids)
def test_timm(tmp_path: Path, names: tuple[str, ...]) -> None:
    library = pytest.importorskip("timm.models._hub", reason="timm, or the torchvision of this torch, is not installed")
    numbers = filled(tmp_path, names)
    assert numbers[library.load_state_dict_from_path(tmp_path)["w"].item()] == TIMM.taken(names)


def diffusers_takes(folder: Path, **options: Any) -> float:
    """The number that a component of a pipeline has after loading."""
    import torch

    models = pytest.importorskip("diffusers.models.modeling_utils", reason="diffusers is not installed")
    settings = pytest.importorskip("diffusers.configuration_utils", reason="diffusers is not installed")

    class Net(models.ModelMixin, settings.ConfigMixin):  # type: ignore[misc, name-defined]
        @settings.register_to_config  # type: ignore[untyped-decorator]
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.zeros(1))

    (folder / "config.json").write_text(json.dumps({"_class_name": "Net"}))
    number: float = Net.from_pretrained(str(folder), low_cpu_mem_usage=False, **options).w.item()
    return number


@pytest.mark.parametrize("names", folders(DIFFUSERS.files), ids=ids)
def test_diffusers(tmp_path: Path, names: tuple[str, ...]) -> None:
    numbers = filled(tmp_path, names)
    assert numbers[diffusers_takes(tmp_path)] == DIFFUSERS.taken(names)


def variants(order: Order) -> tuple[str, ...]:
    return tuple(pattern.format("fp16") for pattern in order.variants)


@pytest.mark.parametrize("names", folders(variants(DIFFUSERS)), ids=ids)
def test_a_variant_in_diffusers(tmp_path: Path, names: tuple[str, ...]) -> None:
    numbers = filled(tmp_path, names)
    (tmp_path / "diffusion_pytorch_model.safetensors").touch()  # not asked for
    assert numbers[diffusers_takes(tmp_path, variant="fp16")] == DIFFUSERS.taken(names, "fp16")
