"""WARC, WET and WAT: what a crawl kept (ISO 28500), one document for each page, each extracted text, and the title,
descriptions and words of links that a WAT record holds of a page.

warcio reads it. FastWARC takes a third of the time, which is a small part of what extracting and indexing take, and
its native code was seen to panic on a stream that cannot be sought in (2.0.1; figures in docs/decisions).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra
from assay.corpus.inputs import Input
from assay.corpus.kinds import html
from assay.corpus.kinds.text import MOST, decoded
from assay.corpus.row import NotRead, Row

_WITHOUT_TEXT = ("warcinfo", "request", "metadata", "revisit", "continuation")
MOST_WAT = 64 << 20  # bytes of one record of WAT
# which descriptions of a page are words
_WORDS = ("description", "keywords", "og:title", "og:description", "twitter:title", "twitter:description", "title")
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """A row for each response, resource and conversion with text; the other records are counted."""
    library = _extra.warcio()
    records = library.ArchiveIterator(stream)
    number = 0
    while (record := _next(records)) is not None:
        number += 1
        yield from _record(record, number, encoding, source.main_text)
    if not number:
        yield NotRead(0, "a WARC file without records")


def _next(records: Any) -> Any:
    """The next record, or None; warcio trips over headers that lack what every record has."""
    try:
        return next(records, None)
    except (AttributeError, TypeError, KeyError, IndexError) as cause:
        raise ValueError(f"a record lacks what each has: {type(cause).__name__}") from None


def _record(record: Any, number: int, encoding: str, main_text: bool) -> Iterator[Row | NotRead]:
    kind = str(record.rec_type)
    if kind == "metadata" and "json" in (record.rec_headers.get_header("Content-Type") or ""):
        yield from _wat(record, number)
        return
    if kind not in ("response", "resource", "conversion"):
        yield NotRead(
            number, f"a record of type {kind if kind in _WITHOUT_TEXT else 'that the standard does not have'}"
        )
        return
    stated = record.http_headers or record.rec_headers
    media, _, parameters = (stated.get_header("Content-Type") or "").casefold().partition(";")
    media = media.strip()
    if media not in _PAGES and not media.startswith("text/"):
        yield NotRead(number, f"a record of content {media[:60] or 'of no stated type'}")
        return
    raw = record.content_stream().read(MOST + 1)
    if len(raw) > MOST:
        yield NotRead(number, f"a document larger than {MOST >> 20} MiB")
        return
    charset = parameters.rpartition("charset=")[2].strip(" \"'") if "charset=" in parameters else encoding
    for found in _texts(raw, number, media, charset, main_text):
        about = _about(record.rec_headers)
        yield Row(number, {**about, **found.fields}, found.damaged) if isinstance(found, Row) else found


def _texts(raw: bytes, number: int, media: str, encoding: str, main_text: bool) -> Iterator[Row | NotRead]:
    if media in _PAGES and raw.strip():
        yield from html.page(raw, number, main_text=main_text)
        return
    try:
        text, damaged = decoded(raw, encoding)
    except LookupError:  # the server named an encoding that nobody knows
        text, damaged = decoded(raw, "utf-8")
    yield Row(number, {"text": text}, damaged)


def _wat(record: Any, number: int) -> Iterator[Row | NotRead]:
    """What a WAT record says in words (Web Archive Transformation 1.0); addresses, headers and the like are counted."""
    raw = record.content_stream().read(MOST_WAT + 1)
    if len(raw) > MOST_WAT:
        yield NotRead(number, f"a WAT record larger than {MOST_WAT >> 20} MiB")
        return
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        yield NotRead(number, "a WAT record that is no JSON")
        return
    page = _inner(found, "Envelope", "Payload-Metadata", "HTTP-Response-Metadata", "HTML-Metadata")
    if not page:
        yield NotRead(number, "a WAT record of something that is no page")
        return
    head = _inner(page, "Head")
    metas = [
        row for row in _rows(head.get("Metas")) if str(row.get("name") or row.get("property")).casefold() in _WORDS
    ]
    texts = [head.get("Title"), *(row.get("content") for row in metas)]
    texts += [row.get(key) for row in _rows(page.get("Links")) for key in ("text", "alt", "title")]
    about = _about(record.rec_headers)
    kept = [text for text in texts if isinstance(text, str) and text.strip()]
    if isinstance(head.get("Title"), str):
        about["title"] = head["Title"]
    yield NotRead(number, "addresses, headers and other metadata of a page")
    yield Row(number, {**about, "text": "\n".join(kept)})


def _inner(value: Any, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _about(headers: Any) -> dict[str, str]:
    """What the header of a record says of its document."""
    names = {
        "id": "WARC-Record-ID", "url": "WARC-Target-URI", "date": "WARC-Date",
        "language": "WARC-Identified-Content-Language",
    }  # fmt: skip
    return {key: value for key, name in names.items() if (value := headers.get_header(name))}
