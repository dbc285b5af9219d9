"""What a weight file says it contains, before a single weight is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor as declared: name, element type, shape (outermost first) and absolute byte range."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def elements(self) -> int:
        """How many values the shape declares (1 for a scalar)."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class WeightIndex:
    """All tensors of one artifact, with the byte range of its data section.

    `alignment` is the padding that the format allows between tensors, in bytes; `shares_storage` is True
    where the format lets tensors be views of one storage, so that overlapping is ordinary.
    """

    artifact: str
    format: str
    tensors: tuple[TensorSpec, ...]
    data_start: int
    data_stop: int
    alignment: int = 1
    shares_storage: bool = False
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """An index that says which file of a set holds which tensor, and what it claims as total bytes."""

    artifact: str
    weight_map: tuple[tuple[str, str], ...]
    total_size: int | None


def parameter_tensors(indexes: tuple[WeightIndex, ...]) -> tuple[tuple[WeightIndex, TensorSpec], ...]:
    """Each distinct tensor name once, with the index that first declares it, in index order."""
    first: dict[str, tuple[WeightIndex, TensorSpec]] = {}
    for index in indexes:
        for tensor in index.tensors:
            first.setdefault(tensor.name, (index, tensor))
    return tuple(first.values())


@dataclass(frozen=True, slots=True)
class WeightSet:
    """Weight files that together are one copy of the model: a safetensors set, a PyTorch set, or one GGUF."""

    name: str
    naming: str
    indexes: tuple[WeightIndex, ...]

    @property
    def tensors(self) -> tuple[tuple[WeightIndex, TensorSpec], ...]:
        """Each distinct tensor name once."""
        return parameter_tensors(self.indexes)

    @property
    def parameters(self) -> int:
        """Values in all distinct tensors; a PyTorch tensor stored twice under two names (tied) counts once."""
        shared = {
            (index.artifact, t.start, t.stop, t.shape) if index.shares_storage else (index.artifact, t.name): t.elements
            for index, t in self.tensors
        }
        return sum(shared.values())


# what a trainer leaves beside the weights, with tensors that are no parameters (transformers Trainer, accelerate)
_TRAINER_STATE = re.compile(r"(optimizer|scheduler|rng_state|random_states|training_args|scaler)[\w.-]*\Z")
_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf\Z")  # llama.cpp gguf-split


def weight_sets(indexes: tuple[WeightIndex, ...]) -> tuple[WeightSet, ...]:
    """The copies of the model that a folder holds, each complete in itself, in name order."""
    groups: dict[tuple[str, str], list[WeightIndex]] = {}
    for index in indexes:
        folder, _, name = index.artifact.rpartition("/")
        if not index.tensors or _TRAINER_STATE.match(name):
            continue
        if index.format == "gguf":
            key = ("gguf", _SPLIT.sub(".gguf", index.artifact))
        else:
            key = (index.format.partition("-")[0], f"{folder}/" if folder else "")
        groups.setdefault(key, []).append(index)
    return tuple(
        WeightSet(
            f"{name} ({kind})" if kind != "gguf" and name else name if kind == "gguf" else kind,
            "gguf" if kind == "gguf" else "hub",
            tuple(rows),
        )
        for (kind, name), rows in sorted(groups.items())
    )
