"""Values of small tensors that are no weights but follow from a config: group numbers, rotary frequencies."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from assay.errors import InputError
from assay.facts.measured import NotMeasured
from assay.facts.tensor import WeightIndex
from assay.facts.values import Frequencies, Range
from assay.measures import Cost, Material, Measure

MOST_FREQUENCIES = 2_048  # extents of a head, halved; none in use has more than 256
MOST_TENSORS, MOST_BYTES = 20_000, 256 * 1024**2  # of one model; the group numbers of a model of 70 B take 40 MiB
_INTEGERS = ("I32", "I64")
_FLOATS = ("F32", "F16", "BF16", "F64")


def run(material: Material) -> Iterator[Range | Frequencies | NotMeasured]:
    """The range of each `g_idx`, and the values of each `inv_freq`; of too many, that they were not measured."""
    wanted = [index for index in material.all("WeightIndex") if any(map(_wanted, (t.name for t in index.tensors)))]
    if not wanted:
        return
    sizes = [8 * prod(row.shape) for index in wanted for row in index.tensors if _wanted(row.name)]
    if sum(sizes) > MOST_BYTES or len(sizes) > MOST_TENSORS:
        said = f"its group numbers and frequencies are more than the {MOST_BYTES >> 20:,} MiB that assay reads"
        yield NotMeasured(MEASURE.id, MEASURE.gives, said)
        return
    from assay.weights import tensors

    for index, found in tensors(material.walk, tuple(wanted), material.progress):
        if not _wanted(found.name) or len(found.shape) != 1 or not prod(found.shape):
            continue
        try:
            yield from _read(index, found)
        except (InputError, ValueError):  # cut off, or of another size than its shape: told by the checks of structure
            continue


def _wanted(name: str) -> bool:
    return name.endswith(("g_idx", ".inv_freq"))


def _read(index: WeightIndex, found: object) -> Iterator[Range | Frequencies]:
    from assay.weights import Tensor

    assert isinstance(found, Tensor)
    if found.dtype in _INTEGERS:
        values = found.array()
        yield Range(index.artifact, found.name, int(values.min()), int(values.max()))
    elif found.dtype in _FLOATS and found.shape[0] <= MOST_FREQUENCIES:
        yield Frequencies(index.artifact, found.name, tuple(map(float, found.array().tolist())))


MEASURE = Measure("constant", ("WeightIndex",), ("Range", "Frequencies"), Cost.WEIGHTS, run)
