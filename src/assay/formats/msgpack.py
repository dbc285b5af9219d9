"""Flax parameters in MessagePack (msgpack.org specification): every byte accounted for, extension types named.

What arrays there are, as Flax and spaCy write them, becomes the index of weights.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from assay.errors import InputError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind, Hook, HookKind
from assay.facts.tensor import WeightIndex
from assay.formats import Format
from assay.formats.encoding.msgpack import values
from assay.formats.window import Window

MAX_PICKLES = 100
_FLAX = {1, 2, 3}  # flax/serialization.py: array, complex number, scalar


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield extension types that Flax does not have, pickles among the values, and bytes after the end."""
    from assay.formats._msgpack_arrays import Arrays
    from assay.formats.container.nest import contained, part

    found = end = count = 0
    arrays = Arrays(window)
    for value in values(window):
        kind, at, start, size, _ = value
        end, count = start + size, count + 1
        arrays.take(*value)
        if kind == "extension" and (code := window.read(start - 1, 1)[0]) not in _FLAX:
            yield Hook(
                artifact,
                HookKind.OPERATOR,
                "Flax",
                f"byte {at}",
                f"extension {code}",
                f"a value of extension type {code}, which Flax does not have",
                False,
                at,
            )
        elif (
            kind == "bytes"
            and size > 2
            and found <= MAX_PICKLES
            and window.read(start, 1) == b"\x80"
            and window.read(start + 1, 1)[0] <= 5
            and window.read(start + size - 1, 1) == b"."
        ):
            found += 1
            if found > MAX_PICKLES:
                said = f"from byte {at:,} on, bytes that may be pickles were not followed: assay follows {MAX_PICKLES}"
                yield Obstacle(artifact, Trouble.LIMIT, said, at)
                continue
            yield from contained(artifact, f"bytes at {start}.pkl", part(window, start, start + size))
    yield Contents(artifact, FORMAT.id, count)
    yield WeightIndex(artifact, "msgpack", tuple(arrays.tensors), 0, window.size, unread=tuple(arrays.unread))
    if end < window.size:
        yield Flaw(artifact, FlawKind.HIDDEN, f"{window.size - end:,} bytes follow the value, from byte {end:,}", end)


_KEYS = 3  # keys looked at: three of one kind are no accident
_UNNAMED = (".bin", ".msg", ".mpk", ".mp")


def _packed(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for MessagePack, by a map that begins with keys of one kind, as spaCy writes."""
    if ("." in name and not name.endswith(_UNNAMED)) or not head:
        return False
    if len(head) == 1:
        return head in (b"\x80", b"\x90")  # an empty map or array
    if not 0x81 <= head[0] < 0x90 and head[0] not in (0xDE, 0xDF):
        return False
    window = Window(io.BytesIO(head))
    found = values(window)
    keys: list[bool] = []
    try:
        entries = next(found)[4] // 2
        while len(keys) < min(entries, _KEYS):
            kind, at, start, size, _ = next(found)
            if kind == "text" or (0xA0 <= head[at] < 0xC0):
                keys.append(head[start : start + size].decode().isprintable() and size > 0)
            elif head[at] == 0xCF:
                keys.append(True)
            else:
                return False
            if not keys[-1]:
                return False
            if next(found)[4]:
                return True  # a container as value of a sound key
    except UnicodeDecodeError:
        return False
    except (InputError, StopIteration):
        return bool(keys)  # the rest lies behind the bytes that are looked at
    return bool(keys)


FORMAT = Format(
    "msgpack",
    "MessagePack (Flax parameters, spaCy)",
    read,
    names=("*.msgpack",),
    needs=("assay.formats.container.every",),
    guess=_packed,
    examines=(Aspect.LAYOUT, Aspect.PICKLES, Aspect.OPERATORS, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
