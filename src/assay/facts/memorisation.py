"""How much of its training data a model repeats: what was asked, and what came back."""

from __future__ import annotations

from dataclasses import dataclass

from assay.facts.corpus import CorpusRecord


@dataclass(frozen=True, slots=True)
class Discoverable:
    """The share of passages that at least one of `tries` random answers repeats with a chance of a half or more."""

    tries: int
    share: float


@dataclass(frozen=True, slots=True)
class Group:
    """Passages that occur `low` to `high` times in the corpora (0 to 0: held out), how many were asked for, and how many the model goes on with word for word when it always takes the
    likeliest token; `share_low` and `share_high` are the 95 % interval of that share. `mean` is the mean log-probability of a token of the passages' ends (nats).
    """

    low: int
    high: int
    passages: int
    repeated: int
    share_low: float
    share_high: float
    mean: float
    discoverable: tuple[Discoverable, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A passage that the model went on with word for word: the document, how often the corpora hold it, its beginning and its end."""

    document: str
    count: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Told:
    """How well a number tells documents of the corpora from held-out ones: area under the ROC curve with its 95 % bootstrap interval (0.5: not at all).

    `blind` numbers do not ask the model: what they reach is a difference between the two sets of texts, not memory.
    """

    id: str
    blind: bool
    auroc: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Canary:
    """Canaries planted `copies` times (0: never): how many, their median and greatest exposure in bits, and the most that could be shown."""

    copies: int
    count: int
    median: float
    greatest: float
    most: float


@dataclass(frozen=True, slots=True)
class Free:
    """Texts that the model wrote with no prompt: how many, their words, the share of words in runs of 20 or more that stand in the corpora, and the longest such runs."""

    texts: int
    words: int
    verbatim: float
    longest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memorisation:
    """A model beside its training data. `missing` says what could not be known."""

    schema: str
    assay: str
    model: str
    sha256: str
    runtime: str
    corpora: tuple[CorpusRecord, ...]
    prefix: int
    suffix: int
    seed: int
    groups: tuple[Group, ...]
    held_out: Group | None
    repeated: tuple[Repeated, ...]
    told: tuple[Told, ...]
    canaries: tuple[Canary, ...]
    free: Free | None
    missing: tuple[str, ...]
