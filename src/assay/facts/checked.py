"""A text beside documents: each sentence supported, contradicted, not found or not judged, with the passage and why."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass
from assay.visible import in_line

SCHEMA = "assay-check/2"


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """A document that a text was checked against: its name, its digest, and how many characters were read."""

    name: str
    sha256: str
    characters: int


class Support(StrEnum):
    """What documents say of a sentence."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not found"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Helper:
    """A model that was asked, too, by name and digest (empty: not known), and how it did on claims of known truth.

    `kind` is `judge` or `entailment`. Of `asked` claims half are true: `accepted` of those it accepted, and of the
    others it refused `refused`. It is `heeded` where that is more than guessing gives.
    """

    kind: str
    name: str
    sha256: str
    asked: int
    accepted: int
    refused: int
    heeded: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What helpers make of a sentence beside its passages; None where one says nothing.

    `yes` is a judge's probability of yes against no, and `gain` by how much the sentence is likelier to it after the
    passages (nats a token); `unexpected` is the surprisal there of the least expected word that the documents do not
    have (nats; 0: they have all). `entailed` and `denied` are the greatest probabilities of a model of entailment.
    """

    yes: float | None = None
    gain: float | None = None
    unexpected: float | None = None
    entailed: float | None = None
    denied: float | None = None


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence: its characters, what the documents say of it, and why in words.

    `claims` is False where it says nothing that a document could hold (a question, a heading). `absent` is how
    much of it the documents lack, from 0 to 1, by which sentences can be ranked. The passage that is nearest: which
    document (from 0; -1: none), its characters there, what it says. With helpers: what they say, and the probability
    that it is unsupported, where as many sentences are supported as not.
    """

    start: int
    stop: int
    support: Support
    reason: str
    claims: bool
    absent: float
    document: int
    near_start: int
    near_stop: int
    seen: str
    heard: Heard | None = None
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that was compared with documents: what of them was not read is `missing`, `helpers` were asked, too."""

    schema: str
    assay: str
    name: str
    text: str
    documents: tuple[GivenDocument, ...]
    sentences: tuple[CheckedSentence, ...]
    missing: tuple[str, ...]
    helpers: tuple[Helper, ...] = ()

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {label}" for label in Support if (count := self.count(label)))
        return f"<check of {in_line(self.name)}: {counts or 'no sentence'}>"

    def count(self, support: Support) -> int:
        """How many sentences have this label."""
        return sum(row.support is support for row in self.sentences)

    @property
    def unread(self) -> int:
        """How many sentences say something that could not be judged."""
        return sum(row.support is Support.NOT_JUDGED and row.claims for row in self.sentences)
