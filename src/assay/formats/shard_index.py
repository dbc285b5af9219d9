"""The index of sharded weights: `model.safetensors.index.json`, `pytorch_model.bin.index.json`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.facts.tensor import ShardIndex
from assay.formats import Format
from assay.formats.encoding.json import integer, mapping
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield which file holds which tensor."""
    value = mapping(window)
    weight_map, metadata = value.get("weight_map"), value.get("metadata", {})
    if not isinstance(weight_map, dict) or not all(isinstance(file, str) for file in weight_map.values()):
        raise Malformed("shard index has no weight_map of tensor names to file names")
    total = integer(metadata.get("total_size")) if isinstance(metadata, dict) else None
    yield ShardIndex(artifact, tuple(sorted(weight_map.items())), total)


FORMAT = Format(
    "shard-index",
    "index of sharded weights",
    read,
    # the others: where shards are of a variant, as transformers and diffusers write them (facts/precedence.py)
    names=(
        *("*.safetensors.index.json", "*.bin.index.json", "*.safetensors.index.*.json", "*.bin.index.*.json"),
        *("*.safetensors.*.index.json", "*.bin.*.index.json"),
    ),
    examines=(Aspect.MARKS,),
    gaps=(),
)
