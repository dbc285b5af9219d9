"""Are packed weights other than the config says?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import ceil

from assay.checks import check
from assay.checks.parameters._loaded import own_sets
from assay.checks.parameters._packing import SETTINGS, Packing, packings
from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.finding import Answer, Evidence, Kind, fail, informational, passed, review, unknown
from assay.facts.model import folder
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet
from assay.facts.values import Range
from assay.lazy import dataclass

MOST = 20
# what a config calls a method -> the layouts that it stores (_packing.py)
_LAYOUTS = {
    "gptq": ("gptq",),
    "awq": ("awq",),
    "auto-round": ("gptq", "awq"),
    "intel/auto-round": ("gptq", "awq"),
    "bitsandbytes": ("bitsandbytes",),
    "fp8": ("fp8",),
    "fbgemm_fp8": ("fp8",),
    "modelopt": ("modelopt", "fp8"),
    "compressed-tensors": ("compressed-tensors", "fp8"),
    "mxfp4": ("mxfp4",),
    "hqq": ("hqq",),
    "quanto": ("quanto",),
    "eetq": ("eetq",),
}
# a loader of these finds nothing without the packed tensors; the others quantise plain ones while they load
_PACKED_ONLY = ("gptq", "awq", "auto-round", "intel/auto-round")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a config says about packing; None where it says nothing. `mixed` is whether modules have settings apart."""

    artifact: str
    pointer: str
    method: str
    bits: int | None
    group: int | None
    block: tuple[int, ...] | None
    mixed: bool


@check(
    "weights.packing-not-as-configured",
    title="Are packed weights other than the config says?",
    severity=6.5,
    remedy="Take config and weights from one release; a matrix unpacked by the wrong bits or groups is noise.",
    references=("CWE-1286",),
)
def weights_packing_not_as_configured(
    config: ModelConfig,
    values: tuple[ConfigValues, ...],
    indexes: tuple[WeightIndex, ...],
    shards: tuple[ShardIndex, ...],
    ranges: tuple[Range, ...],
) -> Iterator[Answer]:
    """A packed matrix is several tensors, and only the config says how they are to be read.

    By the shapes of its parts GPTQ and AWQ, bitsandbytes, FP8, MXFP4, compressed-tensors, HQQ, quanto and EETQ are
    recognised, with bits and groups where they follow from them. Compared are the method, bits, group or block size;
    parts that are missing or do not fit each other; group numbers beyond the groups; packed weights that no config
    announces, and a config that announces packed weights where there are none.
    """
    if config.naming != "hub":
        return
    stated = _stated(config, values)
    sets = [(found, list(packings({t.name: (i, t) for i, t in found.tensors})))
            for found in own_sets(config, indexes, shards, values)]  # fmt: skip
    if not any(rows for _, rows in sets) and (stated is None or not sets):
        yield Answer(Kind.NOT_APPLICABLE, f"{config.artifact} announces no packed weights, and there are none")
        return
    for found, rows in sets:
        problems = list(_broken(found, rows, stated)) + list(_groups(found, rows, ranges))
        problems += _unannounced(found, rows, config) if stated is None else _compared(found, rows, stated)
        yield from problems
        if not problems and stated is not None:
            bits = sorted({row.bits for row in rows if row.bits})
            words = f" of {', '.join(map(str, bits))} bits" if bits else ""
            yield passed(
                f"{found.name}: {len(rows):,} packed matrices{words}, as {stated.artifact} says ({stated.method})",
                Evidence(stated.artifact, stated.method, pointer=stated.pointer),
            )


def _stated(config: ModelConfig, values: tuple[ConfigValues, ...]) -> Stated | None:
    """The settings in config.json, else those in a file of their own beside it."""
    beside = sorted(
        (row for row in values if folder(row.artifact) == folder(config.artifact)),
        key=lambda row: row.artifact != config.artifact,
    )
    for row in beside:
        found = {key.removeprefix(SETTINGS): value for key, value in row.entries if key.startswith(SETTINGS)}
        if not found:
            continue
        groups = {key: value for key, value in found.items() if key.startswith("config_groups.")}

        method = str(found.get("quant_method") or ("awq" if "w_bit" in found else "gptq")).lower()
        bits = _whole(found, groups, "bits", "w_bit", "num_bits")
        if method == "bitsandbytes":
            bits = 4 if found.get("load_in_4bit") else 8 if found.get("load_in_8bit") else None
        block = found.get("weight_block_size")
        return Stated(
            row.artifact,
            "/quantization_config" if row.artifact == config.artifact else "",
            method,
            bits,
            _whole(found, groups, "group_size", "q_group_size"),
            tuple(n for n in block if type(n) is int) if isinstance(block, tuple) else None,
            any(key.startswith(("dynamic.", "extra_config.", "layer_config.")) for key in found) or len(groups) > 60,
        )
    return None


def _whole(found: Mapping[str, object], groups: Mapping[str, object], *names: str) -> int | None:
    """The first of these that is stated as an integer, or that all groups of modules state alike."""
    nested = {value for key, value in groups.items() if key.endswith(tuple(f".weights.{name}" for name in names))}
    rows = [*(found.get(name) for name in names), *(nested if len(nested) == 1 else ())]
    return next((value for value in rows if type(value) is int), None)


