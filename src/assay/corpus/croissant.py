"""Croissant files: what a data set says of itself (MLCommons Croissant 1.0 and 1.1, dataset-level properties)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.files import as_json, content
from assay.licence.name import named

MOST = 64 << 20  # bytes


def metadata(path: Path) -> dict[str, str]:
    """`name`, `licence`, `url`, `version` and `creator` as far as the file gives them.

    Raises:
        UsageError: it cannot be read, or is no Croissant file.
    """
    value = as_json(content(path, MOST, "Croissant file"), path, "Croissant file")
    if not isinstance(value, dict) or not str(value.get("@type", "")).endswith("Dataset"):
        raise UsageError(f"{path}: not a Croissant file (@type is not sc:Dataset)")
    return {
        "name": _text(value.get("name")),
        "licence": _licence(value.get("license") or value.get("sc:license")),
        "url": _text(value.get("url")),
        "version": _text(value.get("version")),
        "creator": _text(value.get("creator")),
    }


def _licence(value: Any) -> str:
    """The licence: text, or of an object the first of name, address and id that says which it is; the first of a
    list.
    """
    first = next(iter(value), None) if isinstance(value, list) else value
    if not isinstance(first, dict):
        return _text(first)
    said = [text for key in ("name", "url", "@id") if (text := _text(first.get(key)))]
    return next((text for text in said if named(text)), next(iter(said), ""))


def _text(value: Any) -> str:
    """Text, or the name or address of an object, the first of a list."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("url") or value.get("@id"))
    return " ".join(str(value).split())[:2000] if isinstance(value, str | int | float) else ""
