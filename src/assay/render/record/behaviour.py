"""What probes of a model's behaviour found, as lines for a terminal, and the sentence that is said first."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.behaviour import Behaviour, Detector, Probed
from assay.facts.interval import wilson
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible

CAUTION = (
    "Every number is of the tries that were made here: greedy answers and log-probabilities, no judge. It is no"
    " verdict, and what was not tried is not known."
)


def headline(found: Behaviour) -> Headline:
    """How many probes were carried out, and which could not be."""
    done, open_ = [row for row in found.probes if row.known], found.unknown
    tried = f"{len(done):,} probe{'s' if len(done) != 1 else ''} of {visible(found.model)}"
    if not open_:
        return Headline("PROBED", f"{tried}; each number below has its interval and its limits.", Tone.TELL)
    names = ", ".join(row.id for row in open_)
    return Headline("IN PART", f"{tried}; not known, for it could not be tried: {names}.", Tone.CARE)


def detected(rule: Detector) -> str:
    """How well the rule behind a number reads answers, in words, with intervals."""
    yes, there = rule.hits + rule.false, rule.hits + rule.missed
    shares = ", ".join((_share("precision", rule.hits, yes, "it said yes to none"),
                        _share("recall", rule.hits, there, "there was none to find")))  # fmt: skip
    return f"{rule.name}: {shares}, on {rule.items:,} answers labelled by hand that it was not made with"


def _share(name: str, hits: int, count: int, none: str) -> str:
    if not count:
        return f"{name} not known ({none})"
    low, high = wilson(hits, count)
    return f"{name} {hits / count:.2f} ({low:.2f} to {high:.2f})"


def lines(found: Behaviour, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    base = f", beside {visible(found.base)}" if found.base else ""
    asked = f"at most {found.most:,} questions of {visible(found.questions)} a probe"
    yield from wrapped(f"{visible(found.model)}{base}, {visible(found.runtime)}, {asked}", "", width)
    yield from headline(found).lines(painter(colour), width)
    for row in found.probes:
        yield ""
        yield from _probe(row, width, verbose)
    yield ""
    yield from wrapped(CAUTION, "", width)


def _probe(row: Probed, width: int, verbose: bool) -> Iterator[str]:
    yield from wrapped(f"{row.id}: {row.question}", "", width, "  ")
    if row.reason:
        yield from wrapped(f"cannot be known: {visible(row.reason)}", "  ", width, "    ")
        return
    for one in row.estimates:
        yield from wrapped(one.words, "  ", width, "    ")
    if row.detector:
        yield from wrapped(f"read by a rule ({detected(row.detector)})", "  ", width, "    ")
    for case in row.instances if verbose else row.instances[:1]:
        said = f"{_flat(case.asked)} -> {_flat(case.answered) or '(nothing)'} ({_flat(case.seen)})"
        yield from wrapped(said, "  for example  " if not verbose else "  ", width, "    ", most=0 if verbose else 3)
    if verbose:
        yield from wrapped(row.limits, "  limits: ", width, "    ")


def _flat(text: str) -> str:
    return " ".join(visible(text, keep="\n").split())
