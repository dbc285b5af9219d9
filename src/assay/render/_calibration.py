"""A calibration for a terminal: how often the model is wrong, which score tells, what may be promised, and where it was sure and wrong."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.calibration import Calibration, Point
from assay.render._visible import visible

MOST = 8
_BARS = " ▁▂▃▄▅▆▇█"


def lines(found: Calibration, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    most = None if verbose else MOST
    yield f"{visible(found.model)}  {found.count:,} questions of {visible(found.pack)}  {visible(found.runtime)}"
    yield f"wrong  {found.errors:,} of {found.count:,} ({100 * found.errors / found.count:.1f} %)"
    yield ""
    yield f"{'score':<16} {'AUROC':>6}  95 % interval   {'AUPRC':>6} {'PRR':>6}   (chance: AUROC 0.500, AUPRC {found.errors / found.count:.3f}, PRR 0)"
    for row in found.worth:
        mark = "*" if row.score == found.score else " "
        yield f"{mark}{row.score:<15} {row.auroc:6.3f}  {row.low:.3f} to {row.high:.3f}  {row.auprc:6.3f} {row.prr:6.3f}"
    yield ""
    yield f"calibrated by {found.score}: expected calibration error {found.ece:.3f}, Brier score {found.brier:.3f} (held-out folds)"
    yield f"error rate by share answered   {_curve(found.coverage)}   {100 * found.coverage[0].y:.0f} % at first, {100 * found.coverage[-1].y:.0f} % at all"
    yield ""
    for promise in found.promises:
        if promise.threshold is None:
            yield f"at most {100 * promise.alpha:.0f} % wrong: cannot certify with {found.count:,} questions"
        else:
            yield (
                f"at most {100 * promise.alpha:.0f} % wrong among answers with {found.score} up to {promise.threshold:.3f}: {100 * promise.answered:.0f} % of questions are answered "
                f"({promise.errors} of {promise.count} wrong here; holds with probability {1 - promise.delta:.0%} for questions like these)"
            )
    yield ""
    for topic in found.topics[:most]:
        yield f"  {100 * topic.errors / topic.count:5.1f} % wrong of {topic.count:<5} {visible(topic.name)}"
    if found.confident_errors:
        yield ""
        yield "sure and wrong"
        for answer in found.confident_errors[:most]:
            value = next((entry.value for entry in answer.scores if entry.id == found.score), float("nan"))
            yield f"  {value:6.3f}  {visible(answer.topic)[:40]:<40}  {visible(answer.text)[:60]}"


def _curve(points: tuple[Point, ...], width: int = 30) -> str:
    """The curve as bars from the first to the last share."""
    rows = [points[min(len(points) - 1, at * len(points) // width)] for at in range(width)]
    return "".join(_BARS[round(point.y * (len(_BARS) - 1))] for point in rows)
