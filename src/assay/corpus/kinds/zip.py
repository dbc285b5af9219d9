"""ZIP archives (APPNOTE 6.3): the files in them, each read by its own kind."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus import unpacking
from assay.corpus.inputs import ABOUT, Input, kind_of, without_reader
from assay.corpus.kinds._member import Unpacked
from assay.corpus.kinds._member import rows as _member_rows
from assay.corpus.kinds._zipped import DAMAGED
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The rows of every member, numbered through; an archive in an archive is not opened.

    The list of members stands at the end, so that the whole file is held: one that is larger than a document may be is
    not read.
    """
    raw = whole(stream)
    most = unpacking.most(len(raw))
    unpacked = Unpacked(most)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for member in archive.infolist():
            if member.is_dir() or member.filename.rpartition("/")[2] in ABOUT:
                continue
            if member.file_size > unpacked.left:  # of which no more is unpacked than it says
                raise ValueError(unpacking.bomb(most))
            yield from unpacked.numbered(_member(archive, member, source, encoding))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        yield NotRead(0, "not a regular file")
    elif kind_of(member.filename) is None:
        yield NotRead(0, without_reader(member.filename))
    elif member.flag_bits & 1:
        yield NotRead(0, "an encrypted file in an archive")
    else:
        try:
            with archive.open(member) as file:
                yield from _member_rows(file, member.filename, member.file_size, source, encoding)
        except (NotImplementedError, *DAMAGED) as cause:  # the next may be whole
            yield NotRead(0, f"a file in an archive that cannot be read ({' '.join(str(cause).split())[:80]})")
