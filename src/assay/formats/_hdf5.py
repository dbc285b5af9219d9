"""Links out of an HDF5 file, data kept outside it, datasets, and text attributes (HDF5 File Format Specification 3.0).

The file is walked as a graph of object headers.

Chunks and values are never read. Followed: superblocks 0 to 3, object headers 1 and 2, symbol tables, compact links,
external links and external file lists, dataspaces, datatypes and layouts of datasets, compact attributes and the global
heap that their texts and the mappings of virtual datasets lie in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import field
from math import prod

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats._base64 import promising
from assay.formats._hdf5_dataset import Dataset, Layout, element, extents, filters, layout, sources
from assay.formats._hdf5_heap import REFERENCE, Heaps
from assay.formats.pickle.opening import opens
from assay.formats.window import BLOCK, Window
from assay.lazy import dataclass

MAX_OBJECTS = 200_000
MAX_MESSAGES = 2_000_000
_NOTHING = 0xFFFFFFFFFFFFFFFF
_ATTRIBUTE_INFO = 0x15
_SPACE, _LINK_INFO, _TYPE, _LINK, _EXTERNAL_FILES, _LAYOUT, _FILTERS = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0B
_ATTRIBUTE, _CONTINUATION, _SYMBOLS = 0x0C, 0x10, 0x11
_INTEGER, _TEXT, _OPAQUE, _VARYING = 0, 3, 5, 9  # classes of a datatype (IV.A.2.d)
MAX_REFERENCES = 1_000_000  # of all attributes and datasets that are followed, some 5 microseconds each
_SHARED = 0x02  # flag of a message that is kept elsewhere (IV.A.1.a)


@dataclass(slots=True)
class Contents:
    """What a walk found: (path, target file, offset) of links and data in other files, datasets, texts, gaps.

    `virtual` are (path, file, dataset in it, offset) of datasets that are put together out of others. `values` are
    (what, start, stop) of attributes, of datasets that may hold bytes or texts, and of what they refer to.
    """

    external: list[tuple[str, str, int]] = field(default_factory=list)
    virtual: list[tuple[str, str, str, int]] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    values: list[tuple[str, int, int]] = field(default_factory=list)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    filters: dict[int, int] = field(default_factory=dict)
    unfollowed: dict[str, None] = field(default_factory=dict)
    end: int = 0
    objects: int = 0


def contents(window: Window, wanted: frozenset[str]) -> Contents:
    """Walk the file from its superblock; texts of attributes named in `wanted` are kept."""
    walk = _Walk(window, wanted)
    walk.run(_root(window, walk.found))
    return walk.found


def _root(window: Window, found: Contents) -> int:
    """The address of the root group's object header."""
    version = window.read(8, 1)[0]
    if version in (0, 1):
        offsets, lengths = window.read(13, 2)
        base = 24 if version == 0 else 28
        if (offsets, lengths) != (8, 8):
            raise Malformed(
                "HDF5 file with addresses of an unusual width",
                at=13,
                expected="8 and 8",
                got=f"{offsets} and {lengths}",
            )
        found.end, driver = _whole(window, base + 16, 2)
        if driver != _NOTHING:
            found.unfollowed["it has a block for a file driver, which may keep its parts in other files"] = None
        return _whole(window, base + 32 + 8, 1)[0]
    if version in (2, 3):
        if tuple(window.read(9, 2)) != (8, 8):
            raise Malformed(
                "HDF5 file with addresses of an unusual width",
                at=9,
                expected="8 and 8",
                got=str(tuple(window.read(9, 2))),
            )
        _, _, found.end, root = _whole(window, 12, 4)
        return root
    raise Malformed("unknown version of the HDF5 superblock", at=8, expected="0 to 3", got=version)


def _whole(window: Window, at: int, count: int) -> tuple[int, ...]:
    return window.unpack(struct.Struct(f"<{count}Q"), at)


