"""What loading the model would do: for each loader that fits, the files it opens, in order, and the code that runs."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class Runs(StrEnum):
    """What opening a file does besides reading values."""

    NOTHING = "is read"
    PICKLE = "is unpickled, every name"
    RESTRICTED = "is unpickled, tensors only"
    PYTHON = "is imported as Python"
    TEMPLATE = "is rendered for each request"
    GRAPH = "runs as a graph"
    INSTALLED = "is imported from an installed package"

    @property
    def acts(self) -> bool:
        """Whether it may run more than the loader's own code."""
        return self in (Runs.PICKLE, Runs.PYTHON, Runs.GRAPH, Runs.INSTALLED)


@dataclass(frozen=True, slots=True)
class Step:
    """One file that a loader opens: which, why, what that runs, and what it names if it leads to code."""

    artifact: str
    why: str
    runs: Runs


@dataclass(frozen=True, slots=True)
class LoadingPath:
    """One way to load the model: the loader and the call as a user writes it, and its steps in order.

    `optin` is the argument that a user must give for it; empty if the loader does this by itself.
    """

    loader: str
    call: str
    optin: str
    steps: tuple[Step, ...]
