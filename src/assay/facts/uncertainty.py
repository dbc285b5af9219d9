"""What a model that runs says about a text: each token's score, the spans and sentences, and how far they are to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """What a runtime can do. Declared is not enough: each is tried when the runtime is opened."""

    SCORE = "score a given text"
    GENERATE = "generate"
    FULL = "the whole distribution of each token"
    ALTERNATIVES = "the likeliest alternatives of each token"
    CHAT = "render a conversation"
    SAMPLE = "draw several answers to one prompt"
    TRACE = "attention and hidden states"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another token that could have stood here, and its log-probability (natural logarithm)."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token of a text: its characters (`start` to `stop`, exclusive), log-probability, and where the runtime gives the whole
    distribution its entropy (nats), the margin to the likeliest other token (in log-probability, negative if that is likelier), and its rank from 1.
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
    """One drawn answer: its text, the sum of its tokens' log-probabilities (of the distribution at temperature 1; None: not known), how many tokens, and
    which of the meanings among the samples it has (from 0; -1: not told apart).
    """

    text: str
    logprob: float | None
    tokens: int
    meaning: int = -1


class SpanKind(StrEnum):
    """What a span is, by a light rule: what can be made up."""

    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    QUOTE = "quotation"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: kind, characters, and how surprised the model is by it.

    `surprise` is the greatest negative log-probability of its tokens, `onset` that of its first token, both in nats; `entropy` is the greatest
    of its tokens where it is known.
    """

    kind: SpanKind
    start: int
    stop: int
    surprise: float
    onset: float
    entropy: float | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its characters, the greatest surprise of its spans (nats), and the place of the span that has it (-1: none)."""

    start: int
    stop: int
    surprise: float
    span: int


@dataclass(frozen=True, slots=True)
class Score:
    """One number about a whole text: its name, value, unit, where it was published, and what it cost beyond reading the text once."""

    id: str
    value: float
    unit: str
    source: str
    cost: str


@dataclass(frozen=True, slots=True)
class Risk:
    """How often answers of this score were wrong in a calibration: the share, the score it goes by, the pack, and how many questions.

    `unlike` says in which way this text is not like those of the calibration (empty: in none that was looked at).
    """

    rate: float
    score: str
    pack: str
    count: int
    unlike: str


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """A document that a text was held against: its name, digest, and characters that were looked at."""

    name: str
    sha256: str
    characters: int


@dataclass(frozen=True, slots=True)
class Grounding:
    """A sentence beside the documents that were given.

    `unsupported` is what assay's checker gives (0 to 1), `words` the share of its weighted words in the sentence of the documents that is nearest: which document (from 0; -1:
    none), its characters, what it says. `missing` are names and numbers that no document has. `gain` is by how many nats a token becomes likelier on average
    when the model reads the documents first.
    """

    start: int
    stop: int
    unsupported: float
    words: float
    document: int
    near_start: int
    near_stop: int
    seen: str
    missing: tuple[str, ...]
    gain: float | None


@dataclass(frozen=True, slots=True)
class Held:
    """How often corpora hold a name or number of the text, and in how many documents (`complete`: all places were looked at)."""

    start: int
    stop: int
    count: int
    documents: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names or numbers of a sentence, and in how many documents of the corpora both stand; `example` is one of them."""

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
    """A part of a text that the model is sure of and that nothing which was given bears out: its characters, and why."""

    start: int
    stop: int
    because: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """A sentence under a filter of claims: its score on its own after the prompt (None: it cannot be scored), and `alpha` of the strictest promise under which it
    stays (None: it is left out under each): at most that share of texts then keeps a false claim.
    """

    start: int
    stop: int
    score: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text and what a model thinks of it: by which runtime, after which prompt, token by token, in spans, sentences and as a whole.

    `risk` is None where no calibration says what error rate goes with the score. `missing` says what this runtime cannot know.
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
    scores: tuple[Score, ...]
    samples: tuple[Sample, ...]
    documents: tuple[GivenDocument, ...]
    grounding: tuple[Grounding, ...]
    known: Known | None
    marks: tuple[Mark, ...]
    filtered: tuple[Filtered, ...]
    risk: Risk | None
    missing: tuple[str, ...]
