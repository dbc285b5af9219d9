"""Any other JSON file: read for references to code, which loaders of many libraries follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats._checksums import listed
from assay.formats._references import references
from assay.formats.encoding.json import document
from assay.formats.window import Window
from assay.lazy import regex

_BEGINS = regex(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:"|\}\s*\Z)|\[\s*(?:[\[{"\d-]|\]\s*\Z))')
_NOT_DATA = (".ipynb", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx")  # code that may begin as JSON does


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield references to code, what a manifest says of files, and where weights of TensorFlow.js lie."""
    raw = window.read(0, window.size).removeprefix(b"\xef\xbb\xbf")
    for value in _values(raw):
        yield from references(artifact, value)
        yield from listed(artifact, value)
        if b'"weightsManifest"' in raw:
            from assay.formats._tfjs import shards

            yield from shards(artifact, value)


def _values(raw: bytes) -> Iterator[Any]:
    """The value, or each of the values where every line is one (jsonlines.org)."""
    try:
        yield document(raw, constants=True)
    except Malformed:
        lines = [line for line in raw.split(b"\n") if line.strip()]
        if len(lines) < 2 or not all(line.rstrip().endswith((b"}", b"]")) for line in (lines[0], lines[-1])):
            raise
        try:
            values = [document(line, constants=True) for line in lines]
        except Malformed:
            values = []
        if not values:
            raise
        yield from values


def _json(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for JSON, by its beginning."""
    return _BEGINS.match(head) is not None and not name.endswith(_NOT_DATA)


# matches only what no reader with an exact name takes: see Format.rank
FORMAT = Format(
    "json",
    "JSON",
    read,
    names=("*.json",),
    needs=("assay.formats._tfjs",),
    guess=_json,
    examines=(Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
