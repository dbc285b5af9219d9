"""What one audit may cost, whatever the files ask for: seconds, bytes, tensors; what it does not reach stays open."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator

from assay.errors import Changed, OverBudget, Unreachable
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.dossier import Limit
from assay.facts.measured import NotMeasured
from assay.isolation import MOST_TENSORS
from assay.measures import Cost, Material, Measure
from assay.progress import Progress
from assay.subject import Entry

LEAST_TENSORS = 50_000  # listing, measuring and reporting so many takes some 20 s of CPU
BYTES_FOR_EACH = 64 * 1024  # that a file must have for each tensor beyond: one of 1 GiB may list 66,384
LEAST_SECONDS, BYTES_A_SECOND = 1800, 20 * 10**6  # the slowest that a disk, or values without native kernels, are read
MOST_BYTES = 8 * 10**12  # the largest repositories in use, with every quantised copy, hold half of it
FAR_BYTES = 32 * 10**6  # where headers are all that is asked for, and everything comes over a network
MOST_HOLES = 1 << 30  # bytes of a file that were never written; a broken download of any size has more
MOST_EXTENTS = 10_000  # stretches of a file that are asked for
_SEEKS = hasattr(os, "SEEK_HOLE")


def tensors(size: int) -> int:
    """How many tensors may be listed of a model of so many bytes."""
    return min(MOST_TENSORS, LEAST_TENSORS + size // BYTES_FOR_EACH)


class Budget:
    """What is left of an audit's time and bytes. The clock is read for nothing but to end what takes too long."""

    def __init__(
        self,
        entries: tuple[Entry, ...],
        max_time: int | None = None,
        max_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        far: bool = False,
    ) -> None:
        self._size = sum(entry.size for entry in entries)
        self.seconds = LEAST_SECONDS + self._size // BYTES_A_SECOND if max_time is None else max_time
        self.bytes = (FAR_BYTES if far else MOST_BYTES) if max_bytes is None else max_bytes
        self.tensors = tensors(self._size)
        self._holes = max_bytes is None  # who says how much is to be read has holes read as well
        self._given = (max_time is not None, max_bytes is not None, False)
        self._clock = clock
        self._until: float = clock() + self.seconds

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What the dossier states."""
        values = (("seconds", self.seconds), ("bytes", self.bytes), ("tensors", self.tensors))
        return tuple(Limit(name, value, given) for (name, value), given in zip(values, self._given, strict=True))

    @property
    def left(self) -> float:
        """Seconds until the time is over; not above zero if it is."""
        return self._until - self._clock()

    def check(self) -> None:
        """Raises OverBudget when the time is over."""
        if self._clock() > self._until:
            raise OverBudget(f"the audit's {self.seconds:,} seconds were over; allow more with --max-time")

    def over(self, artifact: str) -> Obstacle | None:
        """Why nothing more is read of an artifact, if the time is over."""
        try:
            self.check()
        except OverBudget as cause:
            return Obstacle(artifact, Trouble.LIMIT, str(cause))
        return None

    def unread(self, entries: tuple[Entry, ...]) -> dict[str, Obstacle]:
        """The files that are not to be read in full, by path, with the reason: the largest, and those full of holes."""
        found: dict[str, Obstacle] = {}
        taken = 0
        for entry in sorted(entries, key=lambda entry: (entry.size, entry.path)):
            reason = ""
            if self._holes and entry.size > MOST_HOLES and (holes := _holes(entry)) > MOST_HOLES:
                reason = (
                    f"{holes:,} of its {entry.size:,} bytes were never written and read as zero, as of an interrupted "
                    f"download; it was not read in full (--max-bytes {self._size} has it read all the same)"
                )
            elif taken + entry.size > self.bytes:
                reason = (
                    f"its {entry.size:,} bytes were not read in full: with it the audit would come to more than "
                    f"{self.bytes:,}; allow more with --max-bytes"
                )
            else:
                taken += entry.size
            if reason:
                found[entry.path] = Obstacle(entry.path, Trouble.LIMIT, reason)
        return found

    def watched(self, progress: Progress | None) -> Progress:
        """`progress`, that ends the work it is told about when the time is over."""

        def told(label: str, done: int, total: int, unit: str) -> bool | None:
            self.check()
            return progress(label, done, total, unit) if progress is not None else None

        return told

    def run(self, measures: Iterable[Measure], material: Callable[[], Material]) -> Iterator[tuple[object, ...]]:
        """The facts of each measure; for those that read on when the time is over, that they were not made."""
        missed: list[str] = []
        for measure in measures:
            until, begun = self._until, self._clock()
            asked = bool(measure.given) and not self._given[0]  # it takes what it takes, unless the user set a limit
            try:
                if asked:
                    self._until = math.inf
                if measure.cost not in (Cost.HEADER, Cost.PASS):
                    self.check()
                found = tuple(measure.run(material()))
            except OverBudget as cause:
                missed.append(measure.id)
                found = (NotMeasured(measure.id, measure.gives, str(cause)),)
            if asked:
                self._until = until + self._clock() - begun
            yield found
        if missed:
            reason = f"the audit's {self.seconds:,} seconds were over before {', '.join(missed)} could be worked out"
            about = next((index.artifact for index in material().all("WeightIndex")), ".")
            yield (Obstacle(about, Trouble.LIMIT, f"{reason}; allow more with --max-time"),)


def _holes(entry: Entry) -> int:
    """How many bytes of a file were never written, as far as its file system tells; 0 where it does not."""
    found = at = 0
    try:
        with entry.place.source() as source:
            if not _SEEKS or not hasattr(source, "fileno"):
                return 0
            descriptor = source.fileno()
            if os.fstat(descriptor).st_blocks * 512 > entry.size - MOST_HOLES:
                return 0
            for _ in range(MOST_EXTENTS):
                start = os.lseek(descriptor, at, os.SEEK_HOLE)
                if start >= entry.size:
                    return found
                try:
                    at = os.lseek(descriptor, start, os.SEEK_DATA)
                except OSError:  # ENXIO: nothing but a hole until the end
                    return found + entry.size - start
                found += at - start
    except (Changed, Unreachable):
        return 0  # whoever reads it says so
    return found
