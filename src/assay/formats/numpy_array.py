"""NumPy arrays in a file (numpy/lib/format.py, versions 1 to 3): the header, and the pickle where objects are held."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from math import prod

from assay.errors import Malformed
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window

MAX_HEADER = 1024 * 1024
_TYPE = re.compile(r"[<>|=]?([biufcmMSVUOa?])(\d*)(\[\w+\])?\Z")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the program of an array of objects; otherwise only flaws, as values carry no code."""
    major = window.read(6, 2)[0]
    if major not in (1, 2, 3):
        raise Malformed("unsupported version of a NumPy array", at=6, expected="1, 2 or 3", got=major)
    (length,) = window.unpack(struct.Struct("<H" if major == 1 else "<I"), 8)
    at = 10 if major == 1 else 12
    if length > MAX_HEADER:
        raise Malformed(
            "header of a NumPy array larger than assay reads",
            at=8,
            expected=f"at most {MAX_HEADER:,} bytes",
            got=f"{length:,}",
        )
    shape, width = _described(window.read(at, length), at)
    at += length
    if width is None:
        from assay.formats.pickle.follow import follow

        followed = follow(window, artifact, "object array", at, window.size)
        program = followed.program
        if followed.stop < window.size:
            program = replace(
                program,
                unfollowed=(
                    *program.unfollowed,
                    f"{window.size - followed.stop:,} bytes follow the pickle, from byte {followed.stop:,}",
                ),
            )
        yield program
        yield Contents(artifact, FORMAT.id, 1)
        return
    size = prod(shape) * width
    if size > window.size - at:
        raise Malformed("NumPy array runs past the end", at=at, expected=f"{size:,} bytes", got=f"{window.size - at:,}")
    yield Contents(artifact, FORMAT.id, 1)
    if size < window.size - at:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{window.size - at - size:,} bytes follow the array, from byte {at + size:,}",
            at + size,
        )


def _described(raw: bytes, at: int) -> tuple[tuple[int, ...], int | None]:
    """(shape, bytes of each element or None where they are objects); the header is a literal and only parsed as one."""
    import ast

    try:
        header = ast.literal_eval(raw.decode("utf-8").strip())
        shape, kind = header["shape"], header["descr"]
    except (ValueError, SyntaxError, KeyError, TypeError, UnicodeDecodeError, RecursionError, MemoryError) as broken:
        raise Malformed("header of a NumPy array is no literal with shape and descr", at=at) from broken
    if (
        not isinstance(shape, tuple)
        or len(shape) > 64
        or not all(type(extent) is int and 0 <= extent < 2**63 for extent in shape)
    ):
        raise Malformed("NumPy array has no shape of whole numbers", at=at)
    return shape, _width(kind, at, 0)


def _width(kind: object, at: int, depth: int) -> int | None:
    """Bytes of one element; None if it holds objects."""
    if isinstance(kind, str) and (found := _TYPE.match(kind)):
        if found[1] == "O":
            return None
        count = int(found[2][:9]) if found[2] else 1
        return 4 * count if found[1] == "U" else count
    if isinstance(kind, list) and depth < 16:
        widths = []
        for field in kind[:10_000]:
            if not isinstance(field, tuple) or len(field) < 2:
                break
            inner = _width(field[1], at, depth + 1)
            repeat = field[2] if len(field) > 2 else ()
            extents = repeat if isinstance(repeat, tuple) else (repeat,)
            if not all(type(extent) is int and extent >= 0 for extent in extents):
                break
            widths.append(None if inner is None else inner * prod(extents))
        else:
            return None if None in widths else sum(width for width in widths if width is not None)
    if isinstance(kind, tuple) and len(kind) == 2 and depth < 16:  # (type, shape) of a subarray
        inner = _width(kind[0], at, depth + 1)
        extents = kind[1] if isinstance(kind[1], tuple) else (kind[1],)
        if all(type(extent) is int and extent >= 0 for extent in extents):
            return None if inner is None else inner * prod(extents)
    raise Malformed("NumPy array has a type that assay cannot size", at=at)


FORMAT = Format(
    "numpy",
    "NumPy array",
    read,
    names=("*.npy",),
    magic=((0, b"\x93NUMPY"),),
    needs=("ast", "assay.formats.pickle.follow"),
    examines=(Aspect.LAYOUT, Aspect.PICKLES),
    gaps=(Aspect.TENSORS, Aspect.VALUES),
)
