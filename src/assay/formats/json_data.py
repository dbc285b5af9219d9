"""Any other JSON file: read for references to code, which loaders of many libraries follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats._checksums import listed
from assay.formats._references import references
from assay.formats.encoding.json import document, lenient
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
        if b'"weightsManifest"' in raw or (b'"weights"' in raw and b'"paths"' in raw):
            from assay.formats._tfjs import shards

            yield from shards(artifact, value)


def _values(raw: bytes) -> Iterator[Any]:
    """The value; each of the values where every line is one (jsonlines.org); what is left without comments."""
    try:
        yield document(raw, constants=True)
    except Malformed:
        values = _lines(raw) or _lenient(raw)
        if not values:
            raise
        yield from values


def _lines(raw: bytes) -> list[Any]:
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) < 2 or not all(line.rstrip().endswith((b"}", b"]")) for line in (lines[0], lines[-1])):
        return []
    try:
        return [document(line, constants=True) for line in lines]
    except Malformed:
        return []


def _lenient(raw: bytes) -> list[Any]:
    plain = lenient(raw)
    try:
        return [] if plain == raw else [document(plain, constants=True)]
    except Malformed:
        return []


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
