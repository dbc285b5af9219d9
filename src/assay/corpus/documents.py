"""Rows into documents: which field is the text, the licence, the date, the source, by option or else by usual names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.corpus.inputs import Input
from assay.corpus.rows import Row
from assay.facts.corpus import Document
from assay.licence.statement import of_document

MOST_VALUE = 2000  # characters of a field other than the text
# field -> the names under which data sets in use have it, the first that a row has counts
NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "content", "raw_content", "body", "document", "page_content", "markdown", "code", "contents"),
    "id": ("id", "doc_id", "_id", "uuid", "identifier", "docno"),
    "url": ("url", "source_url", "uri", "link", "permalink", "path"),
    "title": ("title", "name", "heading"),
    "licence": ("license", "licence", "license_spdx", "spdx", "detected_licenses"),
    "date": ("date", "created", "published", "timestamp", "date_published", "crawl_timestamp"),
    "language": ("language", "lang", "language_code"),
    "dataset": ("dataset", "source", "subset", "corpus", "dataset_name"),
    "stage": ("stage", "split"),
}
# rows of fine-tuning data have no text of their own: their parts are joined by empty lines
_TURNS = ("messages", "conversations", "conversation", "dialog", "turns")
_SPOKEN = ("content", "value", "text")
_PARTS = (
    ("instruction", "input", "output"),
    ("instruction", "context", "response"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "chosen"),
    ("question", "answer"),
    ("question", "response"),
    ("query", "response"),
    ("inputs", "targets"),
)


@dataclass(frozen=True, slots=True)
class Fields:
    """How rows become documents: names of fields given by the user, and what holds for all of them.

    `licences` maps dataset to licence as the user asserts it; the `croissant_` fields are what a Croissant file says.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    dataset: str = ""
    stage: str = ""
    licence: str = ""
    licences: Mapping[str, str] = field(default_factory=dict)
    croissant_name: str = ""
    croissant_licence: str = ""
    croissant_url: str = ""


@dataclass(slots=True)
class Guesses:
    """Which field was taken for what, and how often, so that it can be shown."""

    used: dict[str, int] = field(default_factory=dict)

    def took(self, name: str, source: str) -> None:
        """Count that `source` was read as `name`."""
        key = f"{name} from {source}"
        self.used[key] = self.used.get(key, 0) + 1


def made(source: Input, row: Row, fields: Fields, guesses: Guesses) -> tuple[bytes, Document] | str:
    """The text of a document as UTF-8 and what is known of it, or why the row is none."""
    whole = source.kind in ("text", "html")
    flat = row.fields if whole else _flat(row.fields)
    text = _text(flat, fields, guesses)
    if text is None:
        return "no field with text"
    if not text or text.isspace():
        return "empty text"
    raw = text.encode("utf-8", "replace")
    value = {name: _value(name, flat, fields, guesses) for name in NAMES if name != "text"}
    dataset = value["dataset"] or fields.dataset or fields.croissant_name or _folder(source)
    digest = hashlib.sha256(raw).hexdigest()
    return raw, Document(
        id=value["id"] or (source.name if whole else f"{source.name}:{row.number}"),
        dataset=dataset,
        stage=value["stage"] or fields.stage,
        url=value["url"] or fields.croissant_url,
        title=value["title"],
        licence=of_document(
            value["licence"], fields.licences.get(dataset, fields.licence), source.card, fields.croissant_licence
        ),
        date=value["date"],
        language=value["language"],
        sha256=digest,
        input=source.name,
        row=row.number,
        words=0,
    )


def _folder(source: Input) -> str:
    """The first folder below the input, else the file's name without its ending."""
    first, separator, _ = source.name.partition("/")
    return first if separator else first.partition(".")[0]


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those of `metadata` and `meta` beside them; the row's own come first."""
    flat: dict[str, Any] = {}
    for name in ("metadata", "meta"):
        inner = fields.get(name)
        if isinstance(inner, Mapping):
            flat |= inner
    return flat | dict(fields)


def _text(flat: Mapping[str, Any], fields: Fields, guesses: Guesses) -> str | None:
    given = fields.names.get("text")
    if given:
        found = flat.get(given)
        if isinstance(found, str):
            guesses.took("text", given)
            return found
        return None if found is None else _turns(found)
    for name in NAMES["text"]:
        if isinstance(flat.get(name), str):
            guesses.took("text", name)
            return str(flat[name])
    for name in _TURNS:
        spoken = _turns(flat.get(name))
        if spoken is not None:
            guesses.took("text", name)
            return spoken
    for parts in _PARTS:
        if isinstance(flat.get(parts[0]), str) and isinstance(flat.get(parts[-1]), str):
            guesses.took("text", "+".join(parts))
            return "\n\n".join(str(flat[part]) for part in parts if isinstance(flat.get(part), str) and flat[part])
    return None


def _turns(value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return None
    spoken: list[str] = []
    for turn in value:
        if isinstance(turn, str):
            spoken.append(turn)
        elif isinstance(turn, Mapping):
            spoken += [str(turn[name]) for name in _SPOKEN if isinstance(turn.get(name), str)][:1]
    return "\n\n".join(spoken) if spoken else None


def _value(name: str, flat: Mapping[str, Any], fields: Fields, guesses: Guesses) -> str:
    given = fields.names.get(name)
    for source in (given,) if given else NAMES[name]:
        written = (
            _written(flat[source]) if source in flat else ""
        )  # most rows have few fields, and there may be millions
        if written:
            guesses.took(name, source)
            return written[:MOST_VALUE]
    return ""


def _written(value: object) -> str:
    if value is None or isinstance(value, bool | Mapping):
        return ""
    if isinstance(value, list):
        return ", ".join(_plain(entry) for entry in value[:20])
    return _plain(value)


def _plain(value: object) -> str:
    return " ".join(str(value).encode("utf-8", "replace").decode().split())