def _broken(found: WeightSet, rows: list[Packing], stated: Stated | None) -> Iterator[Answer]:
    """Matrices whose parts are missing or contradict each other, by what is wrong with them."""
    wrong: dict[str, list[Packing]] = defaultdict(list)
    for row in rows:
        if row.missing and not (row.method == "fp8" and stated is None):
            wrong[f"have no {' and no '.join(row.missing)} beside them".replace("no a ", "no ")].append(row)
        elif row.flaw:
            wrong[f"do not fit together: {row.flaw}"].append(row)
    for words, broken in list(wrong.items())[:MOST]:
        yield fail(
            f"{found.name}: the parts of {len(broken):,} packed matrices ({broken[0].method}) {words}, "
            f"the first is {broken[0].name!r}",
            *_places(found, broken),
        )


def _groups(found: WeightSet, rows: list[Packing], ranges: tuple[Range, ...]) -> Iterator[Answer]:
    """Group numbers that no group has."""
    of = {(row.artifact, row.name): row for row in ranges}
    artifacts = {tensor.name: index.artifact for index, tensor in found.tensors}
    for row in rows:
        name = next((part for part in row.parts if part.endswith("g_idx")), "")
        seen = of.get((artifacts.get(name, ""), name))
        count = row.scales[0] if row.scales and row.method == "gptq" else None
        if seen is not None and count is not None and not (seen.lowest >= 0 and seen.highest < count):
            yield fail(
                f"{name}: group numbers from {seen.lowest:,} to {seen.highest:,}, and there are {count:,} groups",
                Evidence(seen.artifact, f"{seen.lowest:,} to {seen.highest:,}", name=name),
            )


def _unannounced(found: WeightSet, rows: list[Packing], config: ModelConfig) -> Iterator[Answer]:
    if not rows:
        return
    plain = [row for row in rows if row.method == "fp8" and row.missing]
    packed = [row for row in rows if row not in plain]
    if packed:
        yield fail(
            f"{found.name}: {len(packed):,} matrices are packed ({packed[0].method}), and {config.artifact} says "
            "nothing of it: a loader takes codes for weights, or fills the matrices with random numbers",
            *_places(found, packed),
        )
    if plain:
        yield informational(
            f"{found.name}: {len(plain):,} matrices are stored as FP8 without scales, cast and not quantised",
            *_places(found, plain),
        )


def _compared(found: WeightSet, rows: list[Packing], stated: Stated) -> Iterator[Answer]:
    place = Evidence(stated.artifact, stated.method, pointer=stated.pointer)
    layouts = _LAYOUTS.get(stated.method)
    if layouts is None:
        yield unknown(f"{stated.artifact}: how {stated.method} packs weights is not known to assay", place)
        return
    if not rows:
        matrices = [tensor for _, tensor in found.tensors if len(tensor.shape) > 1]
        if any(tensor.dtype in ("I32", "U8", "I8", "I16") for tensor in matrices):
            yield unknown(f"{found.name}: its {stated.method} matrices are packed in a way that is not known", place)
            return
        answer = fail if stated.method in _PACKED_ONLY else review
        yield answer(
            f"{stated.artifact} says that the weights are packed ({stated.method}), "
            f"and all {len(matrices):,} matrices in {found.name} are plain",
            place,
            *(Evidence(found.indexes[0].artifact, tensor.dtype, name=tensor.name) for tensor in matrices[:MOST]),
        )
        return
    for words, odd in _differences(rows, stated, layouts):
        yield fail(
            f"{found.name}: {len(odd):,} of {len(rows):,} packed matrices {words}, the first is {odd[0].name!r}",
            place,
            *_places(found, odd),
        )


def _differences(rows: list[Packing], stated: Stated, layouts: tuple[str, ...]) -> Iterator[tuple[str, list[Packing]]]:
    whole = [row for row in rows if not row.missing and not row.flaw]
    other = [row for row in whole if row.method not in layouts]
    if other:
        yield f"are stored as {other[0].method} does, {stated.artifact} says {stated.method}", other
    fits = [row for row in whole if row.method in layouts]
    bits = [row for row in fits if None not in (row.bits, stated.bits) and row.bits != stated.bits]
    if bits and (not stated.mixed or len(bits) == len(fits)):
        yield f"have {bits[0].bits} bits by their shapes, {stated.artifact} says {stated.bits}", bits
    grouped = [row for row in fits if row.method in ("gptq", "awq") and row.shape and row.scales]
    size = stated.group
    if size is not None and not stated.mixed:
        odd = [row for row in grouped if row.scales and row.shape and row.scales[0] != _count(row.shape[1], size)]
        if odd and odd[0].shape and odd[0].scales:
            seen = ceil(odd[0].shape[1] / odd[0].scales[0])
            yield f"have groups of {seen:,} by their shapes, {stated.artifact} says {size:,}", odd
    block = stated.block
    if block is not None and len(block) == 2 and min(block) > 0:
        odd = [
            row
            for row in fits
            if row.method == "fp8" and row.shape and len(row.shape) == 2
            and row.scales != (ceil(row.shape[0] / block[0]), ceil(row.shape[1] / block[1]))
        ]  # fmt: skip
        if odd:
            yield (
                f"have scales of shape {list(odd[0].scales or ())} for {list(odd[0].shape or ())}, "
                f"{stated.artifact} says blocks of {block[0]:,} by {block[1]:,}",
                odd,
            )


def _count(inputs: int, size: int) -> int:
    """How many groups there are along so many inputs; one where groups are not bounded (-1, 0)."""
    return ceil(inputs / size) if size > 0 else 1


def _places(found: WeightSet, rows: list[Packing]) -> Iterator[Evidence]:
    stored = {tensor.name: (index, tensor) for index, tensor in found.tensors}
    for row in rows[:MOST]:
        index, tensor = stored[row.parts[0]]
        seen = f"{tensor.dtype} {list(tensor.shape)}"
        yield Evidence(index.artifact, seen, start=tensor.start, stop=tensor.stop, name=tensor.name)
