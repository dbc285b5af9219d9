"""Containers inside an artifact: what they hold is read as what it is, within one budget for all layers.

A member is named `outer > inner` in facts and findings. Only what bears on loading is kept of it (programs, code,
templates, references, flaws), and where tensors lie, with their places in the artifact itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from assay.errors import InputError, LimitExceeded, OutOfTime, Truncated
from assay.facts.artifact import Obstacle, Trouble, inside, obstacle
from assay.facts.config import CodeReference
from assay.facts.program import AttackShape, PickleProgram, PythonSource
from assay.facts.structure import Contents, Examined, Flaw, FlawKind, Hook
from assay.facts.tensor import WeightIndex
from assay.facts.text import ChatTemplate
from assay.facts.tokenizer import DeclaredTokens, Tokenizer, TokenizerRule
from assay.formats import HEAD, Format, load, looked_at, recognised
from assay.formats.container.inert import inert
from assay.formats.container.second import ATTACHED, second_nature
from assay.formats.container.unread import unread
from assay.formats.container.zip import BOMB_RATIO, BOMB_SIZE
from assay.formats.window import Window

MAX_DEPTH = 5
MAX_RESTARTS = 64
STEP = 256 * 1024
# whatever a check about some aspect judges: else it would pass on what was examined and dropped
_KEPT = (
    *(PickleProgram, PythonSource, AttackShape, CodeReference, ChatTemplate),
    *(Tokenizer, DeclaredTokens, TokenizerRule),
    *(Flaw, Hook, Contents, Examined, Obstacle),
)


class Part:
    """Bytes [start, stop) of a window, as a source of their own."""

    def __init__(self, window: Window, start: int, stop: int) -> None:
        self._window, self._start, self._size, self._at = window, start, stop - start, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an offset, from the beginning or (whence 2) from the end."""
        self._at = offset if whence == 0 else self._size + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes from here."""
        count = max(0, min(self._size - self._at, STEP if size < 0 else size))
        raw = self._window.read(self._start + self._at, count)
        self._at += len(raw)
        return raw


def part(window: Window, start: int, stop: int) -> Window:
    """A window on bytes [start, stop) of `window`, where they lie."""
    return Window(Part(window, start, stop), None, window, start)


class Stream:
    """Unpacked bytes in order, a piece at a time: `begin` gives a fresh decompressor over the packed source."""

    def __init__(self, begin: Callable[[], Iterator[bytes]], size: int) -> None:
        self._begin, self._size = begin, size
        self._pieces = begin()
        self._piece, self._base, self._at, self._restarts = b"", 0, 0, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an offset, from the beginning or (whence 2) from the end."""
        self._at = offset if whence == 0 else self._size + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes from here; going back unpacks from the beginning again, a limited number of times."""
        if self._at < self._base:
            self._restarts += 1
            if self._restarts > MAX_RESTARTS:
                raise LimitExceeded("packed data is read back and forth more often than assay follows")
            self._pieces, self._piece, self._base = self._begin(), b"", 0
        while self._at >= self._base + len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._base += len(self._piece)
            self._piece = piece
        offset = self._at - self._base
        raw = self._piece[offset : offset + size if size >= 0 else None]
        self._at += len(raw)
        return raw


def unpacked(artifact: str, outer: Window, begin: Callable[[], Iterator[bytes]], packed: int) -> Window | Flaw:
    """A window on unpacked bytes, once counted; a Flaw if they are out of all proportion to the packed ones."""
    size = 0
    for piece in begin():
        size += len(piece)
        outer.budget.bytes -= len(piece)
        if size > BOMB_SIZE and size > BOMB_RATIO * max(1, packed):
            return Flaw(artifact, FlawKind.BOMB, f"it unpacks from {packed:,} to more than {size:,} bytes")
        if outer.budget.bytes < 0:
            raise LimitExceeded("packed data is larger than assay unpacks", expected="at most 4 GiB in all", got="more")
    return Window(Stream(begin, size), size, outer)


def contained(artifact: str, name: str, inner: Window) -> Iterator[object]:
    """What bears on loading in a member of a container."""
    path = inside(artifact, name[:300])
    kind: Format | None = None
    parts: list[object] = []
    stopped = False
    inner.budget.members -= 1
    if inner.depth > MAX_DEPTH or inner.budget.members < 0:
        yield Obstacle(path, Trouble.LIMIT, "it lies deeper, or among more members, than assay unpacks")
        return
    try:
        head = inner.rest(0, HEAD)
        kind = recognised(name, head)
        if kind is None:
            if inert(name, head) is None:
                yield Obstacle(path, Trouble.UNREAD, unread(name, head))
            yield from _besides(path, load("inert_file"), inner)
            return
        for fact in kind.read(path, inner):
            if isinstance(fact, Contents):
                parts.append(fact)
            stopped |= isinstance(fact, Obstacle) and fact.artifact == path
            if isinstance(fact, WeightIndex):
                yield _outward(fact, artifact, name, inner)
            elif isinstance(fact, _KEPT):
                yield fact
        yield looked_at(kind, path, parts, stopped=stopped)
        yield from _besides(path, kind, inner)
    except OutOfTime:
        raise
    except InputError as broken:
        yield obstacle(path, broken)
        if kind is not None:
            yield looked_at(kind, path, parts, stopped=True)


def _besides(path: str, kind: Format, inner: Window) -> Iterator[object]:
    """What else a member is, and what bears on loading in what is attached to it."""
    found = [*(kind.read(path, inner) if kind.id == "inert" else ()), *second_nature(path, kind, inner)]
    yield from found
    if any(isinstance(fact, Flaw) and fact.name in ATTACHED for fact in found):
        yield from (fact for fact in load("attachment").read(path, inner) if isinstance(fact, _KEPT))


def _outward(index: WeightIndex, artifact: str, name: str, inner: Window) -> WeightIndex:
    """The index of a member as one of its container: names with the member's before them, places in the container."""

    array = index.kind == "numpy"  # has the member's name already

    def named(own: str) -> str:
        return own if array else f"{name[:300]} > {own}"

    unread = tuple((named(own), why) for own, why in index.unread)
    packed, why, shift = index.packed, "", inner.offset or 0
    if index.file:
        why = "its values lie in another file of an archive"
    elif inner.packed is not None and packed is None:
        packed = inner.packed
    elif inner.offset is None:
        why = "it is packed in a way that assay reads no values from"
    elif packed is not None:
        packed, shift = (packed[0] + shift, packed[1] + shift, packed[2]), 0
    if why:
        unread += tuple((named(tensor.name), why) for tensor in index.tensors)
        return replace(index, artifact=artifact, tensors=(), unread=unread, file="", packed=None, within=name[:300])
    tensors = tuple(replace(tensor, name=named(tensor.name)) for tensor in index.tensors)
    within = "" if array else name[:300]
    return replace(index, artifact=artifact, tensors=tensors, unread=unread, packed=packed, within=within).moved(shift)


def pieces(window: Window, start: int, stop: int) -> Iterator[bytes]:
    """Packed bytes in steps."""
    while start < stop:
        raw = window.read(start, min(STEP, stop - start))
        yield raw
        start += len(raw)


def ended(done: bool) -> None:
    """Truncated unless the packed data came to its end."""
    if not done:
        raise Truncated("packed data ends before it is complete")
