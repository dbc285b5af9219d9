"""What a corpus is made of: documents, their licences, and the record of the whole."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from assay.facts.section import SectionKind
from assay.lazy import dataclass


class LicenceBasis(StrEnum):
    """Who says under which licence a document stands."""

    DOCUMENT = "document"
    DATASET_CARD = "dataset card"
    CROISSANT = "Croissant file"
    ASSERTED = "asserted by the user"
    UNKNOWN = "unknown"


class LicenceClass(StrEnum):
    """What a licence asks for, from nothing to what a person must look at; copyleft counts as share-alike."""

    PERMISSIVE = "permissive"
    ATTRIBUTION = "attribution"
    SHARE_ALIKE = "share-alike"
    NON_COMMERCIAL = "non-commercial"
    NO_DERIVATIVES = "no-derivatives"
    RESTRICTED = "restricted"
    CONFLICTING = "conflicting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as written, as an SPDX expression (empty: not known to be one), who says so, and what it asks for."""

    written: str
    spdx: str
    basis: LicenceBasis
    kind: LicenceClass


@dataclass(frozen=True, slots=True)
class Document:
    """A document and where it came from; `sha256` is of its text as UTF-8, `row` counts from 1 in `input`."""

    id: str
    dataset: str
    stage: str
    url: str
    title: str
    licence: Licence
    date: str
    language: str
    sha256: str
    input: str
    row: int
    words: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Input that is not in the corpus: why, how often, and up to 20 positions (`file:row`)."""

    reason: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetShare:
    """What one dataset adds to a corpus under one licence: documents, words, first and last date of those dated, bytes.

    `bytes` of text as UTF-8 are 0 in a corpus that was built before they were counted.
    """

    dataset: str
    licence: Licence
    documents: int
    words: int
    first_date: str
    last_date: str
    bytes: int


@dataclass(frozen=True, slots=True)
class CorpusRecord:
    """A corpus in figures.

    `sha256` is of its manifest, which names every file by digest; removed documents still count in `documents` and
    `words`. `unasked` says why it gave no answer, or not to every question: what was not found is then unknown.
    `remark` says what else has to be known of its answers.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("corpora", 2, many=True)

    name: str
    sha256: str
    documents: int
    words: int
    bytes: int
    removed: int
    datasets: tuple[DatasetShare, ...]
    skipped: tuple[Skipped, ...]
    unasked: str | None = None
    remark: str | None = None
