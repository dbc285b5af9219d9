"""Do the tensors of an adapter differ from what its config says?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from assay.checks import check
from assay.facts.config import AdapterConfig, ConfigValues
from assay.facts.finding import Answer, Evidence, fail, passed, review, unknown
from assay.facts.model import folder
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import TensorSummary
from assay.lazy import dataclass, regex

MOST = 20
_FACTOR = regex(r"(.+)\.lora_(embedding_)?([AB])(?:\.[\w-]+)?(?:\.weight)?\Z")


@dataclass(slots=True)
class Module:
    """The two factors of one adapted module, A of shape (rank, inputs) and B of shape (outputs, rank)."""

    factors: dict[str, tuple[str, TensorSpec]] = field(default_factory=dict)

    @property
    def rank(self) -> int | None:
        """The rank by factor A, else by B."""
        for letter, axis in (("A", 0), ("B", 1)):
            row = self.factors.get(letter)
            if row is not None and len(row[1].shape) > axis:
                return row[1].shape[axis]
        return None


@check(
    "weights.adapter-not-as-configured",
    title="Do the tensors of an adapter differ from what its config says?",
    severity=5.0,
    remedy="Use the config that was saved with the adapter; with another rank or scale it does not load, or does harm.",
    references=("CWE-1286",),
)
def weights_adapter_not_as_configured(
    adapter: AdapterConfig,
    values: tuple[ConfigValues, ...],
    indexes: tuple[WeightIndex, ...],
    summaries: tuple[TensorSummary, ...],
) -> Iterator[Answer]:
    """A low-rank adapter is two factors for each module that it changes, and the config says of which rank.

    Compared are the rank, also where `rank_pattern` sets another; factors without their pair, or that do not fit it;
    modules that `target_modules` names and that have no tensors, and the other way round; a scale of zero, and second
    factors that are all zero, with which the adapter changes nothing.
    """
    place = Evidence(adapter.artifact, adapter.kind, pointer="/peft_type")
    if adapter.kind.upper() != "LORA":
        yield unknown(f"{adapter.artifact}: the tensors of a {adapter.kind} adapter are not known to assay", place)
        return
    own = [index for index in indexes if folder(index.artifact) == folder(adapter.artifact)]
    modules: dict[str, Module] = {}
    for index in own:
        for tensor in index.tensors:
            if match := _FACTOR.match(tensor.name):
                modules.setdefault(match[1], Module()).factors.setdefault(match[3], (index.artifact, tensor))
    if not modules:
        if own:
            yield unknown(f"{adapter.artifact}: none of the tensors beside it is a low-rank factor", place)
        return
    settings = next((row for row in values if row.artifact == adapter.artifact), None)
    unread = settings.left_out("rank_pattern", "target_modules", "modules_to_save") if settings else ()
    problems = [*_pairs(modules), *_effect(adapter, modules, settings, summaries)]
    if "rank_pattern" not in unread:
        problems += _ranks(adapter, modules, settings)
    if not {"target_modules", "modules_to_save"} & {*unread}:
        problems += _targets(adapter, modules, settings)
    if unread:
        said = f"{' and '.join(unread)} could not be compared: more than assay reads, or no list of names"
        places = (Evidence(adapter.artifact, pointer=f"/{key}") for key in unread)
        problems.append(unknown(f"{adapter.artifact}: {said}", *places))
    yield from problems
    if not problems:
        rank = next(iter(modules.values())).rank
        yield passed(f"{len(modules):,} modules are adapted by rank {rank}, as {adapter.artifact} says", place)


def _pairs(modules: dict[str, Module]) -> Iterator[Answer]:
    alone = {name: row for name, row in modules.items() if len(row.factors) != 2}
    if alone:
        name, row = next(iter(alone.items()))
        artifact = next(iter(row.factors.values()))[0]
        yield fail(
            f"{artifact}: {len(alone):,} of {len(modules):,} modules have one factor without the other, "
            f"the first is {name!r}",
            *(_place(row) for row in list(alone.values())[:MOST]),
        )
    for name, row in modules.items():
        if len(row.factors) == 2:
            (artifact, a), (_, b) = row.factors["A"], row.factors["B"]
            if len(a.shape) < 2 or len(b.shape) < 2 or a.shape[0] != b.shape[1]:
                yield fail(
                    f"{artifact}: the factors of {name!r} do not fit: {list(a.shape)} and {list(b.shape)}", _place(row)
                )
                return


def _ranks(adapter: AdapterConfig, modules: dict[str, Module], settings: ConfigValues | None) -> Iterator[Answer]:
    special = _nested(settings, "rank_pattern.")
    odd = {}
    for name, row in modules.items():
        stated = next((rank for pattern, rank in special if _targeted(name, pattern)), adapter.rank)
        if row.rank is not None and type(stated) is int and row.rank != stated:
            odd[name] = (row, stated)
    # a pattern may be a regular expression, which is not applied: it must not make a rank that it gives wrong
    loose = {rank for pattern, rank in special if re.search(r"[^\w.]", pattern)}
    odd = {name: found for name, found in odd.items() if found[0].rank not in loose}
    if odd:
        name, (row, stated) = next(iter(odd.items()))
        yield fail(
            f"{len(odd):,} of {len(modules):,} modules have factors of rank {row.rank}, {adapter.artifact} says "
            f"{stated}, the first is {name!r}",
            Evidence(adapter.artifact, str(stated), pointer="/r"),
            *(_place(found) for found, _ in list(odd.values())[:MOST]),
        )


def _targets(adapter: AdapterConfig, modules: dict[str, Module], settings: ConfigValues | None) -> Iterator[Answer]:
    """Names in `target_modules` and adapted modules that do not match; a regular expression there is not applied."""
    listed = settings.get("target_modules") if settings else None
    if not isinstance(listed, tuple):
        return
    targets = [target for target in listed if isinstance(target, str)]
    saved = settings.get("modules_to_save") if settings else None
    also = [target for target in saved if isinstance(target, str)] if isinstance(saved, tuple) else []
    unused = [target for target in targets if not any(_targeted(name, target) for name in modules)]
    beyond = [name for name in modules if not any(_targeted(name, target) for target in (*targets, *also))]
    if unused:
        yield review(
            f"{adapter.artifact} names {', '.join(map(repr, unused[:5]))} among the adapted modules, "
            "and no tensor belongs to it: the adapter was cut, or does nothing there",
            Evidence(adapter.artifact, ", ".join(unused[:MOST]), pointer="/target_modules"),
        )
    if beyond:
        yield review(
            f"{len(beyond):,} adapted modules are not among those that {adapter.artifact} names, "
            f"the first is {beyond[0]!r}: a loader leaves them out",
            Evidence(adapter.artifact, ", ".join(targets[:MOST]), pointer="/target_modules"),
            *(_place(modules[name]) for name in beyond[:MOST]),
        )


def _effect(
    adapter: AdapterConfig,
    modules: dict[str, Module],
    settings: ConfigValues | None,
    summaries: tuple[TensorSummary, ...],
) -> Iterator[Answer]:
    if settings is not None and settings.get("lora_alpha") == 0:
        yield review(
            f"{adapter.artifact} sets lora_alpha to 0, so that the adapter changes nothing",
            Evidence(adapter.artifact, "0", pointer="/lora_alpha"),
        )
    second = {(row[0], row[1].name) for module in modules.values() if (row := module.factors.get("B")) is not None}
    seen = [row for row in summaries if (row.artifact, row.name) in second]
    if seen and len(seen) == len(second) and all(row.zeros == row.values for row in seen):
        yield review(
            f"all {len(seen):,} second factors are zero, as they are before training: the adapter changes nothing",
            *(Evidence(row.artifact, name=row.name) for row in seen[:MOST]),
        )


def _nested(settings: ConfigValues | None, prefix: str) -> list[tuple[str, object]]:
    rows = settings.entries if settings else ()
    return [(key.removeprefix(prefix), value) for key, value in rows if key.startswith(prefix)]


def _targeted(module: str, target: str) -> bool:
    return module == target or module.endswith(f".{target}")


def _place(module: Module) -> Evidence:
    artifact, tensor = next(iter(module.factors.values()))
    return Evidence(artifact, str(list(tensor.shape)), start=tensor.start, stop=tensor.stop, name=tensor.name)
