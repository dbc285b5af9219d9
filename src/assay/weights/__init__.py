"""Open the weights of a model as lazily read numpy arrays, in any format that assay reads; torch is not needed.

    >>> import assay.weights
    >>> weights = assay.weights.open("model.gguf")
    >>> weights["blk.0.attn_q.weight"].read(0, 4).shape
    (4, 576)

Names, shapes and offsets come from the same bounded readers that an audit uses, in the same isolated worker. Values
are dequantised by the kernels.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import islice
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import formats, kernels
from assay.errors import InputError, LimitExceeded, Truncated, UsageError, did_you_mean
from assay.facts.artifact import Obstacle
from assay.facts.tensor import TensorSpec, WeightIndex, WeightSet, weight_sets
from assay.formats.window import Source
from assay.isolation import Reader, reader_for
from assay.kernels.types import TYPES, Type
from assay.lazy import dataclass
from assay.progress import Progress, Steps
from assay.subject import Entry, Peeked, Walk, peeked, walked
from assay.visible import in_line
from assay.weights.packing import Packed, packed_tensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMPARED = 96 * 1024  # bytes compared at a time: small enough for the heap to hand out the same pages again
SAME_STEP = 256  # of them between two steps: 24 MiB
SHOWN = 5  # names, where none of a model's is near to one that it has not
MAX_READ = 4 * 1024**3  # bytes of float32 in one call; larger tensors are read in parts
READS_WEIGHTS = frozenset({"safetensors", "gguf", "torch-zip", "torch-legacy"})  # formats


def of_any_size() -> AbstractContextManager[object]:
    """Let values be of any size: numpy gives what is not finite, and does not warn. Nothing where there is no numpy."""
    try:
        import numpy as np
    except ImportError:
        return nullcontext()
    return np.errstate(all="ignore")


@dataclass(frozen=True)
class Tensor:
    """One tensor on disk. Nothing is read until `read` or `raw` is called; each read is a step of `_steps`."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    artifact: str
    _spec: TensorSpec
    _entry: Entry
    _steps: Steps | None = None

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.shape)) or "a scalar"
        return f"<tensor {in_line(self.name)}: {in_line(self.dtype)}, {shape}, {in_line(self.artifact)}>"

    @property
    def rows(self) -> int:
        """How many rows there are: all extents but the last multiplied; 1 for a vector or a scalar."""
        return prod(self.shape[:-1]) if len(self.shape) > 1 else 1

    @property
    def columns(self) -> int:
        """Values in one row."""
        return self.shape[-1] if self.shape else 1

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Rows `start` to `stop` as float32[rows, columns]; a vector gives float32[1, columns].

        Raises InputError if the type is not one that has values, or the file is too short or has changed.
        """
        kind, stop = self._kind(), self.rows if stop is None else min(stop, self.rows)
        start = max(0, min(start, stop))
        if (stop - start) * self.columns * 4 > MAX_READ:
            raise LimitExceeded(f"{self.name}: more than {MAX_READ:,} bytes at once", expected="a range of rows")
        step = self.columns // kind.elements * kind.bytes
        raw = self._bytes(self._spec.start + start * step, (stop - start) * step)
        return kernels.widened(kind, raw).reshape(stop - start, self.columns)

    def chunks(self, values: int = 1 << 22) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first row, float32[rows, columns]) over the whole tensor, about `values` values at a time."""
        step = max(1, values // max(1, self.columns))
        for start in range(0, self.rows, step):
            yield start, self.read(start, start + step)

    def correlated(self, start: int, stop: int, rows: int, most: int) -> kernels.Correlated | None:
        """How rows `start` to `stop`, as so many `rows` one after another, depend on each other in `most` columns.

        Raises as `read`; ValueError where rows are no whole blocks.
        """
        kind = self._kind()
        columns = (stop - start) * self.columns // rows
        step = self.columns // kind.elements * kind.bytes
        raw = self._bytes(self._spec.start + start * step, (stop - start) * step)
        return kernels.correlated(kind, raw, rows, columns, most)

    def raw(self, start: int = 0, size: int | None = None) -> bytearray:
        """Bytes as stored: up to `size` from `start`, all of them by default."""
        left = max(0, self._spec.stop - self._spec.start - start)
        return self._bytes(self._spec.start + start, left if size is None else min(size, left))

    def into(self, buffer: memoryview, start: int = 0) -> None:
        """Fill a buffer with bytes as stored, from `start`; Truncated if the tensor has fewer."""
        if start < 0 or start + len(buffer) > self._spec.stop - self._spec.start:
            raise Truncated(
                f"{self.artifact}: tensor {self.name!r} is shorter than its shape",
                at=self._spec.stop,
                expected=f"{start + len(buffer):,} bytes",
                got=f"{self._spec.stop - self._spec.start:,}",
            )
        self._fill(buffer, self._spec.start + start)

    def same_bytes(self, other: Tensor) -> bool:
        """Whether type, shape and every byte as stored are those of `other`."""
        if (self.dtype, self.shape) != (other.dtype, other.shape):
            return False
        size, at = self._spec.stop - self._spec.start, 0
        if size != other._spec.stop - other._spec.start:
            return False
        left, right = bytearray(min(size, COMPARED)), bytearray(min(size, COMPARED))
        with self._entry.place.source() as mine, other._entry.place.source() as theirs:
            while at < size:
                count = min(COMPARED, size - at)
                if count < len(left):
                    left, right = bytearray(count), bytearray(count)
                _filled(mine, memoryview(left), self._spec.start + at, self._entry)
                _filled(theirs, memoryview(right), other._spec.start + at, other._entry)
                if left != right:
                    return False
                at += count
                if not at % (SAME_STEP * COMPARED):
                    self._told(SAME_STEP * COMPARED)
        return True

    def array(self) -> NDArray[Any]:
        """The tensor with its own shape: float32 values, or the integers of an integer type."""
        import numpy as np

        integers = {
            "I8": "i1",
            "U8": "u1",
            "BOOL": "u1",
            "I16": "<i2",
            "U16": "<u2",
            "I32": "<i4",
            "U32": "<u4",
            "I64": "<i8",
            "U64": "<u8",
        }
        if self.dtype in integers:
            return np.frombuffer(self.raw(), integers[self.dtype]).reshape(self.shape)
        return self.read().reshape(self.shape)

    def _kind(self) -> Type:
        kind = TYPES.get(self.dtype)
        if kind is None or not kind.valued:
            raise InputError(
                f"{self.artifact}: tensor {self.name!r} has type {self.dtype}, which assay cannot read as values"
            )
        if (
            self._spec.stop - self._spec.start != self._spec.elements // kind.elements * kind.bytes
            or self.columns % kind.elements
        ):
            raise InputError(f"{self.artifact}: the values of tensor {self.name!r} do not lie together in the file")
        return kind

    def _bytes(self, start: int, size: int) -> bytearray:
        """Exactly these bytes; Truncated if the file has fewer."""
        self._within(start, size)
        buffer = bytearray(size)
        self._fill(memoryview(buffer), start)
        return buffer

    def _within(self, start: int, size: int) -> None:
        """Raise Truncated where the file has not so many bytes, before any are given room."""
        if start < 0 or size < 0 or start + size > self._entry.size:
            raise Truncated(
                f"{self.artifact}: tensor {self.name!r} runs past the end",
                at=start,
                expected=f"{size:,} bytes",
                got=f"{max(0, self._entry.size - start):,}",
            )

    def _fill(self, buffer: memoryview, start: int) -> None:
        self._within(start, len(buffer))
        self._told(len(buffer))
        with self._entry.place.source() as source:
            _filled(source, buffer, start, self._entry)

    def _told(self, size: int) -> None:
        if self._steps is not None:
            self._steps.add(size)


def _filled(source: Source, view: memoryview, start: int, entry: Entry) -> None:
    """Read exactly `len(view)` bytes from `start`; Truncated if the file has become shorter."""
    readinto = getattr(source, "readinto", None)
    source.seek(start)
    at = 0
    while at < len(view):
        if readinto is not None:
            count = readinto(view[at:])
        else:
            part = source.read(len(view) - at)
            count = len(part)
            view[at : at + count] = part
        if not count:
            raise Truncated(f"{entry.path}: the file became shorter while it was read", at=start + at)
        at += count


class NoTensor(KeyError):
    """There is no tensor of that name; one that is near is sought when this is shown, not before."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        super().__init__(name)
        self.known = known

    def __str__(self) -> str:
        near = did_you_mean(str(self.args[0]), self.known)
        some = [in_line(name) for name in islice(self.known, SHOWN + 1)]
        there = "; there are: " + ", ".join((*some[:SHOWN], *("..." for _ in some[SHOWN:]))) if some else ""
        return f"no tensor {self.args[0]!r}{near or there}"


class Weights(Mapping[str, "Tensor | Packed"]):
    """The tensors of one copy of a model by name, and what its other files say about it.

    Packed low-bit weights (GPTQ, AWQ, bitsandbytes, MXFP4, NVFP4) appear as the one matrix that they stand for.
    What its other files say is read by `reader`, or where they have been read is `told`.
    """

    def __init__(
        self,
        name: str,
        found: WeightSet,
        walk: Walk,
        reader: Reader | None = None,
        progress: Progress | None = None,
        *,
        told: Sequence[object] = (),
    ) -> None:
        self.name, self.set = name, found
        self.walk, self._reader, self._told = walk, reader, told
        plain = {tensor.name: tensor for _, tensor in _on_disk(walk, found.tensors, progress)}
        self._tensors: dict[str, Tensor | Packed] = packed_tensors(plain)

    def __getitem__(self, name: str) -> Tensor | Packed:
        found = self._tensors.get(name)
        if found is None:
            raise NoTensor(name, self._tensors)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        return f"<weights of {in_line(self.name)}: {len(self):,} tensors, {self.set.parameters:,} parameters>"

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        row = Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>")
        rows = Markup("").join(
            row.format(t.name, t.dtype, " x ".join(map(str, t.shape))) for t in list(self.values())[:200]
        )
        return str(
            Markup("<p>{}</p><table><tr><th>tensor</th><th>type</th><th>shape</th></tr>{}</table>").format(
                repr(self), rows
            )
        )

    def facts(self, kind: str) -> tuple[Any, ...]:
        """The facts of one type, by name (`ModelConfig`, `Vocabulary`), from all files of the model."""
        return tuple(fact for fact in self._facts if type(fact).__name__ == kind)

    @cached_property
    def _facts(self) -> tuple[object, ...]:
        weights = {index.artifact for index in self.set.indexes}
        entries = [entry for entry in self.walk.entries if _may_tell(entry, weights)]
        if self._reader is None:
            places = {entry.path for entry in entries}
            return tuple(fact for fact in self._told if getattr(fact, "artifact", None) in places)
        try:
            rows = [_facts_of(entry, self._reader) for entry in entries]
        finally:
            self._reader.close()
        return tuple(fact for facts, _ in rows for fact in facts)


def tensors(
    walk: Walk, indexes: tuple[WeightIndex, ...], progress: Progress | None = None
) -> Iterator[tuple[WeightIndex, Tensor]]:
    """Every tensor of the given indexes that lies in its file as an array, to be read when asked.

    `progress` is told of each read, and may ask for an end then.
    """
    return _on_disk(walk, [(index, spec) for index in indexes if index.plain for spec in index.tensors], progress)


def _on_disk(
    walk: Walk, rows: Sequence[tuple[WeightIndex, TensorSpec]], progress: Progress | None
) -> Iterator[tuple[WeightIndex, Tensor]]:
    entries = {entry.path: entry for entry in walk.entries}
    size = sum(max(0, spec.stop - spec.start) for _, spec in rows)
    steps = Steps(progress, "reading values", size, "bytes") if progress is not None else None
    for index, spec in rows:
        yield index, Tensor(spec.name, spec.dtype, spec.shape, index.artifact, spec, entries[index.artifact], steps)


_TELLING = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.json")


def _may_tell(entry: Entry, weights: set[str]) -> bool:
    name = entry.path.rpartition("/")[2].lower()
    return entry.path in weights or name in _TELLING or name.endswith(".jinja")


def open(path: str | os.PathLike[str], *, copy: str | None = None, isolation: bool = True) -> Weights:
    """The weights in a folder or a file.

    Args:
        path: a folder with safetensors, GGUF or PyTorch files, or one such file.
        copy: which copy of the model to take if the folder holds several; the first by name if not given.
        isolation: parse headers, and files beside the weights, in a locked process; False: in this one.

    Raises:
        UsageError: nothing there, no weights, or no such copy; the message lists those that are there.
        InputError: a weight file is damaged; the message says where.
    """
    walk = walked(Path(path))
    reader = reader_for(walk, needed(walk), isolated=isolation)
    try:
        return opened(walk, reader, copy)
    finally:
        reader.close()


def opened(walk: Walk, reader: Reader, copy: str | None = None, progress: Progress | None = None) -> Weights:
    """The weights among the files of `walk`, their headers parsed by `reader`; `progress` is told of each read."""
    indexes = []
    for entry in walk.entries:
        kind = _format(entry, peeked(entry))
        if kind is not None and kind.id in READS_WEIGHTS:
            facts, obstacle = _facts_of(entry, reader)
            if obstacle is not None:
                raise InputError(f"{entry.path} cannot be read: {obstacle.reason}")
            indexes += [fact for fact in facts if isinstance(fact, WeightIndex) and fact.decoder]
    sets = weight_sets(tuple(indexes))
    if not sets:
        raise UsageError(
            f"no weights in {walk.name}: give a folder or a file with safetensors, GGUF or PyTorch weights"
        )
    chosen = [found for found in sets if copy in (None, found.name)]
    if not chosen:
        raise UsageError(f"no copy {copy!r} in {walk.name}: it holds {', '.join(found.name for found in sets)}")
    return Weights(walk.name, chosen[0], walk, reader, progress)


def needed(walk: Walk) -> tuple[str, ...]:
    """The format modules that a reader of these weights, and of what is told beside them, needs."""
    return formats.modules(_format(entry, peeked(entry)) for entry in walk.entries)


def _format(entry: Entry, head: Peeked) -> formats.Format | None:
    return formats.recognised(entry.path, head.head[: formats.HEAD])


def _facts_of(entry: Entry, reader: Reader) -> tuple[tuple[object, ...], Obstacle | None]:
    head = peeked(entry)
    kind = _format(entry, head)
    if head.obstacle is not None or kind is None:
        return (), head.obstacle
    reading = reader.read(entry.path, kind, entry.place)
    return reading.facts, reading.obstacle
