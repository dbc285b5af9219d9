"""One measure per file: what is worked out from the facts of a model before checks judge it.

A measure says which facts it needs, which it gives, and what it costs. The pipeline runs those that an enabled check or
a report needs, in the order that needs and gives imply. Measures are found by listing this folder.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from assay.facts.artifact import Artifact
from assay.lazy import dataclass
from assay.listing import Deferred, listed, modules
from assay.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from assay.facts.reported import Reported
    from assay.kernels import Digest
    from assay.probes.probing import Probing
    from assay.subject import Walk
    from assay.uncertainty.asking import Asking
    from assay.weights.summaries import Keep


class Cost(StrEnum):
    """What a measure has to touch, cheapest first."""

    HEADER = "header"
    """Facts that the readers gave; no further byte is read."""
    PASS = "pass"  # noqa: S105 - a cost, not a password
    """The blocks that are read anyway, once, to hash each file."""
    WEIGHTS = "weights"
    """Further reads of tensors."""
    RUNTIME = "runtime"
    """The model is run."""
    CORPUS = "corpus"
    """An index of training data is opened."""
    NETWORK = "network"
    """A connection is opened."""


ORDER = tuple(Cost)


class Asked(Protocol):
    """What measures read of the request for an audit."""

    @property
    def model(self) -> str:
        """The reference under which the model was asked for."""

    @property
    def base(self) -> str | None:
        """The model with which the weights are compared."""

    @property
    def corpora(self) -> tuple[str, ...]:
        """Folders of indexed training data."""

    @property
    def trust(self) -> Path | None:
        """The trust file by which a signature is judged."""

    @property
    def run(self) -> Asking | None:
        """The questions that the model is to be asked."""

    @property
    def probes(self) -> Probing | None:
        """What of the model's behaviour is to be probed."""

    @property
    def reported(self) -> tuple[Reported, ...]:
        """What other tools reported of the model."""

    @property
    def hints(self) -> bool:
        """Whether weights are searched for marks of editing also where that takes minutes."""

    @property
    def histograms(self) -> Path | None:
        """The file that takes every tensor's exact histogram."""

    @property
    def offline(self) -> bool:
        """Whether no connection may be opened."""

    @property
    def isolation(self) -> bool:
        """Whether headers of other models are parsed in a worker too."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a measure works on: the request, the files as walked, and the facts so far by the name of their type.

    `keep` takes the exact histogram of each tensor, where the request asks for them.
    """

    request: Asked
    walk: Walk
    facts: Mapping[str, tuple[Any, ...]]
    progress: Progress | None = None
    keep: Keep | None = None

    def all(self, fact: str) -> tuple[Any, ...]:
        """Every fact of one type, in the order of the files."""
        return self.facts.get(fact, ())

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files of the model."""
        return self.all("Artifact")


class Feed(Protocol):
    """Takes the blocks of one file as they are hashed, and gives facts at its end."""

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""

    def ended(self) -> Iterable[object]:
        """The facts, once the last block was fed."""


@runtime_checkable
class Hashing(Protocol):
    """A feed that can hash what it takes meanwhile, in less than both take one after the other."""

    def hashes(self) -> Digest | None:
        """The SHA-256 of all that will be fed, from the first byte on; None where it does not hash."""

    def begun(self, block: memoryview) -> Callable[[], None]:
        """In place of `feed`: hash the next bytes, and give what is left to do of them, in order and in one thread."""


_RUNS = ("run", "begin", "ready")  # the functions of a measure
Run = Callable[[Material], Iterable[object]]
Ready = Callable[[Asked], None]
Begin = Callable[[Material], Mapping[str, Feed]]


def _nothing(material: Material) -> Iterator[object]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Measure:
    """How facts are worked out from other facts.

    Args:
        id: its name in a plan and in a reason.
        needs: the facts that it reads, by the name of their type.
        gives: the facts that it yields.
        cost: what it has to touch.
        run: yields the facts, or NotMeasured with the reason why there are none.
        ready: raises UsageError, before anything is read, where what the request gives cannot be used.
        begin: for a measure of cost `pass`: gives a feed for each artifact whose blocks it wants.
        given: the field of the request without which it is not asked for (`base`, `trust`); empty if it needs none.
        reported: whether it is wanted for the report even where no check needs it.
        option: of `assay audit`, that asks for it; named where a policy requires an answer that takes it, and it was
            not asked for.
    """

    id: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    cost: Cost
    run: Run = _nothing
    begin: Begin | None = None
    ready: Ready | None = None
    given: str = ""
    reported: bool = False
    option: str = ""


@cache
def installed() -> tuple[Measure, ...]:
    """Every measure of assay's own, in module-name order."""
    rows = listed(__path__[0], packages=True)
    return tuple(_imported().values() if rows is None else map(_from_list, rows, rows.values()))


def listing() -> dict[str, Any]:
    """What each measure declares, as `listed` gives it back: all but what it runs, of which only that it does."""
    return {
        module: {
            "id": row.id,
            "needs": list(row.needs),
            "gives": list(row.gives),
            "cost": row.cost.name,
            "given": row.given,
            "reported": row.reported,
            "option": row.option,
            "runs": [name for name in _RUNS if getattr(row, name) not in (None, _nothing)],
        }
        for module, row in _imported().items()
    }


def _from_list(module: str, row: dict[str, Any]) -> Measure:
    runs: dict[str, Any] = {name: Deferred(f"{__name__}.{module}", "MEASURE", name) for name in row["runs"]}
    return Measure(
        row["id"], tuple(row["needs"]), tuple(row["gives"]), Cost[row["cost"]],
        given=row["given"], reported=row["reported"], option=row["option"], **runs,
    )  # fmt: skip


def _imported() -> dict[str, Measure]:
    """Module below this one -> what it declares."""
    names = modules(__path__[0], packages=True)
    return {name: importlib.import_module(f"{__name__}.{name}").MEASURE for name in names}
