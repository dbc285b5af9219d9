"""Tar archives: the files in them, each read by its own kind."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus import unpacking
from assay.corpus.inputs import ABOUT, Input, kind_of, without_reader
from assay.corpus.kinds._member import Unpacked
from assay.corpus.kinds._member import rows as _member_rows
from assay.corpus.row import NotRead, Row


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The rows of every member, numbered through; an archive in an archive is not opened."""
    most = unpacking.most(source.size)  # members may be packed, each
    unpacked = Unpacked(most)
    longest = most if source.packing else source.size
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=0) as archive:
        for member in archive:
            if not 0 <= member.size <= longest:  # tarfile would read on and on where nothing is left
                said = f"a member says that it has {member.size:,} bytes, more than the archive"
                raise ValueError(unpacking.bomb(most) if source.packing else said)
            if member.isdir() or member.name.rpartition("/")[2] in ABOUT:
                continue
            yield from unpacked.numbered(_member(archive, member, source, encoding))
            archive.members.clear()  # type: ignore[attr-defined]  # else something is kept of each of millions


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    file = archive.extractfile(member) if member.isreg() and kind_of(member.name) else None
    if file is None:
        yield NotRead(0, without_reader(member.name) if member.isreg() else "not a regular file")
        return
    yield from _member_rows(file, member.name, member.size, source, encoding)
