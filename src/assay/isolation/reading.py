"""One artifact read as one format: facts, and what stopped the reader; the same code in a worker and here."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Protocol

from assay.errors import Changed, InputError, LimitExceeded, OutOfTime, Unreachable
from assay.facts.artifact import Obstacle, Trouble, obstacle
from assay.facts.codec import Mismatch
from assay.facts.tensor import WeightIndex
from assay.facts.text import ChatTemplate, TemplateTrial, untried
from assay.formats import Format
from assay.formats.container.file_licence import file_licences
from assay.formats.container.second import second_nature
from assay.formats.window import Source, Window
from assay.isolation import beneath
from assay.lazy import dataclass
from assay.writing import reason

MOST_TENSORS = 400_000  # of all files of a model; the largest mixtures of experts in use have 140,000
DEADLINE = 60.0  # wall seconds for one artifact's header
AGAIN = 1.0  # seconds after which time is called again, for a reader that took the first call for an error of its file
TRIAL = 30.0  # wall seconds for the chat templates of one artifact
UNRENDERED = "not rendered, because there is no isolated reader on this platform"
Give = Callable[[object], None]
Trials = tuple[tuple[TemplateTrial, ...], Obstacle | None]  # one for each template, in order, and what stopped them


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one artifact gave: facts in the order read, and what stopped the reader, if anything did."""

    facts: tuple[object, ...]
    obstacle: Obstacle | None = None


Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artifact's bytes are: a file `inside` a root on disk, with its identity, or an object that was given.

    An object may have a method `held`, which raises Changed where its bytes are no longer those that were listed.
    """

    given: Source | None = None
    root: beneath.Root | None = None
    inside: str = ""
    identity: Identity | None = None

    @property
    def path(self) -> str | None:
        """The path of the file, if it is one."""
        return None if self.root is None else os.path.join(self.root.path, self.inside)

    @contextmanager
    def source(self) -> Iterator[Source]:
        """The bytes, opened and closed; of a file only those of the one that was listed, unchanged until the end.

        An object that was given is left open for its giver to close.

        Raises:
            Changed: another file is there, or this one was changed before or while it was read.
            Unreachable: it cannot be opened or read.
        """
        if self.root is None:
            assert self.given is not None
            try:
                yield self.given
                getattr(self.given, "held", bool)()
            except OSError as cause:
                raise Unreachable(f"reading it failed ({reason(cause)})") from cause
            return
        try:
            descriptor = beneath.opened(self.root, self.inside)
        except PermissionError as cause:
            raise Unreachable(f"it cannot be opened ({cause.strerror})") from cause
        except OSError as cause:
            raise Changed(f"it can no longer be opened ({cause.strerror})") from cause
        with open(descriptor, "rb", buffering=0) as file:
            self._expect(file)
            try:
                yield file
            except OSError as cause:
                raise Unreachable(f"reading it failed ({cause.strerror})") from cause
            self._expect(file)

    def _expect(self, file: FileIO) -> None:
        """Changed unless the open file is as it was listed."""
        now = identity(os.fstat(file.fileno()))
        if now != self.identity:
            before, size = (self.identity or now)[2], now[2]
            grown = f" ({before:,} bytes before, {size:,} now)" if before != size else ""
            raise Changed(f"it changed since it was listed{grown}")


def identity(state: os.stat_result) -> Identity:
    """What identifies a file on disk, and changes with it: device, inode, size, times of change in ns.

    The last is the one that nobody can set: the system's own, of any change to bytes, name or rights.
    """
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


class Reader(Protocol):
    """Reads artifacts as formats, and tries out their templates; `reached` names the isolation, strongest last.

    `left` are the wall seconds that the audit has left for it.
    """

    def read(self, artifact: str, format: Format, place: Place, left: float = math.inf) -> Reading: ...

    def tried(self, artifact: str, templates: tuple[ChatTemplate, ...], left: float = math.inf) -> Trials: ...

    def reached(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


class _Clock:
    """Raises OutOfTime when it is called and so many seconds are over, and again AGAIN later: what was interrupted may
    tell what it has meanwhile. `rang` tells that it was.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until, self.rang = seconds, time.monotonic() + seconds, False

    def __call__(self) -> None:
        if (now := time.monotonic()) > self._until:
            self.rang, self._until = True, now + AGAIN
            raise self.late()

    def late(self) -> OutOfTime:
        """What it raises."""
        return OutOfTime(max(self._seconds, 0))


class _Timed(Window):
    """A window that raises OutOfTime once so many seconds are over: whatever lies inside reads through it."""

    __slots__ = ("check",)

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        self.check = check
        super().__init__(source)

    def read(self, at: int, count: int) -> bytes:
        """As of any window."""
        self.check()
        return super().read(at, count)


def read_at(
    give: Give, artifact: str, format: Format, place: Place, tensors: int, check: Callable[[], None] | None = None
) -> Obstacle | None:
    """As `read_into`, of what lies at `place`, for a model of which so many tensors may still be listed.

    `check` raises OutOfTime once the time is over; it is called at each read and for each fact.

    Of a file that changed, what was given does not count.
    """
    left = tensors

    def counted(fact: object) -> None:
        nonlocal left
        if isinstance(fact, WeightIndex):
            left -= listed(fact)
            if left < 0:
                raise LimitExceeded(
                    "more tensors than assay lists of a model of this size",
                    expected=f"{tensors:,} are left for this file",
                    got=f"{tensors - left:,}",
                )
        give(fact)
        if check is not None:
            check()

    try:
        with place.source() as source:
            window = Window(source) if check is None else _Timed(source, check)
            return read_into(counted, artifact, format, window)
    except (Changed, Unreachable, OutOfTime) as cause:
        return obstacle(artifact, cause)


