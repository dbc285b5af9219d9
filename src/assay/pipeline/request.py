"""What is asked of an audit, as one frozen value that is validated where it is made."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay import checks, plugin
from assay import policy as policies
from assay.errors import UsageError, did_you_mean
from assay.facts.dossier import QUESTIONS
from assay.lazy import dataclass, fits
from assay.measures import ORDER, Cost
from assay.policy import baseline

if TYPE_CHECKING:
    from assay.facts.reported import Reported
    from assay.probes.probing import Probing
    from assay.uncertainty.asking import Asking

MOST_JOBS = 64
Text = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Request:
    """An audit as it was asked for; what it says is part of what a dossier is a function of.

    `questions` are those of the five that are asked, all if none is named. `known` are fingerprints that an earlier
    audit accepted, `baseline` the digest of that list, `known_of` the model that it is of (empty: any). `cost` is the
    most that a measure may cost; running the model, corpora and connections are allowed by naming what they need.
    `plugins` are the packages outside assay that take part.
    """

    model: str = ""
    policy: policies.Policy = field(default_factory=lambda: policies.builtin("default"))
    questions: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    baseline: str | None = None
    known_of: str = ""
    offline: bool = False
    isolation: bool = True
    require_isolation: bool = False
    as_of: date = date.min
    jobs: int = 1
    base: str | None = None
    hints: bool = False
    histograms: Path | None = None
    corpora: tuple[str, ...] = ()
    trust: Path | None = None
    run: Asking | None = None
    probes: Probing | None = None
    reported: tuple[Reported, ...] = ()
    cost: Cost = Cost.WEIGHTS
    plugins: tuple[plugin.Loaded, ...] = ()
    max_time: int | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        """Raises UsageError: an unknown check or question, a pattern that matches none, jobs or a cost out of range."""
        for question in self.questions:
            if question not in QUESTIONS:
                raise UsageError(f"no question {question!r}{did_you_mean(question, QUESTIONS)}: {', '.join(QUESTIONS)}")
        ids = tuple(check.rule.id for check in self.every_check)
        for id in (*self.only, *self.skip):
            if not any(fits(known, id) for known in ids):
                raise UsageError(f"no check {id!r}{did_you_mean(id, ids)} (assay checks lists them)")
        if problems := policies.problems(self.policy, ids):
            raise UsageError(f"policy {self.policy.name!r}: {problems[0]} (assay policy check lists all)")
        if not 1 <= self.jobs <= MOST_JOBS:
            raise UsageError(f"jobs = {self.jobs}: expected 1 to {MOST_JOBS}")
        if self.cost not in ORDER[: ORDER.index(Cost.WEIGHTS) + 1]:
            raise UsageError(f"cost = {self.cost.value!r}: expected header, pass or weights")

    @property
    def every_check(self) -> tuple[checks.Check, ...]:
        """Every check that there is: assay's, and those of the plugins."""
        return (*checks.installed(), *(row for found in self.plugins for row in found.of(checks.Check)))

    @property
    def checks(self) -> tuple[checks.Check, ...]:
        """The checks of the questions that are asked."""
        return tuple(row for row in self.every_check if not self.questions or row.rule.question in self.questions)

    @property
    def wanted(self) -> frozenset[str]:
        """The checks that the request names work for, beyond reading files: where they stay open, that was not done."""
        asked = {name for name, given in (("NotRun", self.run), ("NotProbed", self.probes)) if given}
        return frozenset(check.rule.id for check in self.checks if asked & {need.fact for need in check.needs})

    @property
    def costs(self) -> frozenset[Cost]:
        """The costs that are allowed."""
        named = {Cost.RUNTIME: self.run or self.probes, Cost.CORPUS: self.corpora, Cost.NETWORK: not self.offline}
        return frozenset(ORDER[: ORDER.index(self.cost) + 1]) | {cost for cost, given in named.items() if given}

    def of(self, model: str) -> Request:
        """The request for the model of this name: what is known of another does not count."""
        return self if self.known_of in ("", model) else replace(self, known=frozenset(), baseline=None)

    def asks(self, id: str) -> bool:
        """Whether the check with this id is to be asked."""
        return not self.leaves_out(id) and not self.policy.switched_off(id)

    def leaves_out(self, id: str) -> bool:
        """Whether the request, rather than the policy, leaves the check out."""
        skipped, kept = (any(fits(id, pattern) for pattern in row) for row in (self.skip, self.only))
        return skipped or bool(self.only and not kept)


