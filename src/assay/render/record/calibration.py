"""A calibration for a terminal: how often the model is wrong, which score tells, what may be promised, and where it was sure and wrong."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.calibration import Calibration, Point, Promise, Unanswerable
from assay.facts.interval import wilson
from assay.render.visible import visible

MOST = 8
_BARS = " ▁▂▃▄▅▆▇█"


def lines(found: Calibration, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    most = None if verbose else MOST
    yield f"{visible(found.model)}  {found.count:,} questions of {visible(found.pack)}  {visible(found.runtime)}"
    low, high = wilson(found.errors, found.count)
    yield f"wrong  {found.errors:,} of {found.count:,} ({100 * found.errors / found.count:.1f} %; 95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
    yield ""
    if not found.worth:
        yield "every answer is right, or every one wrong: no score can be told from another by that"
    yield f"{'score':<20} {'AUROC':>6}  95 % interval   {'AUPRC':>6} {'PRR':>6}   (chance: AUROC 0.500, AUPRC {found.errors / found.count:.3f}, PRR 0)"
    for row in found.worth:
        mark = "*" if row.score == found.score else " "
        yield f"{mark}{row.score:<19} {row.auroc:6.3f}  {row.low:.3f} to {row.high:.3f}  {row.auprc:6.3f} {row.prr:6.3f}"
    yield ""
    yield f"calibrated by {found.score}: expected calibration error {found.ece:.3f}, Brier score {found.brier:.3f} (held-out folds)"
    yield f"error rate by share answered   {_curve(found.coverage)}   {100 * found.coverage[0].y:.0f} % at first, {100 * found.coverage[-1].y:.0f} % at all"
    yield ""
    yield from (promise_words(found, promise) for promise in found.promises)
    for within in found.topic_promises:
        yield f"within {visible(within.topic)}: {promise_words(found, within.promise)}"
    if found.unanswerable:
        yield ""
        yield unanswerable_words(found.unanswerable, found.score)
    yield ""
    for topic in found.topics[:most]:
        yield f"  {100 * topic.errors / topic.count:5.1f} % wrong of {topic.count:<5} {visible(topic.name)}"
    if found.confident_errors:
        yield ""
        yield "sure and wrong"
        for answer in found.confident_errors[:most]:
            value = next((entry.value for entry in answer.scores if entry.id == found.score), float("nan"))
            yield f"  {value:6.3f}  {visible(answer.asked)[-50:]:<50}  {visible(answer.text)[:30]!r}, not {visible(', '.join(answer.accepted))[:30]!r}"


def promise_words(found: Calibration, promise: Promise) -> str:
    """What is promised, or that nothing can be."""
    if promise.threshold is None:
        return f"at most {100 * promise.alpha:.0f} % wrong: cannot certify with {found.count:,} questions"
    return (
        f"at most {100 * promise.alpha:.0f} % wrong among answers with {found.score} up to {promise.threshold:.3f}: {100 * promise.answered:.0f} % of questions are answered "
        f"({promise.errors} of {promise.count} wrong here; holds with probability {1 - promise.delta:.0%} for questions like these)"
    )


def unanswerable_words(row: Unanswerable, score: str) -> str:
    """What the model did with questions that nobody can answer."""
    kept = (
        ""
        if row.kept is None
        else f"; {100 * row.kept:.0f} % of them would be answered at the threshold of the loosest promise"
    )
    return (
        f"questions that nobody can answer: {row.declined:,} of {row.count:,} declined; {score} tells them from the others with AUROC "
        f"{row.auroc:.3f} ({row.low:.3f} to {row.high:.3f}; chance 0.500){kept}"
    )


def _curve(points: tuple[Point, ...], width: int = 30) -> str:
    """The curve as bars from the first to the last share."""
    rows = [points[min(len(points) - 1, at * len(points) // width)] for at in range(width)]
    return "".join(_BARS[round(point.y * (len(_BARS) - 1))] for point in rows)