class _Walk:
    def __init__(self, window: Window, wanted: frozenset[str]) -> None:
        self.window, self.wanted, self.found = window, wanted, Contents()
        self._left, self._references = MAX_MESSAGES, MAX_REFERENCES
        self._heaps = Heaps(window)
        self._looked: set[tuple[int, int]] = set()  # where values lie, and their bytes

    def run(self, root: int) -> None:
        stack, seen = [("/", root)], {root}
        self.found.objects = 1
        while stack:
            path, at = stack.pop()
            for name, target in self._object(path, at):
                if target not in seen and target != _NOTHING:
                    seen.add(target)
                    self.found.objects += 1
                    if len(seen) > MAX_OBJECTS:
                        raise LimitExceeded(
                            "HDF5 file with more objects than assay follows",
                            at=at,
                            expected=f"at most {MAX_OBJECTS:,}",
                            got="more",
                        )
                    stack.append((f"{path.rstrip('/')}/{name[:200]}"[-1000:], target))

    def _object(self, path: str, at: int) -> Iterator[tuple[str, int]]:
        """(name, address) of each object that this one links to."""
        parts: dict[int, tuple[int, int]] = {}
        for kind, start, size, flags in self._messages(at):
            if kind in (_SPACE, _TYPE, _LAYOUT, _FILTERS, _EXTERNAL_FILES):
                place = self._elsewhere(start, kind) if flags & _SHARED else (start, size)
                if place is None:
                    said = f"object {path[:120]!r} keeps its description in a table of shared messages"
                    self.found.unfollowed[f"{said}, which assay does not follow"] = None
                    continue
                if kind in parts:
                    raise Malformed(
                        f"HDF5 object {path[:120]!r} is described twice, and readers differ on it", at=start
                    )
                parts[kind] = place
            if kind == _SYMBOLS:
                tree, heap = _whole(self.window, start, 2)
                yield from self._symbols(tree, heap, 0)
            elif kind == _LINK:
                yield from self._link(path, start, size)
            elif kind == _LINK_INFO:
                self._dense(path, start, "links")
            elif kind == _EXTERNAL_FILES:
                self._files(path, start)
            elif kind == _ATTRIBUTE:
                self._attribute(path, start, size)
            elif kind == _ATTRIBUTE_INFO:
                self._dense(path, start, "attributes")
        if _LAYOUT in parts:
            self._dataset(path, parts)

    def _dataset(self, path: str, parts: dict[int, tuple[int, int]]) -> None:
        """Note a dataset: its extents, how many bytes an element has, where its values lie."""
        window, at = self.window, parts[_LAYOUT][0]
        packed = filters(window, *parts[_FILTERS]) if _FILTERS in parts else ()
        for number in packed:
            if number >= 256:  # a plugin, which the library loads by its number
                self.found.filters.setdefault(number, parts[_FILTERS][0])
        if _SPACE not in parts or _TYPE not in parts:
            raise Malformed(f"HDF5 dataset {path[:120]!r} without its extents or its type", at=at)
        (width,) = window.unpack(struct.Struct("<I"), parts[_TYPE][0] + 4)
        stored = layout(window, *parts[_LAYOUT])
        shape = extents(window, *parts[_SPACE])
        kind = window.read(parts[_TYPE][0], 1)[0] & 15
        outside, numbers = _EXTERNAL_FILES in parts, element(window, *parts[_TYPE])
        self.found.datasets.append(Dataset(path[:500], shape, kind, width, stored, packed, outside, at, numbers))
        if stored.kind in (Layout.COMPACT, Layout.CONTIGUOUS) and stored.address is not None and not outside:
            size = min(prod(shape) * width, max(0, window.size - stored.address))
            whole = kind in (_TEXT, _OPAQUE, _VARYING)  # bytes that were made numbers: where these begin as a pickle
            if whole or (kind == _INTEGER and width == 1 and size and opens(window.rest(stored.address, 1024))):
                self._value(f"dataset {path[:120]!r}", stored.address, size, kind, width)
        if stored.kind is Layout.VIRTUAL and stored.address is not None:
            self._virtual(path, stored.address, stored.number, at)

    def _virtual(self, path: str, address: int, number: int, at: int) -> None:
        """The files and datasets that a virtual dataset is put together of (IV.A.2.i, "Virtual Dataset")."""
        if address == _NOTHING:
            return
        found, whole = sources(self._heaps.held(address, number, at))
        self.found.virtual += [(path[:500], file[:500], name[:500], at) for file, name in found]
        if not whole:
            self.found.unfollowed[f"dataset {path[:120]!r} is virtual, and assay cannot follow all of its parts"] = None

    def _elsewhere(self, start: int, wanted: int) -> tuple[int, int] | None:
        """Where a shared message lies that belongs to another object (IV.A.1, "Shared Message"), if it does."""
        version, kind = self.window.read(start, 2)
        if version not in (1, 2, 3) or (version == 3 and kind != 2):
            return None
        (address,) = _whole(self.window, start + (8 if version == 1 else 2), 1)
        for found, at, size, flags in self._messages(address):
            if found == wanted and not flags & _SHARED:
                return at, size
        return None

    def _messages(self, at: int) -> Iterator[tuple[int, int, int, int]]:
        """(type, offset, size, flags) of each message of the object header at `at`, continuations included."""
        window = self.window
        if window.read(at, 4) == b"OHDR":
            flags = window.read(at + 5, 1)[0]
            place = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            width = 1 << (flags & 3)
            size = int.from_bytes(window.read(place, width), "little")
            blocks, head = [(place + width, size)], 4 + (2 if flags & 0x04 else 0)
            modern = True
        else:
            if window.read(at, 1) != b"\x01":
                raise Malformed("HDF5 object header of an unknown version", at=at)
            blocks, head, modern = [(at + 16, window.unpack(struct.Struct("<I"), at + 8)[0])], 8, False
        for start, size in blocks:  # grows while it is walked
            if size > window.size - start:
                raise Truncated("HDF5 object header runs past the end", at=start)
            place, stop = start, start + size
            while place + head <= stop:
                self._left -= 1
                if self._left < 0 or len(blocks) > 100_000:
                    raise LimitExceeded("HDF5 file with more messages than assay follows", at=place)
                raw = window.read(place, head)
                kind, length, notes = (
                    (raw[0], int.from_bytes(raw[1:3], "little"), raw[3])
                    if modern
                    else (int.from_bytes(raw[:2], "little"), int.from_bytes(raw[2:4], "little"), raw[4])
                )
                body = place + head
                if length > stop - body:
                    raise Malformed("HDF5 message runs past its object header", at=place)
                if kind == _CONTINUATION and length >= 16:
                    to, more = _whole(window, body, 2)
                    blocks.append((to + 4, more - 8) if modern and more >= 8 else (to, more))
                else:
                    yield kind, body, length, notes
                place = body + length

    def _symbols(self, tree: int, heap: int, depth: int) -> Iterator[tuple[str, int]]:
        """A group of the old kind: a B-tree of symbol table nodes, names in a local heap."""
        window = self.window
        if depth > 20 or window.read(tree, 4) != b"TREE" or window.read(heap, 4) != b"HEAP":
            raise Malformed("HDF5 group without its tree or heap", at=tree)
        (names,) = _whole(window, heap + 24, 1)
        level, entries = window.read(tree + 5, 1)[0], window.unpack(struct.Struct("<H"), tree + 6)[0]
        for number in range(entries):
            self._left -= 1
            if self._left < 0:
                raise LimitExceeded("HDF5 file with more messages than assay follows", at=tree)
            (child,) = _whole(window, tree + 24 + 8 + 16 * number, 1)
            if level:
                yield from self._symbols(child, heap, depth + 1)
                continue
            if window.read(child, 4) != b"SNOD":
                raise Malformed("HDF5 group without its symbol table", at=child)
            for entry in range(window.unpack(struct.Struct("<H"), child + 6)[0]):
                place = child + 8 + 40 * entry
                name, target = _whole(window, place, 2)
                if window.unpack(struct.Struct("<I"), place + 16)[0] != 2:  # 2: a soft link inside the file
                    yield self._name(names + name), target

    def _name(self, at: int) -> str:
        return self.window.rest(at, 1024).partition(b"\0")[0].decode("utf-8", "backslashreplace")

    def _link(self, path: str, start: int, size: int) -> Iterator[tuple[str, int]]:
        """A link of the new kind (IV.A.2.g): hard, soft, or external (type 64)."""
        window, at = self.window, start
        flags = window.read(start + 1, 1)[0]
        at += 2
        kind = 0
        if flags & 8:
            kind, at = window.read(at, 1)[0], at + 1
        at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        length, at = int.from_bytes(window.read(at, width), "little"), at + width
        if length > size:
            raise Malformed("HDF5 link with a name longer than itself", at=start)
        name, at = window.read(at, length).decode("utf-8", "backslashreplace"), at + length
        if kind == 0:
            yield name, _whole(window, at, 1)[0]
        elif kind >= 64:
            (length,) = window.unpack(struct.Struct("<H"), at)
            parts = window.read(at + 2, length)[1:].split(b"\0")
            file = parts[0].decode("utf-8", "backslashreplace")
            self.found.external.append((f"{path.rstrip('/')}/{name}"[:500], file[:500], start))

    def _files(self, path: str, start: int) -> None:
        """The list of files that hold a dataset's values (IV.A.2.h)."""
        window = self.window
        slots = window.unpack(struct.Struct("<H"), start + 6)[0]
        (heap,) = _whole(window, start + 8, 1)
        if window.read(heap, 4) != b"HEAP":
            raise Malformed("HDF5 list of external files without its heap", at=start)
        (names,) = _whole(window, heap + 24, 1)
        for number in range(slots):
            (name,) = _whole(window, start + 16 + 24 * number, 1)
            self.found.external.append((path[:500], self._name(names + name)[:500], start))

    def _dense(self, path: str, start: int, what: str) -> None:
        """Links or attributes kept in a fractal heap, which is not followed."""
        flags = self.window.read(start + 1, 1)[0]
        at = start + 2 + ((8 if what == "links" else 2) if flags & 1 else 0)
        if _whole(self.window, at, 1)[0] != _NOTHING:
            self.found.unfollowed[
                f"object {path[:120]!r} keeps many {what} in a fractal heap, which assay does not follow"
            ] = None

    def _attribute(self, path: str, start: int, size: int) -> None:
        """A wanted attribute that is a text (IV.A.2.m): of fixed length, or one reference into a global heap."""
        window = self.window
        version = window.read(start, 1)[0]
        lengths = window.unpack(struct.Struct("<3H"), start + 2)
        at = start + (9 if version == 3 else 8)
        padded = [-(-length // 8) * 8 if version == 1 else length for length in lengths]
        if sum(padded) > size:
            raise Malformed("HDF5 attribute longer than its message", at=start)
        name = window.read(at, lengths[0]).rstrip(b"\0").decode("utf-8", "backslashreplace")
        at += padded[0]
        kind, width = self._type(at, lengths[1])
        at += padded[1] + padded[2]
        self._value(f"attribute {name[:80]!r} of {path[:120]!r}", at, start + size - at, kind, width)
        if name not in self.wanted:
            return
        if kind == _VARYING and width == REFERENCE.size:
            raw = self._heaps.text(at)
        elif kind == _TEXT:
            raw = window.read(at, min(width, size))
        else:
            said = f"attribute {name} of {path[:120]!r} is no plain text, and assay does not follow it"
            self.found.unfollowed[said] = None
            return
        self.found.texts[path[:500], name] = raw.rstrip(b"\0").decode("utf-8", "backslashreplace")

    def _type(self, at: int, size: int) -> tuple[int, int]:
        """The class of a datatype and the bytes of an element; (-1, 0) of one that is kept elsewhere."""
        head = self.window.read(at, 8) if size >= 8 else b""
        return (head[0] & 15, int.from_bytes(head[4:], "little")) if head else (-1, 0)

    def _value(self, what: str, at: int, size: int, kind: int, width: int) -> None:
        """Note where a value lies, or each thing in the global heap to which one of varying length refers."""
        if kind == _VARYING and width == REFERENCE.size:
            self._referred(what, at, size)
        else:
            self._note(what, at, size)

    def _referred(self, what: str, at: int, size: int) -> None:
        for place in range(at, at + size - REFERENCE.size + 1, REFERENCE.size):
            self._references -= 1
            if self._references < 0:
                said = f"it refers to more than {MAX_REFERENCES:,} values of varying length, in the rest of which assay"
                self.found.unfollowed[f"{said} looks for no pickles"] = None
                return
            length, address, number = self.window.unpack(REFERENCE, place)
            if not length or address in (0, _NOTHING):
                continue
            try:
                held, most = self._heaps.place(address, number, place)
            except (Malformed, Truncated):  # nobody can read it
                continue
            self._note(what, held, min(length, most))

    def _note(self, what: str, at: int, size: int) -> None:
        if (at, size) in self._looked:
            return
        self._looked.add((at, size))
        if size > BLOCK or promising(self.window.rest(at, size)):
            self.found.values.append((what, at, at + size))
