"""A model's scores calibrated on labelled questions: the error rate at each score, and which can be guaranteed."""

from __future__ import annotations

from typing import ClassVar

from assay.facts.section import SectionKind
from assay.lazy import dataclass
from assay.visible import in_line

MOST_TOKENS = 16  # of an answer to a labelled question: question sets ask for few words


@dataclass(frozen=True, slots=True)
class Question:
    """A labelled question.

    The model continues `prompt`, which ends in the question `asked`; one of `answers` is right, and where there are
    none nobody can know.
    """

    id: str
    prompt: str
    answers: tuple[str, ...]
    topic: str
    asked: str

    @property
    def answerable(self) -> bool:
        """Whether there is a right answer."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class Value:
    """A score by name."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, the model's answer to it, whether that is right, and the scores of the answer.

    `accepted` are right answers, three at most; where a question cannot be answered, right is to decline. `state` is
    what a probe sees (see `runtime.Trace`), to three decimals, where the runtime shows it.
    """

    id: str
    topic: str
    asked: str
    text: str
    accepted: tuple[str, ...]
    right: bool
    answerable: bool
    scores: tuple[Value, ...]
    state: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Worth:
    """How well a score discriminates wrong answers from right ones.

    AUROC with its 95 % bootstrap interval, area under the precision-recall curve of errors, prediction-rejection ratio
    (1: perfect, 0: chance). `within` is the AUROC within topics: of pairs of a wrong and a right answer of one topic
    (None: there are none).
    """

    score: str
    auroc: float
    low: float
    high: float
    auprc: float
    prr: float
    within: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A guaranteed error rate for questions like those of the set.

    With probability 1 - `delta` over the calibration, at most a share `alpha` of the answers whose score is at most
    `threshold` is wrong. `threshold` is None where the sample does not allow it; `answered` is the share of questions
    that remain.
    """

    alpha: float
    delta: float
    threshold: float | None
    answered: float
    errors: int
    count: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of questions: how many, and how many were answered wrongly."""

    name: str
    count: int
    errors: int


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """What the model did with questions that nobody can answer.

    `declined` of `count`; `auroc` (with its 95 % bootstrap interval) says how well the score discriminates its answers
    to them from those to the others. `kept` is the share of them that would be answered at the threshold of the loosest
    guarantee (None: there is none).
    """

    count: int
    declined: int
    auroc: float
    low: float
    high: float
    kept: float | None


@dataclass(frozen=True, slots=True)
class TopicPromise:
    """A guarantee that holds within a topic."""

    topic: str
    promise: Promise


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of calibrated questions, names and common words aside, by which an unlike one is noticed.

    `noticed` is the share of questions that are called unlike when their topic is left out (None: there is one topic),
    `mistaken` the share when only the question itself is.
    """

    words: tuple[str, ...]
    noticed: float | None
    mistaken: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model calibrated on labelled questions.

    Bound to the digests of model and question set, the runtime, the number of items, and how answers were sampled
    (`samples` 0: they were not). `steps` is the error rate at or below each score, not falling (isotonic); `ece` and
    `brier` are of held-out folds. `promises` are guarantees by learn-then-test with a Bonferroni correction over a grid
    of thresholds that does not look at labels; `topic_promises` are the same, each within its topic. `count` and
    `errors` are of questions that can be answered; `guessing` is the share of errors of always giving the commonest
    answer of a topic. `vocabulary` tells questions that are unlike these.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("risk", 1)

    schema: str
    assay: str
    model: str
    sha256: str
    runtime: str
    pack: str
    pack_sha256: str
    samples: int
    temperature: float
    seed: int
    count: int
    errors: int
    guessing: float
    score: str
    worth: tuple[Worth, ...]
    steps: tuple[Point, ...]
    reliability: tuple[Point, ...]
    coverage: tuple[Point, ...]
    ece: float
    brier: float
    promises: tuple[Promise, ...]
    topics: tuple[Topic, ...]
    topic_promises: tuple[TopicPromise, ...]
    unanswerable: Unanswerable | None
    confident_errors: tuple[Answered, ...]
    scores: tuple[float, ...]
    vocabulary: Vocabulary

    def __repr__(self) -> str:
        return f"<calibration of {in_line(self.model)}: {self.errors:,} of {self.count:,} answers wrong>"


@dataclass(frozen=True, slots=True)
class NotRun:
    """The model was to be run and could not be, and why."""

    reason: str
