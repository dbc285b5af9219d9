"""A file in an archive, read by its own kind, and how much may come out of all of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, BinaryIO, cast

from assay.corpus import unpacking
from assay.corpus.inputs import ARCHIVES, Input, kind_of
from assay.corpus.kinds import text
from assay.corpus.row import NotRead, Row


def rows(file: IO[bytes], member: str, size: int, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The rows of a member of a kind that is known, named after the archive and it; archives in it are not opened."""
    kind, packing = kind_of(member) or ("", "")
    name = f"{source.name}/{member}"
    inner = replace(source, name=name, size=size, kind=kind, packing=packing)
    for row in _read(file, inner, encoding):
        yield row if isinstance(row, NotRead) or row.name else replace(row, name=f"{name}:{row.number}")


def _read(file: IO[bytes], source: Input, encoding: str) -> Iterator[Row | NotRead]:
    from assay.corpus.rows import COLUMNS, Parsing

    if source.kind in ARCHIVES:
        yield NotRead(0, "an archive in an archive")
        return
    stream = cast("BinaryIO", file)
    if source.kind in COLUMNS:
        raw = text.whole(stream)
        yield from Parsing(source, encoding).rows(stream, lambda: io.BytesIO(raw))
    else:
        yield from Parsing(source, encoding).rows(stream, lambda: stream)


class Unpacked:
    """The rows of all files in an archive, numbered through; `left` characters may still come out of it."""

    def __init__(self, most: int) -> None:
        """Nothing is unpacked yet, of `most` characters."""
        self.left = self._most = most
        self._number = 0

    def numbered(self, found: Iterator[Row | NotRead]) -> Iterator[Row | NotRead]:
        """The rows of the next file (ValueError: more came out than may)."""
        for row in found:
            self._number += 1
            yield replace(row, number=self._number)
            self.left -= _length(row)
            if self.left < 0:
                raise ValueError(unpacking.bomb(self._most))


def _length(row: Row | NotRead) -> int:
    """Characters of a row."""
    return sum(len(value) for value in row.fields.values() if isinstance(value, str)) if isinstance(row, Row) else 0
