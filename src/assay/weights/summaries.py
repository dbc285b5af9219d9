"""One pass over a weight file: every tensor is summarised from the same blocks that are hashed.

Which bytes belong to which tensor comes from the index that the isolated reader gave. The kernels see only whole,
measured ranges; a tensor that cannot be read is named with its reason, never skipped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, cast

from assay import kernels
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import TensorSummary, UnreadValues
from assay.kernels.types import BYTES, TYPES, Type
from assay.weights._described import described
from assay.weights.writing import Inflating, Unlike, Written, known

MIN_COLUMNS, MAX_COLUMNS, MAX_ROWS = 16, 1 << 20, 1 << 21  # what rows and columns are kept for: memory stays small
MOST_ACTIVE = 16  # tensors that one byte may belong to, where tensors share a storage: each holds a megabyte
WORTH_COUNTING = 1 << 18  # bytes of a tensor whose codes are counted apart: its tables are there meanwhile
MOST_TENSORS = 200_000  # of one file; the largest mixtures of experts in use have 50,000
MOST_RATIO = 2  # bytes summarised over bytes in the file: views of one storage repeat it, an attack does so without end


class Feed(Protocol):
    """Takes the bytes of one file in order, and gives facts at its end."""

    def feed(self, block: memoryview) -> None: ...

    def ended(self) -> Iterable[object]: ...


# takes artifact, tensor, and its exact histogram: codes as uint16, counts as uint64
Keep = Callable[[str, str, bytes, bytes], None]


class _Taken:
    """A tensor of which bytes were taken. `counted`: its codes are counted apart from all else."""

    __slots__ = ("counted", "kind", "summary", "tensor", "written")

    def __init__(self, tensor: TensorSpec, kind: Type, written: str) -> None:
        self.tensor, self.kind, self.written = tensor, kind, written
        self.counted: bool | None = None
        self.summary: kernels.Summary | None = None

    def begun(self) -> kernels.Summary:
        """Its summary, made when the first bytes are summarised: each holds a megabyte."""
        if self.summary is None:
            found = kernels.summary(self.kind, *_extent(self.tensor, self.kind))
            self.summary = Written(found, self.written, self.kind, self.tensor) if self.written else found
        return self.summary

    def parted(self) -> kernels.Parted:
        """The same, where its codes are counted apart."""
        return cast(kernels.Parted, self.begun())


class Pass:
    """Takes the blocks of one file in order and gives a summary of each tensor that lies in it in place."""

    def __init__(self, artifact: str, indexes: Sequence[WeightIndex], keep: Keep | None = None) -> None:
        self.found: list[TensorSummary | UnreadValues] = []
        self._artifact = artifact
        waiting = sorted(self._readable(indexes), key=lambda row: row[0].start, reverse=True)
        self._waiting: list[tuple[TensorSpec, Type, str]] = waiting
        self._active: list[_Taken] = []
        self._at, self._keep = 0, keep
        self._digest: kernels.Digest | None = None
        self._hashed = 0  # bytes of the file that the digest has
        self.stop = max((row[0].stop for row in waiting), default=0)

    def hashes(self) -> kernels.Digest | None:
        """The SHA-256 of all that will be fed, from the first byte on; None where it does not hash."""
        self._digest = kernels.sha256()
        return self._digest

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""
        for row, part, at in self._parts(block):
            if self._digest is None or row.written or at < self._hashed:
                row.begun().feed(part)
            else:
                self._hash(block, at)
                row.begun().feed(part, self._digest)
                self._hashed = at + len(part)
            self._ended(row, at + len(part))
        self._moved(block)

    def begun(self, block: memoryview) -> Callable[[], None]:
        """Hash the next bytes of the file, and count the codes of large tensors; returns what is left to do of them.

        That may be done by another thread, block after block, while the block is as it was.
        """
        left: list[tuple[_Taken, memoryview, int]] = []
        counting = 0
        for row, part, at in self._parts(block):
            if row.counted is None:  # once and for all: the two parts of a summary each see all bytes
                large = row.tensor.stop - row.tensor.start >= WORTH_COUNTING and not row.written
                row.counted = self._digest is not None and large and counting < MOST_ACTIVE
            if row.counted:
                counting += 1
                self._hash(block, at)
                ahead = at == self._hashed  # no other tensor had these bytes before
                row.parted().count(part, self._digest if ahead else None)
                if ahead:
                    self._hashed += len(part)
            left.append((row, part, at))
        self._moved(block)
        return partial(self._measure, left)

    def _measure(self, left: Iterable[tuple[_Taken, memoryview, int]]) -> None:
        for row, part, at in left:
            (row.parted().measure if row.counted else row.begun().feed)(part)
            self._ended(row, at + len(part))

    def _parts(self, block: memoryview) -> Iterator[tuple[_Taken, memoryview, int]]:
        """Each tensor that has bytes in the block: these, and where in the file they begin."""
        stop = self._at + len(block)
        open_, self._active = self._active, []
        for row in open_:
            yield self._part(row, block)
        while self._waiting and self._waiting[-1][0].start < stop:  # one after another: a block may hold thousands
            taken = _Taken(*self._waiting.pop())
            if len(self._active) >= MOST_ACTIVE:
                self.found.append(UnreadValues(self._artifact, taken.tensor.name, "too many tensors overlap it"))
                continue
            yield self._part(taken, block)

    def _part(self, row: _Taken, block: memoryview) -> tuple[_Taken, memoryview, int]:
        """It stays active if more is to come."""
        start, stop = self._at, self._at + len(block)
        if row.tensor.stop > stop:
            self._active.append(row)
        begin = max(row.tensor.start, start)
        return row, block[begin - start : min(row.tensor.stop, stop) - start], begin

    def _hash(self, block: memoryview, stop: int) -> None:
        """Give the digest the bytes up to there that it does not have."""
        if self._digest is not None and stop > self._hashed:
            self._digest.update(block[self._hashed - self._at : stop - self._at])
            self._hashed = stop

    def _moved(self, block: memoryview) -> None:
        self._hash(block, self._at + len(block))
        self._at += len(block)

    def _ended(self, row: _Taken, at: int) -> None:
        """Put its summary among what was found, if that were its last bytes."""
        if at < row.tensor.stop:
            return
        try:
            found = row.begun().finish()
        except Unlike as reason:
            self.found.append(UnreadValues(self._artifact, row.tensor.name, str(reason)))
            return
        row.summary = None
        self.found.append(described(self._artifact, row.tensor, row.kind, found))
        if self._keep is not None:
            self._keep(self._artifact, row.tensor.name, found["codes"], found["counts"])

    def ended(self) -> tuple[TensorSummary | UnreadValues, ...]:
        """What was found, in name order; tensors that the file was too short for are unread."""
        cut = [row.tensor for row in self._active] + [row[0] for row in self._waiting]
        self.found += [UnreadValues(self._artifact, t.name, "the file ends before it does") for t in cut]
        self._active, self._waiting = [], []
        return tuple(sorted(self.found, key=lambda row: row.name))

    def _readable(self, indexes: Sequence[WeightIndex]) -> Iterator[tuple[TensorSpec, Type, str]]:
        """The tensors that can be summarised; the others are put among what was found, with the reason."""
        budget = MOST_RATIO * max((max(0, index.data_stop) for index in indexes), default=0)
        seen: set[tuple[int, int, str, str]] = set()
        taken = 0
        for index in indexes:
            self.found += [UnreadValues(self._artifact, name, why) for name, why in index.unread]
            reached = 0
            for tensor in sorted(index.tensors, key=lambda tensor: (tensor.start, tensor.stop, tensor.name)):
                kind, tensor = _kind(tensor)
                size, written = tensor.stop - tensor.start, index.written
                reason = _unreadable(tensor, kind, written)
                if not reason and tensor.stop > index.data_stop:
                    reason = "the file ends before it does"
                if not reason and not index.shares_storage and tensor.start < reached:
                    reason = "it shares bytes with another tensor"
                if not reason and (tensor.start, tensor.stop, tensor.dtype, written) in seen:
                    continue  # tied: the same bytes under a second name
                if not reason and size > budget:
                    reason = "the tensors of this file overlap so much that reading each would not end"
                if not reason and taken >= MOST_TENSORS:
                    reason = f"assay summarises the first {MOST_TENSORS:,} tensors of a file"
                reached = max(reached, tensor.stop)
                if reason:
                    self.found.append(UnreadValues(self._artifact, tensor.name, reason))
                elif kind is not None and size:
                    seen.add((tensor.start, tensor.stop, tensor.dtype, written))
                    budget -= min(size, tensor.elements * kind.bytes)
                    taken += 1
                    yield tensor, kind, written


def feed(artifact: str, indexes: Sequence[WeightIndex], keep: Keep | None = None) -> Feed:
    """What takes the blocks of one file and gives the summaries of every tensor in it, packed ones too."""
    rows: list[Feed] = [Pass(artifact, [index for index in indexes if index.packed is None], keep)]
    packed: dict[tuple[int, int, str], list[WeightIndex]] = {}
    for index in indexes:
        if index.packed is not None:
            packed.setdefault(index.packed, []).append(index)
    reached = 0
    for place, members in sorted(packed.items()):
        if place[0] < reached:
            names = [(tensor.name, "it lies in packed data that overlaps") for row in members for tensor in row.tensors]
            rows.append(Pass(artifact, [replace(members[0], tensors=(), unread=tuple(names))]))
            continue
        reached = place[1]
        rows.append(Inflating(*place, Pass(artifact, members, keep)))
    return rows[0] if len(rows) == 1 else Together(rows)


class Together:
    """Several feeds as one."""

    def __init__(self, rows: Sequence[Feed]) -> None:
        self._rows = rows

    def feed(self, block: memoryview) -> None:
        """Give the bytes to each."""
        for row in self._rows:
            row.feed(block)

    def ended(self) -> tuple[object, ...]:
        """The facts of each."""
        return tuple(fact for row in self._rows for fact in row.ended())


def _kind(tensor: TensorSpec) -> tuple[Type | None, TensorSpec]:
    """The kernels' type of a tensor; complex values are read as pairs of real ones."""
    real = {"C64": "F32", "C128": "F64"}.get(tensor.dtype)
    if real is not None:
        tensor = replace(tensor, dtype=real, shape=(*tensor.shape, 2))
    return TYPES.get(tensor.dtype), tensor


def _unreadable(tensor: TensorSpec, kind: Type | None, written: str) -> str:
    if kind is None:
        return f"assay does not read values of type {tensor.dtype}"
    if written and (not known(written) or tensor.elements > 8 * (tensor.stop - tensor.start)):
        return "its values are written in a way that does not add up to its shape"
    if tensor.elements % kind.elements and kind.valued:
        return f"its values are no whole blocks of {tensor.dtype}"
    if not written and tensor.stop - tensor.start != -(-tensor.elements // kind.elements) * kind.bytes:
        return "its values do not lie together in the file"
    return ""


def _extent(tensor: TensorSpec, kind: Type) -> tuple[int, int]:
    """(values, columns): columns 0 where rows are too short, too long or too many to be worth keeping."""
    if kind.number == BYTES:
        return -(-tensor.elements // kind.elements) * kind.bytes, 0
    count = tensor.elements
    columns = tensor.shape[-1] if len(tensor.shape) > 1 else 0
    if not MIN_COLUMNS <= columns <= MAX_COLUMNS or count // columns > MAX_ROWS or columns % kind.elements:
        columns = 0
    return count, columns
