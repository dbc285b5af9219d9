"""Rows into documents: which field is the licence, the date, the source, by option or else by usual names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from assay.corpus.content import content
from assay.corpus.inputs import Input
from assay.corpus.pile import LICENCES
from assay.corpus.row import Row
from assay.facts.corpus import Document
from assay.lazy import dataclass
from assay.licence.name import named
from assay.licence.statement import of_document

MOST_VALUE = 2000  # characters of a field other than the text
EACH = "\x1e"  # between the licences of a list: the record separator of ASCII
MOST_NAME = 80  # characters of the name of a field
# field -> the names under which data sets in use have it, the first that a row has counts
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "doc_id", "_id", "uuid", "identifier", "docno"),
    "url": ("url", "source_url", "uri", "link", "permalink", "path"),
    "title": ("title", "name", "heading"),
    "licence": (
        "license",
        "licence",
        "license_spdx",
        "spdx",
        "licenses",
        "licences",
        "detected_licenses",
        "max_stars_repo_licenses",
        "repo_licenses",
        "license_expression",
        "rights",
    ),
    "date": ("date", "created", "published", "timestamp", "date_published", "crawl_timestamp"),
    "language": ("language", "lang", "language_code"),
    "dataset": ("dataset", "pile_set_name", "source", "subset", "corpus", "dataset_name", "collection"),
    "stage": ("stage", "split"),
}
_PART = "pile_set_name"
SAID = (*NAMES, "part")  # what a row says of itself, and whether it names a part of the Pile: the order of `Made.said`


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


@dataclass(frozen=True, slots=True)
class Made:
    """What a row gives: number, texts as UTF-8, values (of a document by SAID), and whether bytes were replaced."""

    number: int
    texts: tuple[bytes, ...]
    said: tuple[str, ...]
    damaged: bool = False


@dataclass(slots=True)
class Guesses:
    """Which field was taken for what and how often, so that it can be shown; and what of the last row was left out."""

    used: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def took(self, name: str, source: str) -> None:
        """Count that `source` was read as `name`."""
        key = f"{name} from {source}"
        self.used[key] = self.used.get(key, 0) + 1

    def reasons(self) -> Iterator[str]:
        """What of the last row is not indexed: field and reason."""
        for name, reason in self.left.items():
            yield f"field {_plain(name)[:MOST_NAME]} not indexed: {reason}"


def made(source: Input, row: Row, fields: Fields, guesses: Guesses) -> Made | str:
    """What a row says of itself as a document, or why it is none.

    `guesses` tells afterwards which fields were read as what, and which part of the row is in neither.
    """
    guesses.left.clear()
    flat = _flat(row.fields, guesses)
    known: set[str] = set()
    value = {name: _value(name, flat, fields, guesses, known) for name in NAMES}
    found = content(flat, fields.names.get("text", ""), known)
    if found.text is None:
        return "no field with text"
    if not found.text or found.text.isspace():
        return "empty text"
    guesses.took("text", "+".join(found.used))
    guesses.left.update(found.left)
    value["id"] = value["id"] or row.name or f"{source.name}:{row.number}"
    value["dataset"] = value["dataset"] or fields.dataset or fields.croissant_name or _folder(source)
    value["part"] = _PART if _PART in known else ""
    return Made(row.number, (found.text.encode("utf-8", "replace"),), tuple(value.values()), row.damaged)


def document(source: Input, found: Made, fields: Fields) -> Document:
    """What is known of a document, from what its row says and what is said of all of them."""
    said = dict(zip(SAID, found.said, strict=True))
    dataset = said["dataset"]
    return Document(
        id=said["id"],
        dataset=dataset,
        stage=said["stage"] or fields.stage,
        url=said["url"] or fields.croissant_url,
        title=said["title"],
        licence=of_document(
            _together(said["licence"]),
            fields.licences.get(dataset, fields.licence),
            LICENCES.get(dataset, "") if said["part"] else source.card,
            fields.croissant_licence,
        ),
        date=said["date"],
        language=said["language"],
        sha256=hashlib.sha256(found.texts[0]).hexdigest(),
        input=source.name,
        row=found.number,
        words=0,
    )


def _folder(source: Input) -> str:
    """The first folder below the input, else the file's name without its ending."""
    first, separator, _ = source.name.partition("/")
    return first if separator else first.partition(".")[0]


def _flat(fields: Mapping[str, Any], guesses: Guesses) -> dict[str, Any]:
    """The fields with those of `metadata` and `meta` beside them; the row's own come first."""
    flat = dict(fields)
    for outer in ("meta", "metadata"):
        inner = flat.get(outer)
        if not isinstance(inner, Mapping):
            continue
        del flat[outer]
        for name, value in inner.items():
            if name in flat:
                guesses.left[f"{outer}.{name}"] = "the row has another field of this name"
            else:
                flat[name] = value
    return flat


def _value(name: str, flat: Mapping[str, Any], fields: Fields, guesses: Guesses, known: set[str]) -> str:
    given = fields.names.get(name)
    for source in (given,) if given else NAMES[name]:
        if source not in flat:  # most rows have few fields, and there may be millions
            continue
        written = _listed(flat[source]) if name == "licence" else _written(flat[source])
        if written:
            guesses.took(name, source)
            known.add(source)
            if len(written) > MOST_VALUE:
                guesses.left[source] = f"what follows after {MOST_VALUE:,} characters"
            return written[:MOST_VALUE]
    return ""


def _written(value: object) -> str:
    if value is None or isinstance(value, bool | Mapping):
        return ""
    if isinstance(value, list):
        return ", ".join(_plain(entry) for entry in value[:MOST_VALUE])
    return _plain(value)


def _listed(value: object) -> str:
    """A licence; of a list each, with EACH between two: what they are called is looked up where files can be read."""
    if not isinstance(value, list):
        return _written(value)
    return EACH.join(dict.fromkeys(text for entry in value if (text := _written(entry).replace(EACH, " "))))


def _together(text: str) -> str:
    """The licence of a list: all hold, since each was found in what the document is a part of."""
    each = text.split(EACH)
    if len(each) < 2:
        return text
    known = [named(entry) or entry for entry in each]
    return " AND ".join(f"({entry})" if " OR " in entry else entry for entry in known)


def _plain(value: object) -> str:
    return " ".join(str(value).encode("utf-8", "replace").decode().split())
