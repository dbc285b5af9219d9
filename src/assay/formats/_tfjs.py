"""TensorFlow.js models, `model.json`: which weight lies where in the shards beside it; a shard holds nothing else.

tfjs-core/src/io/types.ts, WeightsManifestConfig: the shards of a group, end to end, are its weights in order. All
shards but the last have one size, 4 MiB unless another was asked for (tfjs-converter, write_weights.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Hook, HookKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats.container.zip import escapes
from assay.lazy import dataclass

SHARD = 4 * 1024 * 1024
_TYPES = {
    **{"float32": ("F32", 4), "int32": ("I32", 4), "bool": ("BOOL", 1), "complex64": ("C64", 8)},
    **{"uint8": ("U8", 1), "uint16": ("U16", 2), "float16": ("F16", 2), "int8": ("I8", 1), "int16": ("I16", 2)},
}
_MOST = 100_000  # weights and shards of one model


@dataclass(frozen=True, slots=True)
class _Weight:
    """One entry of the manifest: its type, the bytes of a value, and where it lies in the shards taken together."""

    name: str
    kind: str
    width: int
    shape: tuple[int, ...]
    start: int
    stop: int


def shards(artifact: str, value: object) -> Iterator[Hook | WeightIndex]:
    """Yield a hook and a weight index for each shard that the manifest names, if the value has one, or is one.

    Before there was `model.json` the manifest was a file of its own, `*weights_manifest.json`.
    """
    manifest = value.get("weightsManifest") if isinstance(value, dict) else value if _manifest(value) else None
    left = _MOST
    for group in manifest if isinstance(manifest, list) else ():
        paths = group.get("paths") if isinstance(group, dict) else None
        rows = group.get("weights") if isinstance(group, dict) else None
        if not isinstance(paths, list) or not isinstance(rows, list):
            raise Malformed("a group of weightsManifest has no list of paths or of weights")
        if len(paths) + len(rows) > left:
            most = f"at most {_MOST:,}"
            raise LimitExceeded("manifest of more weights and shards than assay lists", expected=most, got="more")
        left -= len(paths) + len(rows)
        yield from _group(artifact, [str(path) for path in paths], rows)


def _manifest(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(group, dict) and isinstance(group.get("paths"), list) and isinstance(group.get("weights"), list)
        for group in value
    )


def _group(artifact: str, paths: list[str], rows: list[Any]) -> Iterator[Hook | WeightIndex]:
    weights, unread = _weights(rows)
    total = max((weight.stop for weight in weights), default=0)
    size = total if len(paths) == 1 else SHARD
    if paths and -(-total // max(1, size)) != len(paths):
        unread += [(weight.name, "its shards have an unknown size") for weight in weights]
        weights = []
    for number, path in enumerate(paths):
        outside, path = escapes(path) or "://" in path, path[:300]
        said = f"tensor values are read from {path[:200]!r}" + (", outside the model's folder" if outside else "")
        first, last = number * size, min(total, (number + 1) * size)
        until = max(0, last - first) if weights else None
        yield Hook(artifact, HookKind.READ, "TensorFlow.js", "weightsManifest", path, said, outside, None, until)
        specs = tuple(_part(row, first, last) for row in weights if row.start < last and row.stop > first)
        lost = tuple(unread) if number == 0 else ()
        # of several shards, the size is what the converter writes, and is not stated
        slack = 1 if len(paths) == 1 else total + 1
        yield WeightIndex(artifact, "tfjs", specs, 0, last - first, alignment=slack, unread=lost, file=path)


def _weights(rows: list[Any]) -> tuple[list[_Weight], list[tuple[str, str]]]:
    """The weights of a group in order, and the names of those whose place is not known, with the reason."""
    found: list[_Weight] = []
    at = 0
    for number, row in enumerate(rows):
        weight = _weight(row, at)
        if weight is None:  # and so none behind it has a known place
            why = "it, or one before it, has a type or a shape that assay does not know"
            return found, [(_name(one), why) for one in rows[number:]]
        found.append(weight)
        at = weight.stop
    return found, []


def _name(row: object) -> str:
    return str(row.get("name"))[:1000] if isinstance(row, dict) else ""


def _weight(row: object, at: int) -> _Weight | None:
    """The weight that begins at `at`, by its entry in the manifest; None where that does not say how long it is."""
    if not isinstance(row, dict):
        return None
    packed, shape = row.get("quantization"), row.get("shape")
    kind = packed.get("dtype") if isinstance(packed, dict) else row.get("dtype")
    known = _TYPES.get(kind) if isinstance(kind, str) else None
    if known is None or not isinstance(shape, list) or len(shape) > 32:
        return None
    if not all(type(extent) is int and 0 <= extent < 1 << 40 for extent in shape):
        return None
    size = prod(shape) * known[1]
    return _Weight(_name(row), *known, tuple(shape), at, at + size) if size < 1 << 60 else None


def _part(weight: _Weight, first: int, last: int) -> TensorSpec:
    """What of a weight lies in the shard of bytes [first, last) of its group: all of it, or a run of its values."""
    name, shape = weight.name, weight.shape
    begin, end = max(weight.start, first), min(weight.stop, last)
    if (begin, end) != (weight.start, weight.stop):
        name = f"{name} (values from {(begin - weight.start) // weight.width:,} on)"
        shape = (-(-(end - begin) // weight.width),)
    return TensorSpec(name, weight.kind, shape, begin - first, end - first)
