"""How sure a model is of a text: scores of tokens, spans, sentences and the whole, and the risk that goes with them."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from assay.facts.checked import CheckedSentence, GivenDocument
from assay.lazy import dataclass
from assay.visible import in_line

SHORT, SENTENCE = "asked for shortly", "in a sentence"  # in which form a text was read


class Capability(StrEnum):
    """What a runtime can do. Declared is not enough: each is tried when the runtime is opened."""

    SCORE = "score a given text"
    GENERATE = "generate"
    FULL = "the whole distribution of each token"
    ALTERNATIVES = "the likeliest alternatives of each token"
    CHAT = "render a conversation"
    SAMPLE = "sample several answers to one prompt"
    TRACE = "attention and hidden states"


class Ran(Protocol):
    """A model that ran, or a record of one."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def sha256(self) -> str:
        """The digest of its files, or nothing where it cannot be known."""


def identity(ran: Ran) -> str:
    """What identifies the model of a run: the digest of its files; its name where an endpoint shows none of them."""
    return ran.sha256 or ran.model


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another token that could have stood here, and its log-probability (natural logarithm)."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A token of a text: its characters (`start` to `stop`, exclusive) and its log-probability.

    Where the runtime gives the whole distribution also its `entropy` (nats), the `margin` to the likeliest other token
    (in log-probability, negative if that is likelier), and its `rank` from 1.
    """

    text: str
    start: int
    stop: int
    logprob: float
    entropy: float | None
    margin: float | None
    rank: int | None
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sampled answer.

    `logprob` is the sum of its tokens' log-probabilities at temperature 1 (None: not known), `meaning` the cluster of
    samples that say the same (from 0; -1: they were not clustered).
    """

    text: str
    logprob: float | None
    tokens: int
    meaning: int = -1


class SpanKind(StrEnum):
    """The kind of a span, by a light rule: what a model can invent."""

    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    QUOTE = "quotation"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: its kind, its characters, and its surprisal under the model.

    `surprise` is the greatest negative log-probability of its tokens, `onset` that of its first token, both in nats;
    `entropy` is the greatest of its tokens where it is known.
    """

    kind: SpanKind
    start: int
    stop: int
    surprise: float
    onset: float
    entropy: float | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its characters, the greatest surprisal of its spans (nats), and the index of that span (-1: none)."""

    start: int
    stop: int
    surprise: float
    span: int


@dataclass(frozen=True, slots=True)
class Score:
    """A score of a whole text: name, value, unit, publication, and its cost beyond reading the text once."""

    id: str
    value: float
    unit: str
    source: str
    cost: str


@dataclass(frozen=True, slots=True)
class Risk:
    """The error rate of answers with this score in a calibration: which score, question set, number of questions.

    `unlike` says in which way this text is not like those of the calibration (empty: in none that was looked at).
    """

    rate: float
    score: str
    pack: str
    count: int
    unlike: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """What the given documents say of a sentence.

    `gain` is by how many nats a token becomes likelier on average when the model reads the documents first (None: not
    known).
    """

    sentence: CheckedSentence
    gain: float | None


@dataclass(frozen=True, slots=True)
class Held:
    """How often corpora hold a name or number of the text, and in how many documents (`complete`: all were counted)."""

    start: int
    stop: int
    count: int
    documents: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names or numbers of a sentence, and how many documents of the corpora hold both; `example` is one of them."""

    start: int
    stop: int
    other_start: int
    other_stop: int
    documents: int
    example: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What corpora hold of the names, numbers, dates and quotations of a text."""

    corpora: tuple[str, ...]
    sha256: tuple[str, ...]
    held: tuple[Held, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text that the model is sure of and that nothing given supports: its characters, and why."""

    start: int
    stop: int
    because: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """A sentence under a filter of claims.

    `score` is that of the sentence on its own after the prompt (None: it cannot be scored). `alpha` is that of the
    strictest guarantee under which it stays (None: none): at most that share of texts then keeps a false claim.
    """

    start: int
    stop: int
    score: float | None
    alpha: float | None


class Label(StrEnum):
    """What was found of a sentence. The reason beside it says by what: the model alone, other answers, documents."""

    SUPPORTED = "supported"
    DOUBTFUL = "doubtful"
    CONTRADICTED = "contradicted"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence with its label, and why, in words.

    `value` is what it was compared by with what is usual for the model (nats; None: with nothing).
    """

    start: int
    stop: int
    label: Label
    because: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Usual:
    """How right and invented answers to assay's own questions score with a model, read once.

    `form` says how they were read: "asked for shortly" (nats, less what is usual after a question about nothing), or
    "in a sentence" (the greatest negative log-probability of a token of an answer, nats). `right` and `invented` are 21
    quantiles each, from the lowest to the greatest. `auroc`, with its 95 % bootstrap interval, says how well the value
    separates the two; a tenth of the right answers lies above `doubtful`.
    """

    questions: str
    sha256: str
    form: str
    count: int
    right: tuple[float, ...]
    invented: tuple[float, ...]
    auroc: float
    low: float
    high: float
    doubtful: float

    def above(self, value: float) -> tuple[float, float]:
        """(the share of right answers, of invented ones) that lie below a value."""
        return _share(self.right, value), _share(self.invented, value)


def _share(quantiles: tuple[float, ...], value: float) -> float:
    """The share of a distribution below a value, by its quantiles in equal steps."""
    return sum(row < value for row in quantiles) / len(quantiles)


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text scored by a model: token by token, in spans, in sentences and as a whole, after a prompt.

    `judged` has a label for each sentence. `usual` is what is usual for the model (None: not known), `risk` None where
    no calibration says what error rate goes with the score. `missing` says what this runtime cannot know.
    """

    model: str
    sha256: str
    runtime: str
    prompt: str
    text: str
    generated: bool
    tokens: tuple[TokenScore, ...]
    spans: tuple[Span, ...]
    sentences: tuple[Sentence, ...]
    judged: tuple[Judged, ...]
    scores: tuple[Score, ...]
    samples: tuple[Sample, ...]
    documents: tuple[GivenDocument, ...]
    grounding: tuple[Grounding, ...]
    known: Known | None
    marks: tuple[Mark, ...]
    filtered: tuple[Filtered, ...]
    usual: Usual | None
    risk: Risk | None
    missing: tuple[str, ...]

    def __repr__(self) -> str:
        counts = f"{len(self.tokens):,} tokens, {len(self.sentences):,} sentences"
        return f"<text scored by {in_line(self.model)}: {counts}>"
