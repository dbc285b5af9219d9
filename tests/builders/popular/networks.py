"""The tensors of a network that transformers knows, in small, no longer at their initialiser."""

from __future__ import annotations

from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from tests.builders.popular import Part

Tensors = dict[str, Any]


def weights(part: Part, seed: int = 0) -> Tensors:
    """The tensors of `part` under the names that its publisher has them."""
    import torch

    if isinstance(part.network, dict):
        draw = torch.Generator().manual_seed(seed)
        found = {name: torch.randn(shape, generator=draw) for name, shape in part.network.items()}
    else:
        found = dict(_fresh(part.network, repr(sorted(part.config.items())), _Config(part.config)))
    found = part.names({name: _moved(value, at) for at, (name, value) in enumerate(found.items())})
    kinds = (torch.float32,)
    return {
        name: (value.half() if part.half and value.dtype in kinds else value).contiguous().clone()
        for name, value in found.items()
    }


class _Config:
    """A config that a cache does not look at: its text is the key."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@cache
def _fresh(network: str, key: str, holder: _Config) -> Tensors:
    import torch
    import transformers
    from safetensors.torch import load_file

    torch.manual_seed(0)
    config = holder.config
    kind = getattr(transformers, network)
    known = {name: value for name, value in config.items() if name not in ("architectures", "transformers_version")}
    model = kind(kind.config_class.from_dict(known))
    with TemporaryDirectory() as folder:  # names in a file are not those in memory
        model.save_pretrained(folder)
        return dict(load_file(f"{folder}/model.safetensors"))


def _moved(value: Any, seed: int) -> Any:
    """Rows of different length, which no initialiser leaves; counts and tables of numbers stay."""
    import torch

    if not value.is_floating_point():
        return value
    draw = torch.Generator().manual_seed(seed)
    if value.dim() < 2:
        return value + 0.1 * torch.randn(value.shape, generator=draw)
    shape = (value.shape[0], *[1] * (value.dim() - 1))
    return (value + 0.01 * torch.randn(value.shape, generator=draw)) * torch.randn(shape, generator=draw).exp()


def renamed(*pairs: tuple[str, str]) -> Any:
    """Every name with one text in place of another."""

    def change(tensors: Tensors) -> Tensors:
        for old, new in pairs:
            tensors = {name.replace(old, new) if old else new + name: value for name, value in tensors.items()}
        return tensors

    return change


def without(*ends: str) -> Any:
    """All but the tensors whose names end so: a tied head, say."""
    return lambda tensors: {name: value for name, value in tensors.items() if not name.endswith(ends)}


def after(*changes: Any) -> Any:
    """One change after the other."""

    def change(tensors: Tensors) -> Tensors:
        for one in changes:
            tensors = one(tensors)
        return tensors

    return change


def adding(**more: Any) -> Any:
    """Buffers that older versions saved: `__` for a dot, a function that gives the value."""
    return lambda tensors: tensors | {name.replace("__", "."): make() for name, make in more.items()}
