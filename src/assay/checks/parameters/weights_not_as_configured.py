"""Do the tensors differ from what the config says the model is made of?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import prod

from assay.checks import check
from assay.checks.parameters._loaded import implied, own_sets
from assay.checks.parameters._packing import Plain, unpacked
from assay.facts.config import AdapterConfig, CodeReference, ConfigValues, ModelConfig
from assay.facts.family import Expected, Undetermined, families
from assay.facts.finding import Answer, Evidence, Kind, fail, informational, passed, review, unknown
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet
from assay.lazy import regex

MOST, FEW = 20, 5
# values that code works out by itself and older versions stored: nobody misses them, nobody loads them
_BUFFERS = regex(
    r"(.*\.)?(inv_freq|masked_bias|position_ids|cos_cached|sin_cached|causal_mask|num_batches_tracked|_extra_state|"
    r"relative_position_index|token_type_ids)\Z"
)
_LAYER = regex(r"(?<=\.)\d+(?=\.|\Z)")
# an output head that is not tied and not there is random numbers; other heads may be left out on purpose
_OUTPUT = ("lm_head.weight", "embed_out.weight", "proj_out.weight", "output.weight")
_OLD = ((".LayerNorm.gamma", ".LayerNorm.weight"), (".LayerNorm.beta", ".LayerNorm.bias"))


@check(
    "weights.not-as-configured",
    title="Do the tensors differ from what the config says the model is made of?",
    severity=6.5,
    remedy="Use the config that was published with these weights; a loader fills missing tensors with random numbers.",
    references=("CWE-1286",),
)
def weights_not_as_configured(
    config: ModelConfig,
    values: tuple[ConfigValues, ...],
    indexes: tuple[WeightIndex, ...],
    shards: tuple[ShardIndex, ...],
    adapters: tuple[AdapterConfig, ...],
    references: tuple[CodeReference, ...],
) -> Iterator[Answer]:
    """The config determines the name and shape of every tensor of a known architecture.

    A missing tensor is initialised at random by many loaders, with a warning that nobody reads; one of another shape
    stops the load or is cut; one that the architecture does not have is carried and never used. Layers, heads, head
    size, experts, intermediate size, vocabulary and tied embeddings are all checked this way, packed matrices by the
    matrix that they stand for. The architectures are those of facts/families.txt; of another one the question is open.
    A model that brings code of its own may name its tensors as it likes, so that differences are for review.
    """
    sets = list(own_sets(config, indexes, shards, values))
    if not sets or adapters:
        yield Answer(Kind.NOT_APPLICABLE, f"no weights that {config.artifact} is for lie beside it")
        return
    place = Evidence(
        config.artifact, config.family, pointer="general.architecture" if config.naming == "gguf" else "/model_type"
    )
    try:
        wanted = implied(config, values)
    except Undetermined as cause:
        yield unknown(f"{config.artifact}: the shapes of its tensors depend on what it does not state: {cause}", place)
        return
    own = any(row.artifact == config.artifact and "AutoModel" in row.pointer for row in references)
    for found in sets:
        if wanted is None:
            yield _unknown(found, config, place)
            continue
        tensors = {_current(name): row for name, row in unpacked(found, values, config).items()}
        asked = _prefixed(wanted, tensors)
        if not any(name in asked.must for name in tensors):
            yield unknown(f"{found.name}: none of its tensors is named as a {config.family} model names them", place)
            continue
        problems = list(_problems(found, tensors, asked, config))
        if config.quantization is not None and problems and len(tensors) == len(found.tensors):
            yield unknown(
                f"{found.name}: its tensors are not packed in a way that assay knows, so that {config.quantization} "
                "matrices are not compared with the config",
                place,
            )
            continue
        if own:  # its code decides what it needs
            problems = [
                review(f"{row.message}; the model brings code of its own, which may expect this", *row.evidence)
                if row.kind is Kind.FAIL
                else row
                for row in problems
            ]
        yield from problems
        if not any(row.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN) for row in problems):
            yield passed(
                f"{found.name}: all {len(tensors.keys() & (asked.must.keys() | asked.may.keys())):,} tensors have "
                f"the names and shapes that {config.artifact} implies",
                place,
            )


def _current(name: str) -> str:
    """The name under which transformers looks for a tensor that was stored under an older one."""
    for old, new in _OLD:
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def _unknown(found: WeightSet, config: ModelConfig, place: Evidence) -> Answer:
    """What there is, where nothing says what there should be."""
    patterns: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for _, tensor in found.tensors:
        patterns[_LAYER.sub("*", tensor.name)].append(tensor.shape)
    rows = (
        Evidence(found.indexes[0].artifact, f"{len(shapes):,} of shape {list(shapes[0])}", name=pattern)
        for pattern, shapes in sorted(patterns.items())[:50]
    )
    kind = config.architectures[0] if config.family in families() and config.architectures else config.family
    return unknown(
        f"{config.artifact}: the tensors of a {kind} model are not known to assay; "
        f"{found.name} holds {len(found.tensors):,} by {len(patterns):,} names",
        place,
        *rows,
    )


def _prefixed(wanted: Expected, tensors: Mapping[str, Plain]) -> Expected:
    """`wanted` as the base model alone names it, if that is how the tensors are named."""
    base = wanted.base
    if not base or any(name.startswith(base) for name in tensors):
        return wanted
    return wanted.renamed(lambda name: name.removeprefix(base))


def _problems(
    found: WeightSet, tensors: Mapping[str, Plain], wanted: Expected, config: ModelConfig
) -> Iterator[Answer]:
    known = wanted.must.keys() | wanted.may.keys()
    missing = sorted(wanted.must.keys() - tensors.keys())
    extra = sorted(
        name
        for name in tensors.keys() - known
        if not _BUFFERS.match(name) and not any(re.match(pattern, name) for pattern in wanted.ignored)
    )
    inside = [name for name in extra if name.startswith((*wanted.layers, *([wanted.base] if wanted.base else ())))]
    if config.naming == "gguf":
        inside = extra
    if renamed := _renamed(missing, inside, tensors, wanted):
        yield review(
            f"{found.name}: {len(missing):,} tensors of a {config.family} model are not there under the names that it "
            f"gives them ({renamed[0]}), and {len(inside):,} others are ({renamed[1]}): "
            "a loader that does not rename them fills them with random numbers",
            *(Evidence(config.artifact, "missing", name=name) for name in missing[:MOST]),
            remedy="Load it with the library that wrote it, or rename the tensors.",
        )
        missing, inside = [], []
    yield from _missing(found, missing, wanted, config)
    if inside:
        yield fail(
            f"{found.name}: {len(inside):,} tensors are not part of a {config.family} model"
            f"{_beyond(inside, wanted)}, the first is {inside[0]!r}",
            *(_place(tensors[name], "not part of the architecture") for name in inside[:MOST]),
        )
    outside = sorted(set(extra) - set(inside))
    if outside and inside != extra and not renamed:
        yield informational(
            f"{found.name}: {len(outside):,} tensors belong to a head or a part that assay does not know "
            f"({', '.join(outside[:FEW])})",
            *(_place(tensors[name], "not part of the base model") for name in outside[:MOST]),
        )
    yield from _shapes(tensors, wanted)


def _missing(found: WeightSet, missing: list[str], wanted: Expected, config: ModelConfig) -> Iterator[Answer]:
    heads = [name for name in missing if name in wanted.heads and not name.endswith(_OUTPUT)]
    needed = [name for name in missing if name not in heads]
    for names, answer in ((needed, fail), (heads, review)):
        if names:
            yield answer(
                f"{found.name}: {len(names):,} tensors that the config requires are missing, the first is {names[0]!r}",
                *(Evidence(config.artifact, "missing", name=name) for name in names[:MOST]),
            )


def _renamed(
    missing: Iterable[str], extra: Iterable[str], tensors: Mapping[str, Plain], wanted: Expected
) -> tuple[str, str] | None:
    """(a pattern that is missing in every layer, one that is unknown in every layer), if there are such."""
    layers = len({_number(name) for name in wanted.must if _number(name) is not None})

    def everywhere(names: Iterable[str]) -> list[str]:
        counts: dict[str, set[str | None]] = defaultdict(set)
        for name in names:
            counts[_LAYER.sub("*", name)].add(_number(name))
        return sorted(pattern for pattern, numbers in counts.items() if len(numbers - {None}) >= layers > 0)

    gone, new = everywhere(missing), everywhere(extra)
    return (gone[0], new[0]) if gone and new else None


def _number(name: str) -> str | None:
    number = _LAYER.search(name)
    return number[0] if number else None


def _beyond(names: list[str], wanted: Expected) -> str:
    """What to add if all of them lie in layers with numbers that the config does not count."""
    numbers = {_number(name) for name in wanted.must}
    if all(name.startswith(wanted.layers) and _number(name) not in numbers for name in names):
        return f" of {len(numbers - {None}):,} layers"
    return ""


def _shapes(tensors: Mapping[str, Plain], wanted: Expected) -> Iterator[Answer]:
    """Tensors of another shape, those of one name and shape over the layers together."""
    odd: dict[tuple[str, tuple[int, ...], str], list[str]] = defaultdict(list)
    for name in sorted(tensors.keys() & (wanted.must.keys() | wanted.may.keys())):
        tensor, shape = tensors[name], wanted.shape(name)
        if tensor.shape is None:
            if tensor.elements is not None and shape is not None and None not in shape:
                count = prod(extent or 0 for extent in shape)
                if tensor.elements != count:
                    odd[_LAYER.sub("*", name), (tensor.elements,), f"{count:,} values"].append(name)
        elif not wanted.fits(name, tensor.shape):
            odd[_LAYER.sub("*", name), tensor.shape, str(list(shape or ()))].append(name)
    for (pattern, shape, implies), names in list(odd.items())[:MOST]:
        turned = len(shape) == 2 and implies == str(list(shape[::-1]))
        words = f"tensor {names[0]!r} has" if len(names) == 1 else f"{len(names):,} tensors {pattern!r} have"
        holds = f"{shape[0]:,} values" if implies.endswith("values") else f"shape {list(shape)}"
        yield fail(
            f"{words} {holds}, the config implies {implies} ({wanted.formulas[names[0]]})"
            + (": as if transposed" if turned else ""),
            *(_place(tensors[name], str(list(shape))) for name in names[:MOST]),
        )


def _place(tensor: Plain, seen: str) -> Evidence:
    return Evidence(tensor.artifact, seen, start=tensor.start, stop=tensor.stop, name=tensor.name)
