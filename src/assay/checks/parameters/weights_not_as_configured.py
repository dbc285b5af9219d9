"""Do the tensors differ from what the config says the model is made of?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.parameters._decoder import FAMILIES, expected
from assay.facts.config import AdapterConfig, ModelConfig
from assay.facts.finding import Answer, Evidence, fail, passed, unknown
from assay.facts.tensor import WeightIndex, WeightSet, weight_sets

MOST = 20


@check(
    "weights.not-as-configured",
    title="Do the tensors differ from what the config says the model is made of?",
    severity=6.5,
    remedy="Use the config that was published with these weights; a loader fills missing tensors with random numbers.",
    references=("CWE-1286",),
)
def weights_not_as_configured(
    config: ModelConfig, indexes: tuple[WeightIndex, ...], adapters: tuple[AdapterConfig, ...]
) -> Iterator[Answer]:
    """The config determines the name and shape of every tensor of a known family.

    A missing tensor is initialised at random by many loaders, with a warning that nobody reads; one of another shape
    stops the load or is cut; one that the architecture does not have is carried and never used. Layers, heads,
    intermediate size and tied embeddings are all checked this way. Known families: Llama, Mistral, Qwen2, Qwen3.
    """
    sets = [
        found
        for found in weight_sets(indexes)
        if found.naming == config.naming
        and (config.naming == "hub" or config.artifact in {index.artifact for index in found.indexes})
    ]
    if not sets or adapters:
        return
    place = Evidence(
        config.artifact, config.family, pointer="general.architecture" if config.naming == "gguf" else "/model_type"
    )
    if config.quantization is not None and config.naming == "hub":
        yield unknown(
            f"{config.artifact}: packed {config.quantization} tensors "
            "have shapes that assay does not derive from the config",
            place,
        )
        return
    shapes = expected(config)
    if shapes is None:
        known = ", ".join(sorted(FAMILIES))
        yield unknown(
            f"{config.artifact}: the tensors of family {config.family!r} are "
            f"not known to assay (it knows {known}) or its sizes are not stated",
            place,
        )
        return
    for found in sets:
        if not any(tensor.name in shapes[0] for _, tensor in found.tensors):
            yield unknown(f"{found.name}: none of its tensors is named as a {config.family} model names them", place)
            continue
        problems = list(_problems(found, *shapes, config))
        yield from problems
        if not problems:
            yield passed(
                f"{found.name}: all {len(found.tensors):,} tensors have "
                f"the names and shapes that {config.artifact} implies",
                place,
            )


def _problems(
    found: WeightSet, must: dict[str, tuple[int, ...]], may: dict[str, tuple[int, ...]], config: ModelConfig
) -> Iterator[Answer]:
    tensors = {tensor.name: (index, tensor) for index, tensor in found.tensors}
    missing = sorted(must.keys() - tensors.keys())
    extra = sorted(tensors.keys() - must.keys() - may.keys())
    wrong = [
        name
        for name in sorted(tensors.keys() & (must.keys() | may.keys()))
        if tensors[name][1].shape != (must.get(name) or may[name])
    ]
    if missing:
        yield fail(
            f"{found.name}: {len(missing):,} tensors that the config requires are missing, the first is {missing[0]!r}",
            *(Evidence(config.artifact, "missing", name=name) for name in missing[:MOST]),
        )
    if extra:
        rows = (
            Evidence(
                tensors[name][0].artifact,
                "not part of the architecture",
                start=tensors[name][1].start,
                stop=tensors[name][1].stop,
                name=name,
            )
            for name in extra[:MOST]
        )
        yield fail(
            f"{found.name}: {len(extra):,} tensors are not part of a {config.family} model, the first is {extra[0]!r}",
            *rows,
        )
    for name in wrong[:MOST]:
        index, tensor = tensors[name]
        shape = must.get(name) or may[name]
        yield fail(
            f"tensor {name!r} has shape {list(tensor.shape)}, the config implies {list(shape)}",
            Evidence(index.artifact, str(list(tensor.shape)), start=tensor.start, stop=tensor.stop, name=name),
        )
