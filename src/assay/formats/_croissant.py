"""Croissant files: what a data set says of itself (MLCommons Croissant 1.0 and 1.1, dataset-level properties).

No format of a model's files: it is read where a corpus is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import Malformed
from assay.facts.text import ModelCard, Stated
from assay.formats import Format
from assay.formats.encoding.json import mapping
from assay.formats.window import Window

LONGEST = 2_000  # characters of a value


def read(artifact: str, window: Window) -> Iterator[ModelCard]:
    """Yield `name`, `licence` in each way that it is called, `url`, `version` and `creator`, as far as there are."""
    value = mapping(window)
    if not str(value.get("@type", "")).endswith("Dataset"):
        raise Malformed("@type is not sc:Dataset")
    said = [
        ("name", _text(value.get("name"))),
        *(("licence", text) for text in _licences(value.get("license") or value.get("sc:license"))),
        ("url", _text(value.get("url"))),
        ("version", _text(value.get("version"))),
        ("creator", _text(value.get("creator"))),
    ]
    yield ModelCard(artifact, tuple(Stated(key, text, 1) for key, text in said), (), 0)


def _licences(value: Any) -> list[str]:
    """What the licence is called: its text, or of an object the name, the address and the id; the first of a list."""
    first = next(iter(value), None) if isinstance(value, list) else value
    if not isinstance(first, dict):
        return [_text(first)]
    return [text for key in ("name", "url", "@id") if (text := _text(first.get(key)))] or [""]


def _text(value: Any, depth: int = 0) -> str:
    """Text, or the name or address of an object, the first of a list."""
    if isinstance(value, list | dict) and depth < 8:
        inner = (value[0] if value else "") if isinstance(value, list) else _of(value)
        return _text(inner, depth + 1)
    return " ".join(str(value).split())[:LONGEST] if isinstance(value, str | int | float) else ""


def _of(value: dict[str, Any]) -> Any:
    return value.get("name") or value.get("url") or value.get("@id")


FORMAT = Format("croissant", "Croissant file", read)
