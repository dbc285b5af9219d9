"""Jupyter notebooks (nbformat 3 and 4): the source of every cell, as one document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The cells in order; outputs and attachments are counted."""
    book = json.loads(whole(stream))
    sheets = book.get("worksheets", [book]) if isinstance(book, dict) else ()
    cells = [
        cell
        for sheet in (sheets if isinstance(sheets, list) else ())
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
        if isinstance(cell, dict)
    ]
    texts = [text for cell in cells if (text := _source(cell.get("source", cell.get("input"))))]
    yield from (NotRead(number, "outputs of a cell") for number, cell in enumerate(cells, 1) if cell.get("outputs"))
    yield from (NotRead(n, "attachments of a cell") for n, cell in enumerate(cells, 1) if cell.get("attachments"))
    if cells:
        yield Row(1, {"text": "\n\n".join(texts)}, name=source.name)
    else:
        yield NotRead(1, "a notebook without cells")


def _source(value: Any) -> str:
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))
