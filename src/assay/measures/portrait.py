"""What the weight files hold, in numbers: parameters, types, roles. Exact counts from tensor indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.facts.artifact import Artifact, Standing
from assay.facts.config import ModelConfig
from assay.facts.dossier import Measurement, Portrait, Share, WeightFile
from assay.facts.role import placed
from assay.facts.tensor import TensorSpec, WeightIndex, WeightSet, weight_sets
from assay.measures import Cost, Material, Measure

_METHOD = "counted from tensor indexes"


def portrait(
    indexes: tuple[WeightIndex, ...], configs: tuple[ModelConfig, ...], artifacts: tuple[Artifact, ...]
) -> Portrait:
    """The model at a glance: the first complete set of weights, by type and by role, and bytes by standing."""
    sets = weight_sets(indexes)
    main = sets[0] if sets else WeightSet("", "hub", ())
    files: dict[tuple[str, str], list[WeightIndex]] = {}
    for index in indexes:
        if index.tensors:
            files.setdefault((index.artifact, index.format), []).append(index)
    named = sorted((row for row in configs if row.family != "unknown"), key=lambda row: row.artifact.count("/"))
    family = next((config.family for config in (*named, *configs)), "")
    return Portrait(
        family,
        tuple(_file(rows) for rows in files.values()),
        _shares(main, lambda tensor: tensor.dtype),
        _shares(main, lambda tensor: placed(tensor.name).part),
        _measurements(sets, artifacts),
    )


def _measurements(sets: tuple[WeightSet, ...], artifacts: tuple[Artifact, ...]) -> tuple[Measurement, ...]:
    rows = [
        Measurement("files", len(artifacts), "files", "walked"),
        Measurement("bytes", sum(a.size for a in artifacts), "bytes", "walked"),
    ]
    for standing in Standing:
        mine = [artifact.size for artifact in artifacts if artifact.standing is standing]
        rows += [
            Measurement(f"files.{standing.name.lower()}", len(mine), "files", "walked"),
            Measurement(f"bytes.{standing.name.lower()}", sum(mine), "bytes", "walked"),
        ]
    if sets:
        rows += [
            Measurement("parameters", sets[0].parameters, "parameters", f"{_METHOD}, {sets[0].name}"),
            Measurement("tensors", len(sets[0].tensors), "tensors", f"{_METHOD}, {sets[0].name}"),
            *(
                [Measurement("optimizer", kept, "values", f"{_METHOD}, {sets[0].name}")]
                if (kept := sets[0].kept)
                else []
            ),
            Measurement("copies", len(sets), "sets of weights", "grouped by folder and format"),
        ]
    return tuple(rows)


def _file(rows: list[WeightIndex]) -> WeightFile:
    """A file with all its tensors, those of its members too."""
    first = rows[0]
    start, stop = min(row.data_start for row in rows), max(row.data_stop for row in rows)
    parameters = sum(WeightSet("", "", (row,)).parameters for row in rows)
    return WeightFile(first.artifact, first.format, sum(len(row.tensors) for row in rows), parameters, stop - start)


def _shares(main: WeightSet, key: Callable[[TensorSpec], str]) -> tuple[Share, ...]:
    rows: dict[str, list[int]] = {}
    for _, tensor in main.tensors:
        row = rows.setdefault(key(tensor), [0, 0])
        row[0] += tensor.elements
        row[1] += max(0, tensor.stop - tensor.start)
    return tuple(
        Share(name, parameters, size)
        for name, (parameters, size) in sorted(rows.items(), key=lambda item: (-item[1][0], item[0]))
    )


def run(material: Material) -> Iterator[Portrait]:
    """The portrait of the model."""
    yield portrait(material.all("WeightIndex"), material.all("ModelConfig"), material.artifacts)


MEASURE = Measure(
    "portrait", ("WeightIndex", "ModelConfig", "Artifact"), ("Portrait",), Cost.HEADER, run, reported=True
)
