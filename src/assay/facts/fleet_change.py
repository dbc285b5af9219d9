"""What became of a fleet between two times: which models are new, gone, worse or better, and why."""

from __future__ import annotations

from enum import StrEnum

from assay.facts.fleet import LockRow
from assay.lazy import dataclass


class Became(StrEnum):
    """What became of a model, the worst first."""

    WORSE = "worse"
    NEW = "new"
    BETTER = "better"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One model that is not as it was: what became of it, both sides (None: it is not there), and why in sentences."""

    model: str
    became: Became
    before: LockRow | None
    after: LockRow | None
    why: tuple[str, ...]

    @property
    def bad(self) -> bool:
        """Whether somebody has to look: it is worse, or new and did not pass."""
        return self.became is Became.WORSE or (
            self.became is Became.NEW and self.after is not None and self.after.verdict != "PASSED"
        )


@dataclass(frozen=True, slots=True)
class FleetChange:
    """A fleet at two times, as they were named: what differs, the worst first, and how many models are as they were."""

    before: str
    after: str
    same: int
    rows: tuple[ModelChange, ...]

    @property
    def worse(self) -> bool:
        """Whether a model is worse, or new and did not pass."""
        return any(row.bad for row in self.rows)