def requested(
    model: Text,
    *,
    policy: Text = "default",
    questions: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    known: Collection[str] | os.PathLike[str] | baseline.Baseline = (),
    baseline_digest: str | None = None,
    offline: bool = False,
    isolation: bool = True,
    require_isolation: bool = False,
    as_of: date | str | None = None,
    jobs: int | None = 1,
    base: Text | None = None,
    hints: bool = False,
    histograms: Text | None = None,
    corpora: Sequence[Text] = (),
    trust: Text | None = None,
    run: Asking | None = None,
    probes: Probing | None = None,
    reported: Sequence[Text] = (),
    cost: Cost | str = Cost.WEIGHTS,
    plugins: Sequence[str] = (),
    max_time: int | None = None,
    max_bytes: int | None = None,
) -> Request:
    """The request that these values make, as a user writes them (`assay.audit` says what each is).

    Raises UsageError: a value is of the wrong kind, or names what is not there; the message says what is expected.
    """
    fingerprints, digest, known_of = _known(known, baseline_digest)
    return Request(
        model=_path(model, "model"),
        policy=policies.load(_path(policy, "policy")),
        questions=_names(questions, "questions"),
        only=_names(only, "only"),
        skip=_names(skip, "skip"),
        known=fingerprints,
        baseline=digest,
        known_of=known_of,
        offline=_flag(offline, "offline"),
        isolation=_flag(isolation, "isolation"),
        require_isolation=_flag(require_isolation, "require_isolation"),
        as_of=_day(as_of),
        jobs=_count(jobs),
        base=None if base is None else _path(base, "base"),
        hints=_flag(hints, "hints"),
        histograms=None if histograms is None else Path(_path(histograms, "histograms")),
        corpora=tuple(_path(row, "corpora") for row in _several(corpora, "corpora")),
        trust=None if trust is None else Path(_path(trust, "trust")),
        run=run,
        probes=probes,
        reported=_reports(reported),
        cost=_cost(cost),
        plugins=tuple(plugin.loaded(name) for name in _names(plugins, "plugins")),
        max_time=_most(max_time, "max_time"),
        max_bytes=_most(max_bytes, "max_bytes"),
    )


def _known(given: object, digest: str | None) -> tuple[frozenset[str], str | None, str]:
    """Fingerprints, the digest of their list, and the model that they are of: from a baseline file, or as given."""
    if isinstance(given, str | os.PathLike | baseline.Baseline):
        found = given if isinstance(given, baseline.Baseline) else baseline.read(Path(given))
        return frozenset(found.known), baseline.digest(frozenset(found.known)), found.model
    if not isinstance(given, Collection) or not all(isinstance(row, str) for row in given):
        raise UsageError(f"known = {given!r}: expected fingerprints, or the path of a baseline file")
    return frozenset(given), digest, ""


def _path(value: object, name: str) -> str:
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{name} = {value!r}: expected a path or a reference, got {type(value).__name__}")
    text = os.fspath(value)
    return text if isinstance(text, str) else os.fsdecode(text)


def _reports(value: Sequence[Text]) -> tuple[Reported, ...]:
    if not (paths := _several(value, "reported")):
        return ()
    from assay.probes.reported import read

    return tuple(read(Path(_path(row, "reported"))) for row in paths)


def _several(value: object, name: str) -> Sequence[object]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise UsageError(f"{name} = {value!r}: expected a list, got {type(value).__name__}")
    return value


def _names(value: object, name: str) -> tuple[str, ...]:
    rows = tuple(_several(value, name))
    if not all(isinstance(row, str) for row in rows):
        raise UsageError(f"{name} = {value!r}: expected a list of names")
    return tuple(str(row) for row in rows)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} = {value!r}: expected True or False")
    return value


def _count(value: object) -> int:
    if value is None:
        from assay.execution.cores import usable  # what a browser's page is built without

        return min(usable(), MOST_JOBS)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"jobs = {value!r}: expected a number from 1 to {MOST_JOBS}")
    return value


def _most(value: object, name: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63):
        raise UsageError(f"{name} = {value!r}: expected a positive number, or None for assay's own limit")
    return value


def _cost(value: object) -> Cost:
    try:
        return Cost(str(value))
    except ValueError:
        raise UsageError(f"cost = {value!r}: expected header, pass or weights") from None


def _day(value: object) -> date:
    """The day by which waivers expire, in UTC; today if none is given: the only clock that assay reads."""
    if value is None:
        return datetime.now(UTC).date()
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"as_of = {value!r}: expected a date such as 2027-06-30") from None
