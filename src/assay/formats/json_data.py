"""Any other JSON file: read for references to code, which loaders of many libraries follow."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import Format
from assay.formats.encoding.json import document
from assay.formats.python.reference import code_references
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each reference to code."""
    raw = window.read(0, window.size).removeprefix(b"\xef\xbb\xbf")
    yield from code_references(artifact, document(raw))


# matches only what no reader with an exact name takes: see Format.rank
FORMAT = Format("json", "JSON", read, names=("*.json",))
