"""What a person has to deal with, worst first: what was found, where, why it matters, what to do.

The unit is a matter: all that one check found and the policy treats alike, however many files it is in. Every format
counts matters, so that a sentence, a list and the five answers agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assay.facts.dossier import Dossier, Rule
from assay.facts.finding import Effect, Evidence, Finding, Kind
from assay.render.words import location


class Weight(StrEnum):
    """What hangs on a matter, the heaviest first."""

    BLOCKS = "blocks"  # the policy does not accept it
    DEFECT = "defect"  # a fail that the policy lets pass
    FIRST = "decide first"  # the verdict waits for it
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Matter:
    """What one check found, of one weight; `findings` are never empty and the first is the one to show.

    `what` is its message without the name of the only file; `more` says how many findings are like it. The lines of a
    policy that accept them: `words.waivers(dossier, matter.findings)`.
    """

    rule: Rule
    weight: Weight
    findings: tuple[Finding, ...]
    what: str
    more: int
    places: tuple[Evidence, ...]
    remedies: tuple[str, ...]

    @property
    def why(self) -> str:
        """Why it matters, in the first sentences of what the check says of itself."""
        return " ".join(self.rule.why.partition("\n\n")[0].split())

    @property
    def where(self) -> tuple[str, ...]:
        """Each place once, in words."""
        return tuple(dict.fromkeys(map(location, self.places)))

    @property
    def explain(self) -> str:
        """The command that prints the check's page."""
        return f"assay explain {self.rule.id}"


def matters(dossier: Dossier) -> tuple[Matter, ...]:
    """What is to be dealt with; what was waived or is known from a baseline is not among it."""
    rules = {rule.id: rule for rule in dossier.rules}
    rows = [(weight, finding) for finding in dossier.findings if (weight := _weight(finding)) is not None]
    order, kinds = list(Weight), list(Kind)
    rows.sort(key=lambda row: (order.index(row[0]), kinds.index(row[1].kind), -rules[row[1].check].severity))
    groups: dict[tuple[Weight, str], list[Finding]] = {}
    for weight, finding in rows:
        groups.setdefault((weight, finding.check), []).append(finding)
    return tuple(_matter(dossier, weight, tuple(found)) for (weight, _), found in groups.items())


def accepted(dossier: Dossier) -> tuple[Finding, ...]:
    """The findings that a waiver or a baseline accepts."""
    return tuple(finding for finding in dossier.findings if finding.effect in (Effect.WAIVED, Effect.KNOWN))


def _weight(finding: Finding) -> Weight | None:
    if finding.effect is Effect.BLOCKS:
        return Weight.BLOCKS
    if finding.effect is Effect.DECIDES:
        return Weight.FIRST
    if finding.effect is not Effect.NONE:
        return None
    return {Kind.FAIL: Weight.DEFECT, Kind.REVIEW: Weight.DECIDE}.get(finding.kind)


def _matter(dossier: Dossier, weight: Weight, findings: tuple[Finding, ...]) -> Matter:
    first = findings[0]
    alone = dossier.artifacts[0].path if len(dossier.artifacts) == 1 else ""
    return Matter(
        rule=dossier.rule(first.check),
        weight=weight,
        findings=findings,
        what=first.message.removeprefix(f"{alone}: ") if alone else first.message,
        more=len(findings) - 1,
        places=tuple(place for finding in findings for place in finding.evidence),
        remedies=tuple(dict.fromkeys(dossier.remedy(finding) for finding in findings)),
    )