def listed(fact: object) -> int:
    """How many tensors a fact lists."""
    return len(fact.tensors) + len(fact.unread) if isinstance(fact, WeightIndex) else 0


def reading(artifact: str, format: Format, window: Window) -> Reading:
    """Read all facts; an error of the input ends the reading and becomes an obstacle, what was read before stays."""
    facts: list[object] = []
    stopped = read_into(facts.append, artifact, format, window)
    return Reading(tuple(facts), stopped)


def read_into(give: Give, artifact: str, format: Format, window: Window) -> Obstacle | None:
    """Give each fact as soon as it is known; what stopped the reader, or None if it came to its end."""
    stopped: Obstacle | None = None
    try:
        try:
            for fact in format.read(artifact, window):
                give(fact)
        except InputError as broken:  # also that time is over: there is a moment for what follows
            stopped = obstacle(artifact, broken)
        _besides(give, artifact, format, window)
    except MemoryError:
        return Obstacle(artifact, Trouble.LIMIT, "reading it needs more memory than assay allows")
    except RecursionError:
        return Obstacle(artifact, Trouble.LIMIT, "it is nested deeper than assay follows")
    return stopped


def _besides(give: Give, artifact: str, format: Format, window: Window) -> None:
    """Give what is to be found besides what the format's reader gives, whether or not it came to its end."""
    for look in (second_nature(artifact, format, window), file_licences(artifact, format.id, window)):
        try:
            for fact in look:
                give(fact)
        except OutOfTime:
            raise
        except LimitExceeded as broken:
            give(obstacle(artifact, broken))
        except InputError:
            pass  # what keeps this from going on has kept the reader too, and is told there


def try_into(give: Give, artifact: str, template: ChatTemplate) -> Obstacle | None:
    """Give what rendering a template shows; what stopped it, or None."""
    from assay.formats.template.trial import trial

    try:
        give(trial(template))
    except InputError as broken:
        return obstacle(artifact, broken)
    except MemoryError:
        return Obstacle(artifact, Trouble.LIMIT, "rendering its chat template needs more memory than assay allows")
    return None


def trials(templates: tuple[ChatTemplate, ...], reading: Reading) -> Trials:
    """One trial for each template from what was told of them; those beyond say what stopped it.

    Raises Mismatch where what was told is not about these templates, one after another.
    """
    told = [fact for fact in reading.facts if isinstance(fact, TemplateTrial)]
    for template, trial in zip(templates, told, strict=False):
        if (template.artifact, template.pointer) != (trial.artifact, trial.pointer):
            raise Mismatch("an answer about another template")
    if len(told) > len(templates) or (len(told) < len(templates) and reading.obstacle is None):
        raise Mismatch(f"an answer about {len(told):,} templates instead of {len(templates):,}")
    why = "" if reading.obstacle is None else f"not rendered to the end: {reading.obstacle.reason}"
    return (*told, *(untried(template, why) for template in templates[len(told) :])), reading.obstacle


class InProcess:
    """Reads in this process: files that exist only as objects, and where that is asked for or no worker can be had.

    A reader that is over its time is stopped where it next reads of the file or tells something, a template that is
    being rendered where its budget of steps ends.

    Args:
        within: what this process itself is locked in.
        deadline: wall seconds for one artifact.
        trial: wall seconds for the chat templates of one artifact.
    """

    def __init__(
        self,
        *,
        render: bool = True,
        tensors: int = MOST_TENSORS,
        within: tuple[str, ...] = (),
        deadline: float = DEADLINE,
        trial: float = TRIAL,
    ) -> None:
        self._render, self._tensors, self._within = render, tensors, within
        self._deadline, self._trial = deadline, trial

    def read(self, artifact: str, format: Format, place: Place, left: float = math.inf) -> Reading:
        """Read one artifact."""
        facts: list[object] = []
        clock = _Clock(min(left, self._deadline))
        stopped = read_at(facts.append, artifact, format, place, self._tensors, clock)
        if clock.rang and stopped is None:  # the reader took it for something else
            stopped = obstacle(artifact, clock.late())
        self._tensors -= sum(map(listed, facts))
        changed = stopped is not None and stopped.trouble is Trouble.CHANGED
        return Reading(() if changed else tuple(facts), stopped)

    def tried(self, artifact: str, templates: tuple[ChatTemplate, ...], left: float = math.inf) -> Trials:
        """Try the templates of one artifact out, or say that it was not done."""
        if not self._render:
            return tuple(untried(template, UNRENDERED) for template in templates), None
        shown: list[object] = []
        stopped: Obstacle | None = None
        clock = _Clock(min(left, self._trial))
        for template in templates:
            try:
                clock()
                stopped = try_into(shown.append, artifact, template)
            except OutOfTime as late:
                stopped = obstacle(artifact, late)
            if stopped is not None:
                break
        return trials(templates, Reading(tuple(shown), stopped))

    def reached(self) -> tuple[str, ...]:
        """Nothing is isolated but with the process."""
        return self._within

    def close(self) -> None:
        """Nothing to close."""
