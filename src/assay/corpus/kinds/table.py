"""Tables as text: CSV and its like."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.kinds.text import marked
from assay.corpus.row import NotRead, Row

MOST_HEADER = 1 << 20  # characters of the first line


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """Rows by the names in the first line; what separates cells is seen there, but for TSV."""
    csv.field_size_limit(1 << 30)
    head = stream.peek(3) if isinstance(stream, io.BufferedReader) else b""
    text = io.TextIOWrapper(stream, marked(head) or encoding, errors="replace", newline="")
    try:
        first = text.readline(MOST_HEADER)
        lines = itertools.chain([first], text) if first else iter(())
        yield from _csv(csv.DictReader(lines, delimiter="\t" if source.kind == "tsv" else _delimiter(first)))
    finally:
        text.detach()  # else it closes the file, of which the rest is still to be hashed


def _delimiter(header: str) -> str:
    """What separates the cells: of the characters in use the one that the first line has most often, unquoted."""
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=bare.count)


def _csv(reader: csv.DictReader[str]) -> Iterator[Row | NotRead]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            yield NotRead(reader.line_num, f"not CSV ({cause})")
            continue
        if row.pop(None, None):
            yield NotRead(reader.line_num, "cells beyond those that the header names are not indexed")
        yield Row(reader.line_num, dict(row), any("\ufffd" in (value or "") for value in row.values()))
