"""How open a model is, as text: classes, components with their evidence, the other frameworks, compute."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.dossier import Dossier
from assay.facts.finding import Evidence
from assay.facts.openness import (
    BY_ID,
    CLAIMED,
    CLASSES,
    Answered,
    ClassProgress,
    Component,
    Compute,
    Judgement,
    LicenceOrigin,
    Openness,
    Support,
)
from assay.render.headline import Headline, Tone
from assay.render.terminal import Paint, wrapped
from assay.render.visible import visible
from assay.render.words import location, portrait_line

_COLOURS = {
    Support.VERIFIED: "32",
    Support.ASSERTED: "32",
    Support.CLAIMED: "33",
    Support.DENIED: "31",
    Support.ABSENT: "2",
}
_ANSWERS = {
    Answered.MET: "32",
    Answered.OPEN: "32",
    Answered.FILLED: "32",
    Answered.NOT_MET: "31",
    Answered.CLOSED: "31",
    Answered.PARTIAL: "33",
}


def summary(found: Openness) -> list[str]:
    """Two or three lines that say what can be said."""
    evidence, claim = found.by_evidence, found.by_claim
    unmoved = " (nothing that is only claimed would change it)" if claim == evidence else ""
    return [
        f"MOF class by evidence: {evidence.label} ({_progress(evidence.classes)})",
        f"MOF class by claim: {claim.label}{unmoved}",
    ]


def unseen(dossier: Dossier) -> str:
    """That nothing of it can be shown, for a model behind an endpoint; empty for one whose files are seen."""
    return "" if dossier.subject.digest else portrait_line(dossier)


def headline(found: Openness) -> Headline:
    """The class by evidence; amber where more is claimed than the files show."""
    evidence, claim = found.by_evidence.level, found.by_claim.level
    word = CLASSES[evidence].partition(" - ")[0].upper() if evidence else "NO CLASS"
    more = (claim or 4) < (evidence or 4)
    return Headline(word, "".join(f"{row}. " for row in summary(found)).rstrip(), Tone.CARE if more else Tone.TELL)


def lines(found: Openness, width: int, paint: Paint, *, verbose: bool) -> Iterator[str]:
    """Everything: the components with location and licence, the shortest way to the next class, lenses, compute."""
    yield from headline(found).lines(paint, width)
    for row in found.by_evidence.classes:
        yield f"  {CLASSES[row.level]:<26} {_bar(row)} {row.included:>2} of {row.required}{_warning(row)}"
    yield ""
    for level, title in CLASSES.items():
        yield paint(title, "1")
        for component in found.components:
            if BY_ID[component.id].level == level:
                yield from _component(component, width, paint)
    if found.next_steps:
        goal = next(row for row in found.by_evidence.classes if row.included < row.required)
        yield ""
        yield paint(f"The shortest way to {CLASSES[goal.level]}", "1")
        for step in found.next_steps:
            yield from wrapped(f"- {visible(step)}", "  ", width, "    ")
    for lens in found.lenses:
        yield ""
        yield paint(visible(lens.title), "1")
        yield from wrapped(visible(lens.outcome), "  ", width)
        for judged in lens.judgements if verbose else ():
            yield from _judgement(judged, width, paint)
    if found.compute:
        yield ""
        yield paint("Training compute", "1")
        for text in compute_words(found.compute):
            yield from wrapped(visible(text), "  ", width)
    if not verbose:
        yield ""
        yield "every rule of the frameworks, with its answer: --verbose"


def compute_words(found: Compute) -> list[str]:
    """The card of compute in sentences."""
    if found.flop is not None and found.tokens is not None:
        known = (
            f"{found.flop:.2e} FLOP ({found.low:.1e} to {found.high:.1e}) for {found.parameters:,} parameters, "
            f"counted, and {found.tokens:.3g} tokens, claimed"
        )
    else:
        known = (
            f"unknown: {found.parameters:,} parameters were counted, "
            "and nothing says on how many tokens they were trained"
        )
    crossed = f"1e23 FLOP would be crossed at {found.gpai_tokens:.2e} tokens"
    return [known, f"{crossed}, 1e25 FLOP at {found.systemic_tokens:.2e}", *found.assumptions]


def licence_words(row: Component) -> str:
    """The licence of a component, where it comes from, and what is wrong with it."""
    licence = row.licence
    if licence.origin is LicenceOrigin.NONE:
        return "no licence" if row.support in CLAIMED else ""
    flaw = "" if licence.fits else ", not written for this kind" if licence.open else ", not open"
    return f"{licence.id} ({licence.origin}{flaw})"


def _component(row: Component, width: int, paint: Paint) -> Iterator[str]:
    kind = BY_ID[row.id]
    said = "; ".join(filter(None, (row.because + (f" by {row.by}" if row.by else ""), licence_words(row))))
    title = kind.title + ("" if kind.required else " (optional)")
    yield f"  {paint(f'{row.support:<9}', _COLOURS[row.support])} {title}"
    if row.support is not Support.ABSENT:
        yield from wrapped(visible(said), " " * 12, width)
    for evidence in row.evidence[:1]:
        yield from wrapped(f"at {visible(location(evidence))}", " " * 12, width)


def _judgement(row: Judgement, width: int, paint: Paint) -> Iterator[str]:
    answer = paint(f"{row.answer:<14}", _ANSWERS.get(row.answer, "2"))
    yield from wrapped(f"{answer} {row.id} ({row.source}): {visible(row.question)}", "  ", width, " " * 17)
    yield from wrapped(f"{visible(row.because)}{_at(row.evidence[:1])}", " " * 17, width)


def _at(evidence: tuple[Evidence, ...]) -> str:
    return "".join(f"; {visible(location(row))}" for row in evidence)


def _progress(rows: tuple[ClassProgress, ...]) -> str:
    goal = next((row for row in rows if row.included < row.required), None)
    return (
        f"{goal.included} of the {goal.required} components of {CLASSES[goal.level].partition(' - ')[0]}"
        if goal
        else "all of them"
    )


def _bar(row: ClassProgress) -> str:
    full = 20 * row.included // row.required
    return f"[{'#' * full}{'.' * (20 - full)}]"


def _warning(row: ClassProgress) -> str:
    return f", {len(row.conditional)} under a licence of another kind" if row.conditional else ""


def summed(row: ClassProgress) -> str:
    """A class in a few words for a table."""
    return f"{row.included} of {row.required}{_warning(row)}"
