"""For publishers: what to add for the next class, missing front matter, and what only a person can assert."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.dossier import Dossier
from assay.facts.openness import BY_ID, CLASSES, Component, Openness, Support
from assay.render.visible import visible

_UNSURE = (Support.CLAIMED, Support.ABSENT, Support.DENIED)


def fixes(dossier: Dossier) -> Iterator[str]:
    """What is missing for each class, the lines for the card, and a stub of assay.yaml."""
    found = dossier.openness
    components = {row.id: row for row in found.components}
    for row in found.by_evidence.classes:
        lacking = [id for id in row.missing if BY_ID[id].level == row.level]
        unlicensed = [id for id in row.unlicensed if BY_ID[id].level == row.level]
        yield f"{CLASSES[row.level]}: {row.included} of {row.required}"
        for id in lacking:
            yield f"  missing      {BY_ID[id].title}{_state(components[id])}"
        for id in unlicensed:
            yield f"  not open     {BY_ID[id].title}: {visible(components[id].licence.id) or 'no licence'}"
    yield from _steps(found)
    yield from _front_matter(dossier.subject.name, found)
    yield from _stub(found.components)


def _state(row: Component) -> str:
    return f" ({row.support}: {visible(row.because)})" if row.support in (Support.CLAIMED, Support.DENIED) else ""


def _steps(found: Openness) -> Iterator[str]:
    if found.next_steps:
        yield ""
        yield "To do next:"
        yield from (f"  - {visible(step)}" for step in found.next_steps)


def _front_matter(name: str, found: Openness) -> Iterator[str]:
    """The keys that a card needs and this one lacks, with what was measured filled in."""
    present = {row.id: row for row in found.components}
    rows = []
    if not found.licence.id:
        rows.append(
            "license: # an SPDX id in lower case, such as apache-2.0; with `other`, license_name and license_link too"
        )
    if present["datasets"].support is Support.ABSENT:
        rows.append("datasets: # the training data, one id a line\n- ")
    if present["evaluation_results"].support in _UNSURE:
        rows.append(
            "model-index:\n- name: " + visible(name) + "\n  results:\n  - task: {type: text-generation}\n"
            "    dataset: {name: , type: }\n    metrics:\n    - {type: , value: } # a number"
        )
    if rows:
        yield ""
        yield "Front matter to add at the top of README.md, between two lines of ---:"
        yield ""
        for row in rows:
            yield from (f"    {line}" for line in row.split("\n"))


def _stub(components: tuple[Component, ...]) -> Iterator[str]:
    rows = [row for row in components if row.support in _UNSURE and BY_ID[row.id].required]
    if not rows:
        return
    yield ""
    yield (
        "What only a person can assert goes into assay.yaml at the top of the model. "
        "An entry counts if it names a file of the"
    )
    yield "model, who says so, and a date; with a link alone it stays a claim. Delete what is not there:"
    yield ""
    yield "    components:"
    for row in rows:
        yield f"      {row.id}:"
        yield "        path:    # a file of the model"
        yield "        licence: # an SPDX id, where it is not the model's"
        yield "        by:      # who says so"
        yield "        date:    # such as 2026-11-26"
