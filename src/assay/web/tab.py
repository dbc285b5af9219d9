"""An audit inside a browser tab: files that are read a piece at a time, and the dossier and reports of them.

This runs under Pyodide, in a worker of the page that `site` writes; nothing here needs a browser, so that the same is
run by tests. The tab is the sandbox: a process that can reach neither files nor, by the page's policy, the network.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from assay.errors import Changed, UsageError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.dossier import Dossier
from assay.isolation import InProcess
from assay.pipeline import concluded, passed, requested, settled
from assay.pipeline.budget import tensors
from assay.progress import Progress
from assay.render import ENDINGS, names, renderer
from assay.render.tally import tally
from assay.render.verdict import said
from assay.subject import Hashed, Walk, given

ISOLATION = ("browser tab",)
_CHANGED = "it changed since it was chosen, or can no longer be read: choose it again"
_AGAIN = "another file has the same path, and only the first was read: choose the folder that holds both"
_FALLEN = "reading it brought down the Python of this tab, which was started again without it"


class Bytes(Protocol):
    """What JavaScript's typed arrays are in Pyodide (pyodide.ffi.JsBuffer)."""

    def to_bytes(self) -> bytes: ...

    def assign_to(self, to: Any, /) -> None: ...


Read = Callable[[int, int], Bytes | None]
"""Gives so many bytes from an offset of one file, or None where the browser no longer lets it be read."""


class Slices:
    """A file of which only what is asked for is ever in memory: `seek`, `read` and `readinto` over `read`."""

    def __init__(self, read: Read, size: int) -> None:
        self._read, self._size, self._at = read, size, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an offset from the beginning, from here (1) or from the end (2)."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, fewer only at the end."""
        left = max(0, self._size - self._at)
        count = left if size < 0 else min(size, left)
        return self._next(count).to_bytes() if count else b""

    def readinto(self, to: memoryview, /) -> int:
        """Fill a buffer with the next bytes; how many there were."""
        count = min(len(to), max(0, self._size - self._at))
        if count:
            self._next(count).assign_to(to[:count])
        return count

    def _next(self, count: int) -> Bytes:
        found = self._read(self._at, count)
        if found is None:
            raise Changed(_CHANGED)
        self._at += count
        return found


def walk(
    name: str,
    files: Iterable[tuple[str, int, Read]],
    refused: Iterable[tuple[str, str]] = (),
    fallen: Iterable[str] = (),
) -> Walk:
    """The walk over what a user dropped.

    Args:
        name: of the folder, or of the one file.
        files: the path inside the folder, the size in bytes, and how it is read.
        refused: the path of each file that the browser did not open, and why.
        fallen: the paths of those that brought Python down when they were read, before it was started again.

    Of files with one path, as of a drop from several folders, the first is read and the others are obstacles.

    Raises UsageError where there is nothing.
    """
    sources: dict[str, Slices] = {}
    again = []
    for path, size, read in files:
        if path in sources:
            again.append(Obstacle(path, Trouble.DENIED, _AGAIN))
        else:
            sources[path] = Slices(read, size)
    obstacles = tuple(
        [Obstacle(path, Trouble.DENIED, f"the browser cannot open it ({why})") for path, why in sorted(refused)]
        + again
        + [Obstacle(path, Trouble.STOPPED, _FALLEN) for path in sorted(fallen)]
    )
    if not sources and not obstacles:
        raise UsageError("there are no files in it: choose the folder that holds the model, or a weight file")
    return given(sources, name, obstacles)


class Audit:
    """An audit in two steps, so that the worker of the page can wait between them for digests that others make."""

    def __init__(
        self,
        found: Walk,
        *,
        policy: str = "default",
        cost: str = "pass",
        most: int | None = None,
        progress: Progress | None = None,
        elsewhere: Callable[[tuple[str, ...]], Iterable[str]] | None = None,
    ) -> None:
        """Read the files.

        Args:
            elsewhere: told which files are to be hashed, gives those that others hash; without it none is.
        """
        self._request = requested(found.name, policy=policy, cost=cost, max_bytes=most)
        self._walk, self._progress = found, progress
        limit = tensors(sum(entry.size for entry in found.entries))
        beside = (lambda paths: frozenset(map(str, elsewhere(paths)))) if elsewhere else None
        self._passed = passed(
            found,
            self._request,
            lambda _: InProcess(tensors=limit, within=ISOLATION),
            progress,
            elsewhere=beside,
        )

    def concluded(self, digests: Iterable[tuple[str, str]] = ()) -> Dossier:
        """The dossier, after the digests that others made, by path: SHA-256 in hex, empty of what cannot be read."""
        rows = {path: _made(path, sha256) for path, sha256 in digests}
        return concluded(settled(self._passed, rows), self._walk, self._request, self._progress)


def audited(found: Walk, **options: Any) -> Dossier:
    """The dossier that `assay audit --policy POLICY --cost COST --max-bytes MOST` makes, but for its isolation."""
    return Audit(found, **options).concluded()


def _made(path: str, sha256: str) -> Hashed:
    return Hashed(sha256, None if sha256 else Obstacle(path, Trouble.CHANGED, _CHANGED))


def report(dossier: Dossier, format: str) -> bytes:
    """A report in one format, the bytes that `-o FORMAT=FILE` writes."""
    stream, found = io.BytesIO(), renderer(format)
    if found is None:
        raise UsageError(f"unknown format {format!r}")
    found.write(dossier, stream)
    return stream.getvalue()


def formats() -> tuple[tuple[str, str, str], ...]:
    """Each format: its id, what it is for, and how its file is called after the model's name."""
    endings = {format: ending for ending, format in reversed(ENDINGS.items())}
    rows = ((name, renderer(name)) for name in names())
    return tuple((name, row.title, endings.get(name, f".{name}.json")) for name, row in rows if row is not None)


def headline(dossier: Dossier) -> tuple[str, str]:
    """The verdict, and the one sentence that says why."""
    return str(dossier.decision.verdict), said(tally(dossier)).headline.sentence


def warm() -> None:
    """Import what an audit needs, by one of a file that is made up: the first of a user then need not wait for it."""
    empty = b"\x02\0\0\0\0\0\0\0{}"  # a safetensors file without a tensor
    report(audited(given({"model.safetensors": io.BytesIO(empty)}, "warm")), "html")
