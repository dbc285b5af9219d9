"""What running the model on labelled questions showed, in words and as two curves that assay draws itself."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from assay.facts.calibration import Calibration, Point, Promise
from assay.facts.interval import wilson
from assay.render.record.calibration import unanswerable_words

WIDTH, HEIGHT, LEFT, BELOW = 300, 200, 40, 36
CAUTION = "This speaks for questions like those that were asked, put in the same form; an answer counts as right if an accepted one stands in it as words."


def summary(risk: Calibration) -> Iterator[str]:
    """The card in a few lines: how often wrong, what can be promised, what nobody can answer, where it is worst."""
    low, high = wilson(risk.errors, risk.count)
    yield f"{risk.errors:,} of {risk.count:,} answers wrong: {100 * risk.errors / risk.count:.1f} % ({100 * low:.1f} to {100 * high:.1f} %), questions of {risk.pack}"
    if risk.worth:
        own = next(row for row in risk.worth if row.score == risk.score)
        yield f"{own.score} tells wrong answers from right ones with AUROC {own.auroc:.3f} ({own.low:.3f} to {own.high:.3f}; chance 0.500); calibrated error {risk.ece:.3f}"
    first = next((row for row in risk.promises if row.threshold is not None), None)
    yield (
        promised(first)
        if first
        else f"no error rate of {100 * risk.promises[-1].alpha:.0f} % or less can be promised with these questions"
    )
    if risk.unanswerable:
        yield unanswerable_words(risk.unanswerable, risk.score)
    worst = [row for row in risk.topics if row.count >= 10][:3]
    if len(risk.topics) > 1 and worst:
        yield f"worst topics: {', '.join(f'{row.name} ({100 * row.errors / row.count:.0f} % of {row.count})' for row in worst)}"


def promised(row: Promise) -> str:
    """A promise in words."""
    return f"at most {100 * row.alpha:.0f} % wrong while {100 * row.answered:.0f} % of questions are answered, with probability {1 - row.delta:.0%}"


def coverage_curve(risk: Calibration) -> Markup:
    """Error rate against the share of questions that are answered, the surest first."""
    return _curve("Error rate by share answered, the surest first", "share of questions answered", "wrong among them", risk.coverage, line=True)  # fmt: skip


def reliability(risk: Calibration) -> Markup:
    """Observed against predicted error rate, in groups of equal size; on the diagonal the prediction holds."""
    return _curve("Predicted and observed error rate (held-out tenths)", "predicted", "observed", risk.reliability, line=False)  # fmt: skip


def _curve(title: str, across: str, up: str, points: tuple[Point, ...], *, line: bool) -> Markup:
    """A plot from 0 to 1 in both directions; as a line, or as points beside the diagonal."""
    if not points:
        return Markup("")

    def place(point: Point) -> tuple[float, float]:
        return LEFT + point.x * WIDTH, 8 + (1 - point.y) * HEIGHT

    parts = [
        Markup('<text x="{}" y="{}" text-anchor="end">{} %</text><line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT - 6, 12 + (1 - share) * HEIGHT, round(100 * share), LEFT, LEFT + WIDTH, 8 + (1 - share) * HEIGHT, 8 + (1 - share) * HEIGHT)
        for share in (0.0, 0.5, 1.0)
    ]  # fmt: skip
    parts += [
        Markup('<text x="{}" y="{}" text-anchor="middle">{} %</text>').format(LEFT + share * WIDTH, HEIGHT + 24, round(100 * share))
        for share in (0.0, 0.5, 1.0)
    ]  # fmt: skip
    if line:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, points))
        parts.append(Markup('<polyline class="line" points="{}"/>').format(path))
    else:
        parts.append(Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(LEFT, 8 + HEIGHT, LEFT + WIDTH, 8))  # fmt: skip
        for point in points:
            x, y = place(point)
            said = f"predicted {100 * point.x:.0f} %, observed {100 * point.y:.0f} %"
            parts.append(Markup('<circle class="c1" cx="{:.1f}" cy="{:.1f}" r="5"><title>{}</title></circle>').format(x, y, said))  # fmt: skip
    label = f"{title}: from {100 * points[0].y:.0f} % at {100 * points[0].x:.0f} % to {100 * points[-1].y:.0f} % at {100 * points[-1].x:.0f} %"
    picture = Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(LEFT + WIDTH + 20, HEIGHT + BELOW, label, Markup("").join(parts))  # fmt: skip
    return Markup('<figure><figcaption>{}</figcaption>{}<p class="quiet">{} against {}</p></figure>').format(title, picture, up, across)  # fmt: skip
