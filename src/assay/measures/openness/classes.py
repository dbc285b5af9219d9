"""Classes of the Model Openness Framework 1.0 (arXiv:2403.13784), by the rules of its tool (docs/openness.md)."""

from __future__ import annotations

from collections.abc import Mapping

from assay.facts.openness import BY_ID, CLASSES, COMPONENTS, Classification, ClassProgress, Component, Support
from assay.lazy import dataclass

REPORT, PAPER = "technical_report", "research_paper"
# what a publisher adds, in the words of a to-do list
STEPS = {
    "model_architecture": "the code of the architecture (a modeling file), or a model_type that a public library "
    "implements",
    "parameters_final": "the final weights, in a format that can be read",
    "evaluation_results": "evaluation results with numbers: a model-index in the card, or a table below a heading that "
    "says so",
    "model_card": "a card of at least 150 words with sections on use, limitations and performance",
    "data_card": "a data sheet, or a section of the card that describes the training data",
    "technical_report": "a technical report as a file in the folder (a research paper does as well)",
    "training_code": "the training code",
    "inference_code": "code for inference, or an architecture that a public library runs",
    "evaluation_code": "the evaluation code",
    "evaluation_data": "the evaluation data as files",
    "datasets": "the training data: as files, or as a corpus given with --corpus",
    "data_preprocessing_code": "the code that prepared the data",
    "parameters_intermediate": "at least two checkpoints of the training, in folders such as checkpoint-1000",
    "research_paper": "a research paper as a file in the folder",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules of the classes need to know of a component that is there."""

    open: bool
    fits: bool


def standings(components: tuple[Component, ...], supports: tuple[Support, ...]) -> dict[str, Standing]:
    """The components that are there by these supports."""
    return {row.id: Standing(row.licence.open, row.licence.fits) for row in components if row.support in supports}


def classified(there: Mapping[str, Standing]) -> Classification:
    """Progress of each class, and the best one that is complete.

    A component counts if its licence is open; one of another domain counts with a warning. Classes build on one
    another, and a class shows 0 % until all below it are complete. A paper that counts fills the slot of a report that
    does not, and Class I then asks for one less.
    """
    counts = {id for id, row in there.items() if row.open}
    by_paper = PAPER in counts and REPORT not in counts
    rows: list[ClassProgress] = []
    complete = True
    for level in CLASSES:
        required = [row.id for row in COMPONENTS if row.required and row.level >= level]
        if by_paper and level == 1:
            required.remove(REPORT)
        slots = {id: PAPER if by_paper and id == REPORT else id for id in required}
        included = [id for id, filler in slots.items() if filler in counts]
        rows.append(
            ClassProgress(
                level,
                len(included),
                len(required),
                100 * len(included) // len(required) if complete else 0,
                tuple(id for id, filler in slots.items() if filler not in there),
                tuple(id for id, filler in slots.items() if filler in there and filler not in counts),
                tuple(slots[id] for id in included if not there[slots[id]].fits),
            )
        )
        complete = complete and len(included) == len(required)
    best = None
    for row in rows:
        if row.included < row.required:
            break
        best = row.level
    return Classification(best, tuple(rows))


def next_steps(components: tuple[Component, ...], by_evidence: Classification) -> tuple[str, ...]:
    """The shortest way to the next class: one line for each component that it lacks."""
    goal = next((row for row in by_evidence.classes if row.included < row.required), None)
    if goal is None:
        return ()
    found = {row.id: row for row in components}
    missing = [f"{STEPS[id]}{_known(found[id])}" for id in goal.missing]
    return (*missing, *(_open_licence(found[id]) for id in goal.unlicensed))


def _open_licence(row: Component) -> str:
    now = f"now {row.licence.id or 'none'}, {row.licence.origin}"
    return f"an open licence for {BY_ID[row.id].title.lower()} ({now})"


def _known(row: Component) -> str:
    if row.support is Support.CLAIMED:
        return f" (now only claimed: {row.because})"
    return " (now denied)" if row.support is Support.DENIED else ""
