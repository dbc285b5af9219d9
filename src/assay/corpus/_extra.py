"""The optional libraries of a corpus, imported where they are needed, with a sentence where they are not there."""

from __future__ import annotations

import importlib
from typing import Any

from assay.errors import MissingExtra


def _module(name: str, purpose: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtra("corpus", purpose) from None


def zstandard() -> Any:
    """python-zstandard: the text of a corpus, and .zst inputs."""
    return _module("zstandard", "a corpus")


def pyarrow(part: str = "pyarrow") -> Any:
    """pyarrow: Parquet and Arrow inputs."""
    return _module(part, "reading Parquet and Arrow files")


def lxml_html() -> Any:
    """lxml: HTML inputs."""
    return _module("lxml.html", "reading HTML")


def fsspec() -> Any:
    """fsspec: inputs and corpora behind a URL."""
    return _module("fsspec", "opening a URL")


def needed(kinds: set[str], schemes: set[str]) -> None:
    """Say what is missing before any work is done (MissingExtra): what every corpus needs, and what these inputs do."""
    zstandard()
    if kinds & {"parquet", "arrow"}:
        pyarrow()
    if "html" in kinds:
        lxml_html()
    if schemes - {""}:
        fsspec()
