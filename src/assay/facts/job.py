"""An audit that was started from the workbench, as it stands."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class State(StrEnum):
    """Where a job stands; the value is what a person reads."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDING = "ending"  # somebody asked for its end
    DONE = "done"
    FAILED = "failed"  # there is no audit; a model that FAILED is a job that is done
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # whoever ran it has gone, and nothing was kept

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self in (State.DONE, State.FAILED, State.CANCELLED, State.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Job:
    """One job: what of, its state, when it was asked for and ended (UTC), how far it is, and what came of it.

    `label`, `done`, `total` and `unit` are as of `assay.progress`; `kept` is the SHA-256 of the dossier that was kept,
    `said` why there is none; `by` who asked for it, `ended_by` who cancelled it.
    """

    id: int
    model: str
    state: State
    asked: str
    ended: str = ""
    label: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    kept: str = ""
    said: str = ""
    by: str = ""
    ended_by: str = ""
