"""The optional libraries of a corpus, imported where they are needed, with a sentence where they are not there."""

from __future__ import annotations

import importlib
import logging
from types import SimpleNamespace
from typing import Any

from assay.errors import MissingExtra


def _module(name: str, purpose: str, extra: str = "corpus") -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtra(extra, purpose) from None


def zstandard() -> Any:
    """python-zstandard: the text of a corpus, and .zst inputs."""
    return _module("zstandard", "a corpus")


def pyarrow(part: str = "pyarrow") -> Any:
    """pyarrow: Parquet and Arrow inputs."""
    return _module(part, "reading Parquet and Arrow files")


def lxml_html() -> Any:
    """lxml: HTML inputs."""
    return _module("lxml.html", "reading HTML")


def lxml_etree() -> Any:
    """lxml: EPUB and Word documents."""
    return _module("lxml.etree", "reading EPUB and Word documents")


def warcio() -> Any:
    """warcio: WARC and WET inputs (`ArchiveIterator`)."""
    return _module("warcio.archiveiterator", "reading WARC files", "web")


def main_text() -> Any:
    """Resiliparse: the main text of a page (`extract_plain_text`)."""
    return _module("resiliparse.extract.html2text", "finding the main text of pages", "web")


def parsed_html(raw: bytes) -> Any:
    """The tree of a page, in the encoding that Resiliparse finds."""
    encoding = _module("resiliparse.parse.encoding", "finding the main text of pages", "web").detect_encoding(raw)
    tree = _module("resiliparse.parse.html", "finding the main text of pages", "web").HTMLTree
    return tree.parse_from_bytes(raw, encoding)


def pypdf() -> Any:
    """pypdf: PDF inputs, without what it would print of damaged ones."""
    library = _module("pypdf", "reading PDF files", "pdf")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return library


def fsspec() -> Any:
    """fsspec: inputs and corpora behind a URL."""
    return _module("fsspec", "opening a URL")


def starlette() -> Any:
    """Starlette: what a server of corpora needs of it."""
    purpose = "serving a corpus"
    names = {"applications": ("Starlette",), "responses": ("JSONResponse", "Response"), "routing": ("Route",)}
    found = {
        name: getattr(_module(f"starlette.{part}", purpose, "serve"), name)
        for part, listed in names.items()
        for name in listed
    }
    return SimpleNamespace(**found)


def needed(kinds: set[str], schemes: set[str], *, main: bool = False) -> None:
    """Say what is missing before any work is done (MissingExtra): what every corpus needs, and what these inputs do."""
    zstandard()
    readers(kinds)
    if main:
        main_text()
    if schemes - {""}:
        fsspec()


def readers(kinds: set[str]) -> None:
    """Say which library is missing that reads these kinds (MissingExtra)."""
    if kinds & {"parquet", "arrow"}:
        pyarrow()
    if kinds & {"html", "warc", "epub"}:  # whose chapters are pages
        lxml_html()
    if kinds & {"epub", "docx"}:
        lxml_etree()
    if "warc" in kinds:
        warcio()
    if "pdf" in kinds:
        pypdf()
