"""Are the weights stored in another type than the config states?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.parameters._loaded import own_sets
from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.finding import Answer, Evidence, passed, review
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet

_NAMES = {
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float64": "F64",
    "float8_e4m3fn": "F8_E4M3",
    "float": "F32",
    "half": "F16",
}


@check(
    "weights.dtype-not-as-claimed",
    title="Are the weights stored in another type than the config states?",
    severity=3.0,
    remedy="Pass the dtype explicitly when loading, and ask the publisher which one the evaluation used.",
)
def weights_dtype_not_as_claimed(
    config: ModelConfig,
    indexes: tuple[WeightIndex, ...],
    shards: tuple[ShardIndex, ...],
    values: tuple[ConfigValues, ...],
) -> Iterator[Answer]:
    """Loaders convert to the type that the config states, silently.

    A file in another type costs twice the space or was converted by somebody after training. Compared is the type
    that holds most parameters, in the files that a loader takes with this config: a variant beside them, as
    `model.fp16.safetensors`, is asked for by its type.
    """
    if config.dtype is None:
        return
    claimed = _NAMES.get(config.dtype.removeprefix("torch."), config.dtype.upper())
    for found in own_sets(config, indexes, shards, values):
        counted = _by_dtype(found)
        actual = max(counted, key=lambda dtype: (counted[dtype], dtype))
        share = 100 * counted[actual] // max(1, sum(counted.values()))
        place = Evidence(
            config.artifact, config.dtype, pointer="general.file_type" if config.naming == "gguf" else "/dtype"
        )
        if actual == claimed:
            yield passed(f"{found.name}: {share} % of the parameters are {actual}, as stated", place)
        elif config.quantization is None:
            yield review(
                f"{found.name}: {share} % of the parameters are {actual}, {config.artifact} states {claimed}", place
            )


def _by_dtype(found: WeightSet) -> dict[str, int]:
    counted: dict[str, int] = {}
    for _, tensor in found.tensors:
        counted[tensor.dtype] = counted.get(tensor.dtype, 0) + tensor.elements
    return counted
