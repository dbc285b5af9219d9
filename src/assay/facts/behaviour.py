"""What a model does when it is asked for something: the answer of each probe, with its intervals and its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from assay.facts.section import SectionKind
from assay.lazy import dataclass


class Unit(StrEnum):
    """What an estimate is counted in."""

    SHARE = "share"
    NATS = "nats"
    AREA = "AUROC"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number of a probe with its 95 % interval, over `count` tries.

    `name` says of what, as a noun phrase. `chance` is what a model that does not have the behaviour would give (None:
    there is no such value, the number describes).
    """

    id: str
    name: str
    value: float
    low: float
    high: float
    unit: Unit
    count: int
    chance: float | None = None

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out the value of chance, so that something was measured at all."""
        return self.count > 0 and (self.chance is None or not self.low <= self.chance <= self.high)

    def number(self, value: float) -> str:
        """A value in the unit of the estimate, in words."""
        if self.unit is Unit.SHARE:
            return f"{100 * value:.0f} %"
        return f"{value:+.2f} nats" if self.unit is Unit.NATS else f"{value:.2f}"

    @property
    def words(self) -> str:
        """Value, interval and tries; where the interval holds the value of chance, that nothing can be measured."""
        if not self.count:
            return f"{self.name}: nothing could be tried"
        said = f"{self.name}: {self.number(self.value)} ({self.number(self.low)} to {self.number(self.high)}"
        said = f"{said}, n {self.count:,})"
        if self.shown or self.chance is None:
            return said
        return f"{said}: not measurable, for chance ({self.number(self.chance)}) lies within"

    @property
    def above(self) -> bool:
        """Whether the whole interval lies above the value of chance."""
        return self.shown and self.chance is not None and self.low > self.chance


@dataclass(frozen=True, slots=True)
class Detector:
    """How well the rule that reads answers does on labelled answers that come with assay and it was not made with.

    Of `items` texts it says yes to `hits` rightly and to `false` wrongly, and misses `missed`.
    """

    name: str
    items: int
    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of right ones among what it says yes to; 0 where it says yes to none."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 0.0

    @property
    def recall(self) -> float:
        """The share that it finds of what is there; 0 where nothing is."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 0.0


@dataclass(frozen=True, slots=True)
class Instance:
    """One case of what was found: what was asked, what came back, and what is seen in it."""

    asked: str
    answered: str
    seen: str


@dataclass(frozen=True, slots=True)
class Probed:
    """What one probe found.

    `said` is the finding in one sentence, `limits` what it does not show. `reason` says why it cannot be known (empty:
    it was measured). `detector` is None where numbers are read that need no rule, such as log-probabilities.
    """

    id: str
    question: str
    said: str
    estimates: tuple[Estimate, ...]
    detector: Detector | None
    instances: tuple[Instance, ...]
    limits: str
    reason: str

    @property
    def known(self) -> bool:
        """Whether it ran."""
        return not self.reason

    def estimate(self, id: str) -> Estimate | None:
        """The estimate of this name, if there is one."""
        return next((row for row in self.estimates if row.id == id), None)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a model did when it was probed: bound to the digests of the model, its base, the questions and the prompts.

    `most` is how many questions a probe asked at most.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("behaviour", 1)

    schema: str
    assay: str
    model: str
    sha256: str
    runtime: str
    base: str
    base_sha256: str
    questions: str
    questions_sha256: str
    prompts_sha256: str
    most: int
    seed: int
    probes: tuple[Probed, ...]

    def probe(self, id: str) -> Probed | None:
        """What the probe of this name found; None where it was not asked for."""
        return next((row for row in self.probes if row.id == id), None)

    @property
    def unknown(self) -> tuple[Probed, ...]:
        """The probes that could not be run."""
        return tuple(row for row in self.probes if row.reason)


@dataclass(frozen=True, slots=True)
class NotProbed:
    """The model was to be probed and could not be, and why."""

    reason: str
