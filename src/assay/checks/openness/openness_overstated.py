"""Does the publisher say more about openness than the files show?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Obstacle
from assay.facts.finding import Answer, Evidence, informational, passed, review, unknown
from assay.facts.openness import BY_ID, Component, Openness, Support

_CARDS = frozenset({"readme.md"})


@check(
    "openness.overstated",
    title="Does the publisher say more about openness than the files show?",
    severity=4.0,
    remedy="Ask the publisher for the components that are only claimed, or take the class by evidence for the answer.",
    references=("MOF 1.0", "OSAID 1.0"),
)
def openness_overstated(openness: Openness, obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """ "Open" is said of much that is not. What counts is what can be looked at.

    The class of the Model Openness Framework is taken twice: by what is shown or asserted with a file, name and date,
    and with what is only claimed by links and tags. Where claims alone make a better class, a person decides whether to
    believe them. A card that calls the model open source while its weights stand under no open licence says too much.
    """
    found = {row.id: row for row in openness.components}
    cut = [row for row in obstacles if row.artifact.lower() in _CARDS]
    for row in cut[:1]:
        why = f"what {row.artifact} says of openness is not known, because it could not be read to its end"
        yield unknown(f"{why}: {row.reason}", Evidence(row.artifact, row.reason))
    evidence, claim = openness.by_evidence, openness.by_claim
    for said in openness.called_open:
        weights = found["parameters_final"]
        if not weights.licence.open:
            yield review(
                "the card calls it open source, and the licence of its weights "
                f"is {weights.licence.id or 'not stated'}, on no list of open ones",
                said,
                *weights.licence.evidence[:1],
            )
    if claim.level is not None and (evidence.level is None or claim.level < evidence.level):
        yield review(
            f"{claim.label} by claim, {evidence.label} by evidence: "
            f"{_names(found)} {'is' if len(_only(found)) == 1 else 'are'} only claimed",
            *(row.evidence[0] for row in _only(found)[:8] if row.evidence),
        )
        return
    if cut:
        return
    if evidence.level is not None:
        yield passed(f"{evidence.label} by evidence, and nothing that is only claimed makes it a better one")
    elif _only(found):
        yield informational(
            f"no MOF class by evidence or by claim; only claimed: {_names(found)}",
            *(row.evidence[0] for row in _only(found)[:8] if row.evidence),
        )
    else:
        yield passed("no MOF class, and none is claimed", *found["parameters_final"].evidence[:1])


def _only(found: dict[str, Component]) -> list[Component]:
    return [row for row in found.values() if row.support is Support.CLAIMED and BY_ID[row.id].required]


def _names(found: dict[str, Component]) -> str:
    return ", ".join(BY_ID[row.id].title.lower() for row in _only(found))
