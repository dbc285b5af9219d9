"""A calibration for a terminal: error rate, discrimination of each score, guaranteed error rates, confident errors."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.calibration import Answered, Calibration, Point, Promise, Unanswerable
from assay.facts.interval import wilson
from assay.render.headline import Headline, Tone
from assay.render.record.discrimination import discrimination
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible

MOST = 8
_BARS = " ▁▂▃▄▅▆▇█"


def headline(found: Calibration) -> Headline:
    """How often it is wrong, and the strictest guarantee; amber where none can be given."""
    low, high = wilson(found.errors, found.count)
    said = (
        f"Wrong in {found.errors:,} of {found.count:,} answers ({100 * found.errors / found.count:.1f} %; "
        f"95 % interval {100 * low:.1f} to {100 * high:.1f} %)."
    )
    sure = min((row for row in found.promises if row.threshold is not None), key=lambda row: row.alpha, default=None)
    if sure is None:
        return Headline("MEASURED", f"{said} No lower error rate can be guaranteed with so many.", Tone.CARE)
    return Headline("CALIBRATED", f"{said} Guaranteed: {guarantee_summary(sure)}.", Tone.TELL)


def lines(found: Calibration, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    most = None if verbose else MOST
    asked = f"{found.count:,} questions of {visible(found.pack)}"
    yield from wrapped(f"{visible(found.model)}  {asked}  {visible(found.runtime)}", "", width, "   ")
    yield from headline(found).lines(painter(colour), width)
    guessing = f"always giving the commonest answer of a topic would be {100 * found.guessing:.1f} % wrong"
    yield from wrapped(guessing, "   ", width)
    yield ""
    yield from _discrimination(found, width)
    yield ""
    calibrated = f"calibrated by {found.score}: expected calibration error {found.ece:.3f}"
    yield from wrapped(f"{calibrated}, Brier score {found.brier:.3f} (held-out folds)", "", width, "   ")
    ends = f"{100 * found.coverage[0].y:.0f} % at first, {100 * found.coverage[-1].y:.0f} % at all"
    yield f"error rate by share answered   {_curve(found.coverage)}   {ends}"
    yield ""
    yield from (guarantee_words(found, row) for row in found.promises)
    for within in found.topic_promises:
        yield f"within {visible(within.topic)}: {guarantee_words(found, within.promise)}"
    if found.unanswerable:
        yield ""
        yield unanswerable_words(found.unanswerable, found.score)
    yield ""
    for topic in found.topics[:most]:
        yield f"  {100 * topic.errors / topic.count:5.1f} % wrong of {topic.count:<5} {visible(topic.name)}"
    if found.confident_errors:
        yield ""
        yield "sure and wrong"
        yield from (_error(answer, found.score) for answer in found.confident_errors[:most])


def guarantee_words(found: Calibration, row: Promise) -> str:
    """Which error rate is guaranteed, or that this one cannot be."""
    if row.threshold is None:
        return f"at most {100 * row.alpha:.0f} % wrong: cannot certify with {found.count:,} questions"
    return (
        f"at most {100 * row.alpha:.0f} % wrong among answers with {found.score} up to {row.threshold:.3f}: "
        f"{100 * row.answered:.0f} % of questions are answered ({row.errors} of {row.count} wrong here; "
        f"holds with probability {1 - row.delta:.0%} for questions like these)"
    )


def guarantee_summary(row: Promise) -> str:
    """A guarantee in few words."""
    return (
        f"at most {100 * row.alpha:.0f} % wrong while {100 * row.answered:.0f} % of questions are answered, "
        f"with probability {1 - row.delta:.0%}"
    )


def unanswerable_words(row: Unanswerable, score: str) -> str:
    """What the model did with questions that nobody can answer."""
    kept = ""
    if row.kept is not None:
        kept = f"; {100 * row.kept:.0f} % of them would be answered at the threshold of the loosest guarantee"
    return (
        f"questions that nobody can answer: {row.declined:,} of {row.count:,} declined; "
        f"{score} tells them from the others with AUROC {row.auroc:.3f} "
        f"({row.low:.3f} to {row.high:.3f}; chance 0.500){kept}"
    )


def _discrimination(found: Calibration, width: int) -> Iterator[str]:
    if not found.worth:
        yield "every answer is right, or every one wrong: discrimination cannot be measured"
    yield from discrimination(found.worth, found.score, found.errors / found.count, width)


def _error(answer: Answered, score: str) -> str:
    value = next((entry.value for entry in answer.scores if entry.id == score), float("nan"))
    accepted = visible(", ".join(answer.accepted))[:30]
    return f"  {value:6.3f}  {visible(answer.asked)[-50:]:<50}  {visible(answer.text)[:30]!r}, not {accepted!r}"


def _curve(points: tuple[Point, ...], width: int = 30) -> str:
    """The curve as bars from the first to the last share."""
    rows = [points[min(len(points) - 1, at * len(points) // width)] for at in range(width)]
    return "".join(_BARS[round(point.y * (len(_BARS) - 1))] for point in rows)
