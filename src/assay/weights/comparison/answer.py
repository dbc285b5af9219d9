"""An answer about two models: the relation, its margin, and why; "cannot tell" where the margin is too small."""

from __future__ import annotations

from assay.facts.comparison import Relation
from assay.lazy import dataclass

LEAST = 0.1  # margin below which the answer is "cannot tell"


@dataclass(frozen=True, slots=True)
class Judged:
    """A relation, what it would be on the other side of the deciding number, the margin, and why, in sentences."""

    relation: Relation
    runner_up: Relation
    margin: float
    why: tuple[str, ...]


def decided(relation: Relation, other: Relation, margin: float, *why: str) -> Judged:
    """The relation if its margin is large enough, else "cannot tell" with the relation as the nearest."""
    if margin < LEAST:
        said = (
            f"the deciding number lies too close to its threshold (margin {margin:.2f}) to tell {relation} from {other}"
        )
        return Judged(Relation.UNKNOWN, relation, margin, (*why, said))
    return Judged(relation, other, margin, why)
