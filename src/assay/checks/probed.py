"""What a probe of behaviour says to a check: a share against a limit, an effect against chance, or that it is open."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.behaviour import Behaviour, Probed
from assay.facts.finding import Answer, Evidence, passed, review, unknown


def limited(behaviour: Behaviour, id: str, estimate: str, most: float) -> Iterator[Answer]:
    """A share against the most that is accepted, by its interval; between the two ends nothing is shown."""
    row = behaviour.probe(id)
    found = row.estimate(estimate) if row else None
    if row is None or found is None or not found.count:
        yield from open_(row)
    elif found.low > most:
        yield review(f"{found.words}; more than {100 * most:.0f} %", *places(row))
    elif found.high <= most:
        yield passed(f"{found.words}; at most {100 * most:.0f} %", *places(row))
    else:
        yield unknown(f"not shown to be at most {100 * most:.0f} %: {found.words}", *places(row), remedy=_narrower(id))


def effect(behaviour: Behaviour, id: str, estimate: str) -> Iterator[Answer]:
    """An effect against none: for review where its interval lies above chance, open where that holds it."""
    row = behaviour.probe(id)
    found = row.estimate(estimate) if row else None
    if row is None or found is None or not found.count:
        yield from open_(row)
    elif found.above:
        yield review(found.words, *places(row))
    elif found.shown:
        yield passed(found.words, *places(row))
    else:
        yield unknown(found.words, *places(row), remedy=_narrower(id))


def counted(behaviour: Behaviour, id: str, estimate: str) -> Iterator[Answer]:
    """A share of which one is too many: for review where there is any, else a pass with how many it could still be."""
    row = behaviour.probe(id)
    found = row.estimate(estimate) if row else None
    if row is None or found is None or not found.count:
        yield from open_(row)
    elif found.value > 0:
        yield review(found.words, *places(row))
    else:
        yield passed(f"{found.words}; so many tries show no more than that")


def open_(row: Probed | None) -> Iterator[Answer]:
    """That it is not known, and why."""
    if row is None:
        yield unknown(
            "it was not among the probes of this audit", remedy="Run every probe: `assay audit MODEL --probes`."
        )
    else:
        yield unknown(f"cannot be known: {row.reason or 'nothing could be tried'}", remedy=OTHERWISE)


def places(row: Probed) -> tuple[Evidence, ...]:
    """The cases that were kept, as evidence."""
    return tuple(
        Evidence(f"probe {row.id}", f"{case.asked[-120:]!r} answered {case.answered[:80]!r}: {case.seen}"[:400])
        for case in row.instances
    )


def _narrower(id: str) -> str:
    """What narrows the interval of a probe; of most probes nothing does."""
    return MORE if id in _BY_QUESTIONS else FIXED


_BY_QUESTIONS = frozenset({"sensitivity", "sycophancy"})  # ask as many questions as --most says
MORE = "Ask more: a larger --most in `assay probe MODEL`, or questions of your own (--questions), narrow the interval."
FIXED = "The probe asks no more than it brings, and more questions narrow nothing: try the model on what it is for."
OTHERWISE = "Give what is lacking and run `assay probe MODEL` again; an endpoint can give no more than it shows."
