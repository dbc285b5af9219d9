"""Do the index of sharded weights and the shards disagree?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.tensor import ShardIndex, WeightIndex
from assay.facts.values import TensorSummary

MOST_TWICE = 20


@check(
    "weights.shard-mismatch",
    title="Do the index of sharded weights and the shards disagree?",
    severity=6.0,
    remedy="Fetch the missing shards, or ask the publisher for an index written together with them.",
    references=("CWE-1286", "CWE-22"),
)
def weights_shard_mismatch(
    shards: ShardIndex,
    indexes: tuple[WeightIndex, ...],
    artifacts: tuple[Artifact, ...],
    summaries: tuple[TensorSummary, ...],
) -> Iterator[Answer]:
    """A loader opens the files that the index names, and no others.

    A shard that is not there leaves tensors random or the load broken; a name with `..` or a slash reads a file
    outside the model; a tensor that a shard holds and the index does not name is weight that nobody loads. Where
    two shards hold a tensor of one name, it is said whether with the same values.
    """
    folder = shards.artifact.rpartition("/")[0]
    paths = {artifact.path for artifact in artifacts}
    held = {index.artifact: {tensor.name for tensor in index.tensors} for index in indexes if index.decoder}
    named: dict[str, set[str]] = {}
    for tensor, file in shards.weight_map:
        named.setdefault(file, set()).add(tensor)
    for file, tensors in sorted(named.items()):
        path = f"{folder}/{file}" if folder else file
        place = Evidence(shards.artifact, file, pointer="/weight_map", name=file)
        if ".." in file.split("/") or file.startswith("/") or "\\" in file:
            yield fail(f"{shards.artifact} names a file outside the model: {file!a}", place)
        elif path not in paths:
            yield fail(f"{shards.artifact} names {file!a}, which is not there ({len(tensors):,} tensors)", place)
        elif path in held:
            yield from _differences(shards.artifact, path, tensors, held[path])
    yield from _twice(shards, indexes, {f"{folder}/{file}" if folder else file for file in named}, summaries)
    total = sum(
        tensor.stop - tensor.start
        for index in indexes
        if index.decoder and index.artifact in {f"{folder}/{file}" if folder else file for file in named}
        for tensor in index.tensors
    )
    complete = all((f"{folder}/{file}" if folder else file) in held for file in named)
    if complete and shards.total_size is not None and shards.total_size != total:
        yield fail(
            f"{shards.artifact} claims {shards.total_size:,} bytes of tensors, the shards hold {total:,}",
            Evidence(shards.artifact, str(shards.total_size), pointer="/metadata/total_size"),
        )


def _differences(index: str, path: str, named: set[str], held: set[str]) -> Iterator[Answer]:
    for words, tensors in (("which it does not hold", named - held), ("no tensor", held - named)):
        if not tensors:
            continue
        first = min(tensors)
        if words == "no tensor":
            message = f"{path} holds {len(tensors):,} tensors that {index} does not name, the first is {first!a}"
        else:
            message = f"{index} places {len(tensors):,} tensors in {path}, {words}; the first is {first!a}"
        yield fail(message, Evidence(path, "", name=first), Evidence(index, "", pointer="/weight_map", name=first))


def _twice(
    shards: ShardIndex, indexes: tuple[WeightIndex, ...], named: set[str], summaries: tuple[TensorSummary, ...]
) -> Iterator[Answer]:
    """Tensors that several shards hold, with whether they hold the same values: by the exact histogram."""
    where: dict[str, list[str]] = {}
    for index in indexes:
        if index.artifact in named:
            for tensor in index.tensors:
                where.setdefault(tensor.name, []).append(index.artifact)
    values = {(row.artifact, row.name): (row.dtype, row.shape, row.histogram) for row in summaries}
    several = {name: sorted(set(files)) for name, files in where.items() if len(set(files)) > 1}
    for name, files in sorted(several.items())[:MOST_TWICE]:
        seen = {values.get((file, name)) for file in files}
        how = "with other values" if len(seen) > 1 else "with the same values" if None not in seen else "both"
        yield fail(
            f"{name!r} lies in {' and '.join(files)}, {how}: a loader keeps the one that it reads last",
            *(Evidence(file, how, name=name) for file in files),
            Evidence(shards.artifact, dict(shards.weight_map).get(name, ""), pointer="/weight_map", name=name),
        )
