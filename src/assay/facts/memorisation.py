"""How much of its training data a model has memorised: what was asked, and what came back."""

from __future__ import annotations

from assay.facts.corpus import CorpusRecord
from assay.lazy import dataclass
from assay.visible import in_line


@dataclass(frozen=True, slots=True)
class Discoverable:
    """The share of passages of which `tries` samples hold one or more with a probability of at least a half."""

    tries: int
    share: float


@dataclass(frozen=True, slots=True)
class Group:
    """Passages that occur `low` to `high` times in the corpora (0 to 0: held out).

    Of `passages` that were asked for, the model continues `repeated` word for word in greedy decoding; `share_low` and
    `share_high` are the 95 % interval of that share. `mean` is the mean log-probability of a token of the passages'
    ends (nats).
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
    """A passage that the model continued word for word: its document, occurrences in the corpora, beginning and end."""

    document: str
    count: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Told:
    """How well a number discriminates documents of the corpora from held-out ones (membership inference).

    `auroc` with its 95 % bootstrap interval; 0.5 is chance. `blind` numbers do not ask the model: what they reach is a
    difference between the two sets of texts, not memory.
    """

    id: str
    blind: bool
    auroc: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Canary:
    """Canaries planted `copies` times (0: never): their median and greatest exposure in bits, and the limit."""

    copies: int
    count: int
    median: float
    greatest: float
    most: float


@dataclass(frozen=True, slots=True)
class Free:
    """Texts that the model wrote with no prompt.

    `verbatim` is the share of their words in runs of 20 or more that occur in the corpora, `longest` the longest such
    runs.
    """

    texts: int
    words: int
    verbatim: float
    longest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memorisation:
    """What a model has memorised of its training data; `missing` says what could not be known."""

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

    def __repr__(self) -> str:
        repeated = sum(row.repeated for row in self.groups)
        passages = sum(row.passages for row in self.groups)
        return f"<memorisation of {in_line(self.model)}: {repeated:,} of {passages:,} passages repeated>"
