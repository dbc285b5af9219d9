"""What a person has to deal with, worst first: what was found, where, why it matters, what to do.

The unit is a matter: all that one check found and the policy treats alike, however many files it is in. Every format
counts matters, so that a sentence, a list and the five answers agree.
"""

from __future__ import annotations

from enum import StrEnum

from assay.facts.copies import Told
from assay.facts.dossier import Dossier, Rule
from assay.facts.finding import Effect, Finding, Kind
from assay.lazy import dataclass
from assay.render.words import location, once, quoted


class Weight(StrEnum):
    """What hangs on a matter, the heaviest first."""

    BLOCKS = "blocks"  # the policy does not accept it
    DEFECT = "defect"  # a fail that the policy lets pass
    FIRST = "to decide first"  # the verdict waits for it
    DECIDE = "to decide"


HEADINGS = {
    Weight.BLOCKS: "In the way",
    Weight.DEFECT: "Defects that the policy lets pass",
    Weight.FIRST: "To decide first",
    Weight.DECIDE: "To decide",
}


@dataclass(frozen=True, slots=True)
class Matter:
    """What one check found, of one weight. `told` is never empty, its first finding is the one to show.

    `what` is the message of that without the name of the only file, `places` where all of them are, copies of files
    too. The lines of a policy that accept them: `words.waivers(dossier, matter.findings)`.
    """

    rule: Rule
    weight: Weight
    told: tuple[Told, ...]
    what: str
    remedies: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, those about copies of files too."""
        return tuple(finding for row in self.told for finding in (row.finding, *row.copies))

    @property
    def why(self) -> str:
        """Why it matters, in the first sentences of what the check says of itself."""
        return " ".join(self.rule.why.partition("\n\n")[0].split())

    @property
    def where(self) -> tuple[str, ...]:
        """Each place once, in words."""
        return tuple(dict.fromkeys(location(place) for finding in self.findings for place in finding.evidence))

    @property
    def anchor(self) -> str:
        """Where it stands on a page."""
        return (
            f"m-{self.rule.id}{'' if self.weight in (Weight.BLOCKS, Weight.FIRST) else f'-{self.weight.name.lower()}'}"
        )

    @property
    def explain(self) -> str:
        """The command that prints the check's page."""
        return f"assay explain {quoted(self.rule.id)}"

    def also(self, most: int) -> str:
        """Where the rest of it is, for a sentence that names up to `most` places; empty if there is no rest."""
        rest = list(dict.fromkeys(_place(row.finding) for row in self.told[1:]))
        rest = [place for place in rest if place]
        parts = [self.told[0].also(most)]
        if len(self.told) > 1:
            names = f": {', '.join(rest[:most])}" if rest else ""
            more = f" and {len(rest) - most:,} more" if len(rest) > most else ""
            parts.append(f"and {len(self.told) - 1:,} more like it{names}{more}")
        return "; ".join(filter(None, parts))


def matters(dossier: Dossier) -> tuple[Matter, ...]:
    """What is to be dealt with; what was waived or is known from a baseline is not among it."""
    rules = {rule.id: rule for rule in dossier.rules}
    weighty = tuple(row for row in dossier.findings if _weight(row) is not None)
    rows = [(weight, row) for row in once(dossier, weighty).values() if (weight := _weight(row.finding)) is not None]
    order, kinds = list(Weight), list(Kind)
    rows.sort(
        key=lambda row: (order.index(row[0]), kinds.index(row[1].finding.kind), -rules[row[1].finding.check].severity)
    )
    groups: dict[tuple[Weight, str], list[Told]] = {}
    for weight, told in rows:
        groups.setdefault((weight, told.finding.check), []).append(told)
    alone = f"{dossier.artifacts[0].path}: " if len(dossier.artifacts) == 1 else ""
    return tuple(_matter(dossier, weight, tuple(told), alone) for (weight, _), told in groups.items())


def accepted(dossier: Dossier) -> tuple[Finding, ...]:
    """The findings that a waiver or a baseline accepts."""
    return tuple(once(dossier, tuple(row for row in dossier.findings if row.effect in (Effect.WAIVED, Effect.KNOWN))))


def _weight(finding: Finding) -> Weight | None:
    if finding.effect is Effect.BLOCKS:
        return Weight.BLOCKS
    if finding.effect is Effect.DECIDES:
        return Weight.FIRST
    if finding.effect is not Effect.NONE:
        return None
    return {Kind.FAIL: Weight.DEFECT, Kind.REVIEW: Weight.DECIDE}.get(finding.kind)


def _place(finding: Finding) -> str:
    return finding.evidence[0].artifact if finding.evidence else ""


def _matter(dossier: Dossier, weight: Weight, told: tuple[Told, ...], alone: str) -> Matter:
    first = told[0].finding
    remedies = tuple(dict.fromkeys(dossier.remedy(row.finding) for row in told))
    return Matter(dossier.rule(first.check), weight, told, first.message.removeprefix(alone), remedies)
