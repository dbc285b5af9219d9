"""Which measures an audit runs, in which order: what enabled checks and the report need, within the allowed cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay import measures
from assay.facts.measured import NotMeasured
from assay.lazy import dataclass
from assay.measures import Cost, Measure
from assay.pipeline.request import Request


@dataclass(frozen=True, slots=True)
class Plan:
    """Measures in the order in which they run, and for those that are needed and not allowed the reason.

    `made` are the facts that only measures give, planned or not: no reader of files may.
    """

    measures: tuple[Measure, ...]
    refused: tuple[NotMeasured, ...]
    made: frozenset[str]

    @property
    def reading(self) -> tuple[Measure, ...]:
        """Those that touch more than facts, and those that give what these need."""
        found = [row for row in self.measures if row.cost is not Cost.HEADER]
        return tuple(_with_what_they_need(found, self.measures))

    @property
    def deriving(self) -> tuple[Measure, ...]:
        """Those that work from facts alone."""
        return tuple(row for row in self.measures if row not in self.reading)


def planned(request: Request, installed: tuple[Measure, ...] = ()) -> Plan:
    """The plan for a request.

    Args:
        installed: the measures to choose from; assay's own and those of the request's plugins if not given.
    """
    known = installed or (*measures.installed(), *(row for found in request.plugins for row in found.of(Measure)))
    needed = {need.fact for check in request.checks if request.asks(check.rule.id) for need in check.needs}
    wanted = [row for row in known if _asked(row, request) and (row.reported or needed & set(row.gives))]
    wanted = list(_with_what_they_need(wanted, [row for row in known if _asked(row, request)]))
    allowed = request.costs
    refused = (
        NotMeasured(row.id, row.gives, f"it costs {row.cost.value}, and this audit was to cost {request.cost.value}")
        for row in wanted
        if row.cost not in allowed
    )
    unasked = (
        NotMeasured(row.id, row.gives, f"the policy requires it, and it was not asked for: add {row.option}")
        for row in known
        if row.option and not _asked(row, request) and _required(row, request)
    )
    made = frozenset(fact for row in known for fact in row.gives)
    return Plan(tuple(_ordered([row for row in wanted if row.cost in allowed])), (*refused, *unasked), made)


def _asked(measure: Measure, request: Request) -> bool:
    """Whether the request gives what the measure is made with, if it needs anything."""
    return not measure.given or bool(getattr(request, measure.given))


def _required(measure: Measure, request: Request) -> bool:
    """Whether the policy wants an answer that takes what the measure gives."""
    rows = (check for check in request.checks if {need.fact for need in check.needs} & set(measure.gives))
    return any(request.policy.wants(check.rule.id) for check in rows)


def _with_what_they_need(wanted: list[Measure], known: Iterable[Measure]) -> Iterator[Measure]:
    """The measures, and all those that give what they need, in the order of `known`."""
    chosen, rows = {row.id for row in wanted}, list(known)
    while True:
        needed = {fact for row in rows if row.id in chosen for fact in row.needs}
        more = {row.id for row in rows if needed & set(row.gives)} - chosen
        if not more:
            break
        chosen |= more
    yield from (row for row in rows if row.id in chosen)


def _ordered(rows: list[Measure]) -> Iterator[Measure]:
    """Each measure after those that give what it needs; else as they are listed.

    Measures that need one another are a mistake in the code, and end in ValueError.
    """
    left = list(rows)
    while left:
        given = {fact for row in left for fact in row.gives}
        ready = [row for row in left if not given & set(row.needs) - set(row.gives)]
        if not ready:
            raise ValueError(f"measures need one another: {', '.join(row.id for row in left)}")
        yield from ready
        done = {row.id for row in ready}
        left = [row for row in left if row.id not in done]
