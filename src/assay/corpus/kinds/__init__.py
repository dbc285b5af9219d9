"""The kinds of files that a corpus is built from: a module for each, from bytes to rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.row import NotRead, Row

Read = Callable[[BinaryIO, Input, str], Iterator[Row | NotRead]]  # bytes one after another, the input, its encoding
_MODULES = {"jsonl": "json_rows", "json": "json_rows", "csv": "table", "tsv": "table"}


def reader(kind: str) -> Read:
    """What reads inputs of a kind; it may raise what `assay.corpus.rows` catches."""
    read: Read = importlib.import_module(f"assay.corpus.kinds.{_MODULES.get(kind, kind)}").rows
    return read
