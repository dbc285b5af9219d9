"""What running the model on labelled questions showed: its error rate, which error rates are guaranteed, two curves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.calibration import Calibration, Point
from assay.facts.dossier import Dossier
from assay.facts.interval import wilson
from assay.render.page import fragment
from assay.render.record.calibration import guarantee_summary, unanswerable_words
from assay.render.sections import View
from assay.render.visible import escaped
from assay.render.words import quoted

if TYPE_CHECKING:
    from markupsafe import Markup

CAUTION = (
    "This speaks for questions like those that were asked, put in the same form; "
    "an answer counts as right if an accepted one stands in it as words."
)


def text(risk: Calibration, dossier: Dossier) -> Iterator[str]:
    """How often it is wrong, what is guaranteed, what nobody can answer, where it is worst."""
    low, high = wilson(risk.errors, risk.count)
    yield (
        f"{risk.errors:,} of {risk.count:,} answers wrong: {100 * risk.errors / risk.count:.1f} % "
        f"({100 * low:.1f} to {100 * high:.1f} %), by always giving the commonest answer of a topic "
        f"{100 * risk.guessing:.1f} %, questions of {risk.pack}"
    )
    if risk.worth:
        own = next(row for row in risk.worth if row.score == risk.score)
        inside = "" if own.within is None else f"; within topics {own.within:.3f}"
        yield (
            f"{own.score} tells wrong answers from right ones with AUROC {own.auroc:.3f} "
            f"({own.low:.3f} to {own.high:.3f}; chance 0.500{inside}); calibrated error {risk.ece:.3f}"
        )
    first = next((row for row in risk.promises if row.threshold is not None), None)
    most = f"{100 * risk.promises[-1].alpha:.0f} %"
    yield (
        guarantee_summary(first) if first else f"no error rate of {most} or less can be guaranteed with these questions"
    )
    if risk.unanswerable:
        yield unanswerable_words(risk.unanswerable, risk.score)
    worst = [row for row in risk.topics if row.count >= 10][:3]
    if len(risk.topics) > 1 and worst:
        rows = (f"{row.name} ({100 * row.errors / row.count:.0f} % of {row.count})" for row in worst)
        yield f"worst topics: {', '.join(rows)}"


def markdown(risk: Calibration, dossier: Dossier) -> Iterator[str]:
    """The same lines, and what they speak for."""
    yield from (f"- {escaped(row)}" for row in (*text(risk, dossier), CAUTION))


def html(risk: Calibration, dossier: Dossier) -> Markup:
    """The same, the curves, guarantees, topics, confident errors, and how well each score discriminates."""
    from assay.render.svg import plot

    return fragment(
        "sections/risk.html.j2",
        risk=risk,
        asked=_asked(risk),
        caution=CAUTION,
        summary=list(text(risk, dossier)),
        guaranteed=guarantee_summary,
        coverage=plot(
            "Error rate by share answered, the surest first",
            ("share of questions answered", "wrong among them"),
            _pairs(risk.coverage),
            line=True,
        ),
        reliability=plot(
            "Predicted and observed error rate (held-out tenths)",
            ("predicted", "observed"),
            _pairs(risk.reliability),
            line=False,
        ),
    )


def again(risk: Calibration) -> str:
    """How the model was run; a question set is named as it was called."""
    samples = f" --samples {risk.samples}" if risk.samples else ""
    questions = "--run" if risk.pack == "general" else f"--pack {quoted(risk.pack)}"
    return f" {questions} --most {_asked(risk)}{samples}"


def _asked(risk: Calibration) -> int:
    return risk.count + (risk.unanswerable.count if risk.unanswerable else 0)


def _pairs(points: tuple[Point, ...]) -> list[tuple[float, float]]:
    return [(point.x, point.y) for point in points]


VIEW = View("risk", "hallucination", "What running it showed", text, markdown, html, again)
