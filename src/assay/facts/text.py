"""What the texts of a model say: templates, cards, licences."""

from __future__ import annotations

from enum import StrEnum

from assay.facts.licence import Clause
from assay.lazy import dataclass


class Construct(StrEnum):
    """A construct of a chat template that a reviewer should see."""

    SYNTAX = "syntax"
    PRIVATE = "private attribute"
    INCLUDE = "include"
    UNKNOWN_NAME = "unknown name"
    COSTLY_LOOP = "costly loop"
    CLOCK = "clock"
    CONTENT_GATE = "content gate"
    INVISIBLE = "invisible characters"


@dataclass(frozen=True, slots=True)
class Mark:
    """One construct in a template: what it is, on which line (from 1), and the text that is it."""

    construct: Construct
    line: int
    seen: str


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A prompt template, where it was found (JSON pointer or metadata key), and its noteworthy constructs."""

    artifact: str
    pointer: str
    name: str
    source: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document, by its heading.

    `line` is where it starts (from 1), `words` how many follow, `denied` the line of the first sentence that denies or
    withholds something (None: none does), `numbers` how many table rows hold numbers.
    """

    title: str
    line: int
    words: int
    denial: int | None = None
    figures: int = 0


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim as written in a card: the key, the text, and its line (from 1)."""

    key: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model card: front-matter claims, sections, and sentences that speak about data or limits.

    `claims` holds one entry for each front-matter value that assay reads (`license`, `license_name`,
    `base_model`, `base_model_relation`, `datasets`, `metrics`, `library_name`, `language`, `parameters`,
    `tokens`, `data_cutoff`, `result`, `gated`, `gated_field`, `sample_output`), repeated for lists, and what the prose
    states where it says nothing (`formats/_card_prose.py`). `terms` are the sentences that ask something of users which
    the licence it names may not.
    """

    artifact: str
    claims: tuple[Stated, ...]
    sections: tuple[Section, ...]
    words: int
    terms: tuple[Clause, ...] = ()

    def stated(self, key: str) -> tuple[Stated, ...]:
        """Every claim under `key`, in the order written."""
        return tuple(claim for claim in self.claims if claim.key == key)


class DifferenceKind(StrEnum):
    """How a licence text differs from the licence it holds."""

    INSERTED = "inserted"
    MISSING = "missing"
    BESIDE = "beside it"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference: its line (from 1), how many words, and what they are (of missing ones, which of the licence)."""

    kind: DifferenceKind
    line: int
    words: int
    text: str


@dataclass(frozen=True, slots=True)
class LicenceText:
    """A licence or notice file: the licences that it holds (SPDX-style ids).

    `shares` are in percent, `words` is the length. `differences` are places in which the text is not that of its
    licences; names and years are none. `complete` is True for a text that holds known licences and differs in none.
    `by_title` are those of `identified` that the text only calls itself or declares; they were not compared. `nearest`
    is the known licence that the text is like without being it (empty: none), from which it differs in `apart`
    passages. `opening` are the first words of the page. `clauses` are what the text seems to withhold: of a licence
    with changes what was put into it, of a text that was compared with none all of it.
    """

    artifact: str
    identified: tuple[str, ...]
    complete: bool
    words: int
    first_line: str
    notice: bool
    shares: tuple[int, ...] = ()
    differences: tuple[Difference, ...] = ()
    nearest: str = ""
    by_title: tuple[str, ...] = ()
    apart: int = 0
    opening: str = ""
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenceSource:
    """The words of a licence file, for the dossier to keep (cut at 20,000 characters)."""

    artifact: str
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class PublisherClaims:
    """What a weight file's own metadata states about origin, or REUSE about weights: (key, text) pairs such as
    `general.license`.
    """

    artifact: str
    claims: tuple[Stated, ...]

    def stated(self, key: str) -> tuple[Stated, ...]:
        """Every claim under `key`, in the order written."""
        return tuple(claim for claim in self.claims if claim.key == key)


class Conduct(StrEnum):
    """What a chat template was seen to do when it was rendered."""

    ALTERS = "alters what was said"
    DROPS = "drops what was said"
    DEPENDS = "adds text depending on what was said"
    DATED = "depends on the date beyond naming it"
    COUNTS = "treats turns of the same kind differently"
    PREFILLS = "begins the answer"
    INVISIBLE = "adds invisible characters"
    EXHAUSTS = "takes more work than a prompt needs"


@dataclass(frozen=True, slots=True)
class Conducted:
    """One thing that a template did: what, in one sentence, what set it off, and how many other probes did so too."""

    conduct: Conduct
    message: str
    trigger: str
    more: int


@dataclass(frozen=True, slots=True)
class TemplateTrial:
    """A chat template rendered on made-up conversations: how many times, why not (empty: it was), and what it did.

    `before` and `after` are the 64 characters around a user's message; `fields` the parts of a message that reach the
    prompt as plain text.
    """

    artifact: str
    pointer: str
    renders: int
    stopped: str
    conducts: tuple[Conducted, ...]
    before: str
    after: str
    fields: tuple[str, ...]


def untried(template: ChatTemplate, why: str) -> TemplateTrial:
    """The record of a template that was not rendered."""
    return TemplateTrial(template.artifact, template.pointer, 0, why[:300], (), "", "", ())


class TextMarkKind(StrEnum):
    """What a text holds that does not belong in a published model."""

    SECRET = "credential"  # noqa: S105 - a kind, not a password
    NETWORK = "network address"


@dataclass(frozen=True, slots=True)
class TextMark:
    """A credential or network address in a text: its line (from 1), and what was seen, credentials blotted out."""

    artifact: str
    kind: TextMarkKind
    what: str
    line: int
    seen: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file that was searched whole: how many lines."""

    artifact: str
    lines: int
