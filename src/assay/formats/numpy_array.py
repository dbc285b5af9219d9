"""NumPy arrays in a file (numpy/lib/format.py, versions 1 to 3): the header, and the pickle where objects are held."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from math import prod

from assay.errors import Malformed
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

MAX_HEADER = 1024 * 1024
# type as numpy writes it, in the byte order of every machine in use -> element type (numpy.dtype.str)
DTYPES = {
    **{"<f2": "F16", "<f4": "F32", "<f8": "F64", "<c8": "C64", "<c16": "C128", "|b1": "BOOL", "|i1": "I8", "|u1": "U8"},
    **{"<i2": "I16", "<i4": "I32", "<i8": "I64", "<u2": "U16", "<u4": "U32", "<u8": "U64"},
}
_TYPE = regex(r"[<>|=]?([biufcmMSVUOa?])(\d*)(\[\w+\])?\Z")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the program of an array of objects, or where the numbers of an array lie; then flaws."""
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
    shape, width, element, columns_first = _described(window.read(at, length), at)
    at += length
    if width is None:
        from assay.formats.pickle.follow import follow
        from assay.formats.torch.archive import nested

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
        yield from nested(artifact, window, followed)
        yield Contents(artifact, FORMAT.id, 1)
        return
    size = prod(shape) * width
    if size > window.size - at:
        raise Malformed("NumPy array runs past the end", at=at, expected=f"{size:,} bytes", got=f"{window.size - at:,}")
    yield Contents(artifact, FORMAT.id, 1)
    yield from _index(artifact, shape, size, element, columns_first, at)
    if size < window.size - at:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{window.size - at - size:,} bytes follow the array, from byte {at + size:,}",
            at + size,
        )


def _index(
    artifact: str, shape: tuple[int, ...], size: int, element: str, columns_first: bool, at: int
) -> Iterator[WeightIndex]:
    """The array as a tensor, named as its file; one whose columns lie together as a row of values."""
    name = artifact.rpartition(" > ")[2].removesuffix(".npy")
    if element in DTYPES:
        dtype = DTYPES[element]
        shape = (prod(shape),) if columns_first and len(shape) > 1 else shape
        yield WeightIndex(artifact, "numpy", (TensorSpec(name, dtype, shape, at, at + size),), at, at + size)
    elif not element.lstrip("<>|=").startswith(("S", "U", "a")):  # texts hold no numbers
        why = ((name, f"assay does not read values of NumPy type {element[:40]}"),) if size else ()
        yield WeightIndex(artifact, "numpy", (), at, at + size, unread=why)


def _described(raw: bytes, at: int) -> tuple[tuple[int, ...], int | None, str, bool]:
    """(shape, bytes of each element or None where they are objects, its type as written, whether columns come first).

    The header is a literal and only parsed as one.
    """
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
    element = kind if isinstance(kind, str) else "of several fields"
    return shape, _width(kind, at, 0), element, header.get("fortran_order") is True


def _width(kind: object, at: int, depth: int) -> int | None:
    """Bytes of one element; None if it holds objects."""
    if isinstance(kind, str) and (found := _TYPE.match(kind)):
        if found[1] == "O":
            return None
        count = int(found[2][:9]) if found[2] else 1
        return 4 * count if found[1] == "U" else count
    if isinstance(kind, list) and depth < 16:
        widths = []
        for field in kind:
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
    needs=("ast", "assay.formats.pickle.follow", "assay.formats.container.every"),
    examines=(Aspect.LAYOUT, Aspect.PICKLES, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
