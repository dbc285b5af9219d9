"""Every file of a model: those below a folder, in a snapshot of a hub cache, or a single one, before any is read.

Links, pipes and devices are never followed or opened unless they are what a hub cache makes: a snapshot of links into
the `blobs` folder beside it. What cannot be opened is an obstacle that says why.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from assay.errors import UsageError
from assay.facts.artifact import EXCLUDED, Obstacle, Trouble
from assay.facts.dossier import ENDPOINTS
from assay.formats.window import Source
from assay.isolation import Place, beneath, identity
from assay.lazy import dataclass, regex
from assay.subject import cache, store

MAX_ENTRIES = 1_000_000
MAX_DEPTH = 64
TICK = 12_000_000  # ns: times of change move on with the timer interrupt, at 100 Hz where that is slowest
_ESCAPE = regex(rb"\\(?=x[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that can be opened: its path inside the model, size in bytes, and where its bytes are."""

    path: str
    size: int
    place: Place


@dataclass(frozen=True, slots=True)
class Walk:
    """What a reference leads to, before anything is read; all of it lies in the files or folders `roots`.

    `excluded` are the parts that signatures leave out: they are read like any other. `aside` is what Git keeps for
    itself in a `.git` folder: not read, unless a file of the model names it (`subject.reach`). `far`: bytes come over a
    network as they are asked for.
    """

    name: str
    reference: str
    entries: tuple[Entry, ...]
    obstacles: tuple[Obstacle, ...]
    excluded: tuple[str, ...]
    roots: tuple[str, ...]
    aside: tuple[Entry | Obstacle, ...] = ()
    far: bool = False

    @property
    def closed(self) -> bool:
        """Whether the model is behind an endpoint: it has files, and nobody here can read them."""
        return self.reference.startswith(ENDPOINTS)


def walked(path: Path, name: str = "", reference: str = "") -> Walk:
    """Every file at or below `path`, in path order.

    UsageError if there is nothing there to audit.
    """
    state = _state(path)
    real = path.resolve()
    if stat.S_ISREG(state.st_mode):
        place = Place(None, beneath.root(str(real.parent)), real.name, identity(state))
        entry = Entry(_clean(path.name), state.st_size, place)
        _settle([entry])
        walk = Walk(name or entry.path, reference, (entry,), (), (), (str(real),))
    elif stat.S_ISDIR(state.st_mode):
        walk = _folder(real, name or _folder_name(real), reference)
    else:
        raise UsageError(f"{path} is neither a file nor a folder: give a folder or a weight file")
    if not walk.entries and not walk.obstacles:
        raise UsageError(f"no files in {path}: give the folder that holds the model")
    return walk


def given(files: Mapping[str, Source], name: str, obstacles: tuple[Obstacle, ...] = ()) -> Walk:
    """A walk over seekable binary objects, keyed by path inside the model: for a browser, a test, an archive.

    `obstacles` are the files that their giver could not open. What signatures leave out of a folder, and what is Git's
    own there, is left out of these too.
    """
    entries = [Entry(_clean(path), source.seek(0, 2), Place(source)) for path, source in files.items()]
    entries.sort(key=lambda entry: entry.path)
    excluded = EXCLUDED & {path.partition("/")[0] for path in (*files, *(row.artifact for row in obstacles))}
    return _apart(Walk(_clean(name), "", tuple(entries), obstacles, tuple(sorted(excluded)), ()))


_NAMED = regex(r"\w[\w.-]*/\w[\w.-]*")  # a model of a hub, where no folder has the name


def _state(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        hub = f"hf://{path.as_posix()}" if _NAMED.fullmatch(path.as_posix()) else "hf://org/name"
        hint = "the link leads nowhere" if path.is_symlink() else f"give a folder, a weight file or {hub}"
        raise UsageError(f"no model at {path}: {hint}") from None
    except PermissionError:
        raise UsageError(f"no permission to open {path}: grant read access and try again") from None
    except OSError as cause:
        raise UsageError(f"cannot open {path}: {cause.strerror}") from None


def _folder(path: Path, name: str, reference: str) -> Walk:
    entries: list[Entry] = []
    obstacles: list[Obstacle] = []
    excluded: list[str] = []
    blobs = cache.blobs(path)
    roots = tuple(beneath.root(str(row)) for row in (path, blobs) if row)
    stack = [("", 0)]
    while stack:
        inside, depth = stack.pop()
        try:
            with beneath.folder(roots[0], inside) as place:
                for child in sorted(os.scandir(place), key=lambda child: child.name):
                    below = os.path.join(inside, child.name)
                    if not inside and child.name in EXCLUDED:
                        excluded.append(_clean(below))
                    if not child.is_dir(follow_symlinks=False):
                        found = _child(place, child, below, roots)
                        (entries if isinstance(found, Entry) else obstacles).append(found)  # type: ignore[arg-type]
                    elif depth < MAX_DEPTH:
                        stack.append((below, depth + 1))
                    else:
                        reason = f"folders are nested deeper than {MAX_DEPTH}"
                        obstacles.append(Obstacle(_clean(below), Trouble.LIMIT, reason))
                    if len(entries) > MAX_ENTRIES:
                        raise UsageError(
                            f"more than {MAX_ENTRIES:,} files in {path}: give the folder that holds the model"
                        )
        except OSError as cause:
            reason = f"the folder cannot be listed ({cause.strerror})"
            obstacles.append(Obstacle(_clean(inside) or ".", Trouble.DENIED, reason))
    partial = cache.unfinished(blobs) if blobs else []
    obstacles += [Obstacle(f"blobs/{_clean(name)}", Trouble.ABSENT, "it is a partial download") for name in partial]
    entries.sort(key=lambda entry: entry.path)
    obstacles.sort(key=lambda obstacle: obstacle.artifact)
    _settle(entries)
    shown = tuple(row.path for row in roots)
    return _apart(Walk(name, reference, tuple(entries), tuple(obstacles), tuple(sorted(excluded)), shown))


def _apart(walk: Walk) -> Walk:
    """The same walk, with what Git keeps for itself set aside."""
    own = store.owned(walk.entries, walk.obstacles)
    return replace(
        walk,
        entries=tuple(entry for entry in walk.entries if entry.path not in own),
        obstacles=tuple(obstacle for obstacle in walk.obstacles if obstacle.artifact not in own),
        aside=tuple(own.values()),
    )


def _settle(entries: list[Entry]) -> None:
    """Wait until the system's clock for times of change has moved on: what is changed from here on then shows it."""
    newest = max((entry.place.identity[4] for entry in entries if entry.place.identity), default=0)
    if abs(time.time_ns() - newest) < TICK:
        time.sleep(TICK / 1e9)


def _child(place: int | str, child: os.DirEntry[str], below: str, roots: tuple[beneath.Root, ...]) -> Entry | Obstacle:
    """What `below` the first root is called so: an entry, or why it is none. `place` is the folder that it is in."""
    path, root = _clean(below), roots[0]
    try:
        if not child.is_symlink():
            return _entry(root, below, path, place)
        link = os.path.join(root.path, below)
        target = os.path.realpath(link, strict=True)  # a proposal: the file is opened beneath a root, over no link
        for root in roots:
            if target.startswith(prefix := root.path.rstrip(os.sep) + os.sep):
                real = target.removeprefix(prefix)
                with beneath.folder(root, os.path.dirname(real), listed=False) as there:
                    return _entry(root, real, path, there)
        leads = f"it is a link that leaves the model's folder (to {_clean(os.readlink(link))!a})"
        return Obstacle(path, Trouble.LINK, leads)
    except FileNotFoundError:
        return Obstacle(path, Trouble.ABSENT, "it is a link that leads nowhere")
    except OSError as cause:
        if child.is_symlink():
            return Obstacle(path, Trouble.LINK, "it is a link that leads back to itself")
        return Obstacle(path, Trouble.DENIED, f"it cannot be examined ({cause.strerror})")


def _entry(root: beneath.Root, real: str, path: str, place: int | str) -> Entry | Obstacle:
    """The file `real` below `root`, in the folder `place`, as what is called `path` in the model."""
    name = os.path.basename(real)
    state = beneath.state(place, name)
    if stat.S_ISDIR(state.st_mode):
        return Obstacle(path, Trouble.LINK, "it is a link to a folder, which is not followed")
    if not stat.S_ISREG(state.st_mode):
        return Obstacle(path, Trouble.SPECIAL, f"it is {_special(state.st_mode)}, not a file")
    if not beneath.readable(place, name):
        return Obstacle(path, Trouble.DENIED, "there is no permission to read it")
    return Entry(path, state.st_size, Place(None, root, real, identity(state)))


def _special(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a block device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "special")


def _folder_name(root: Path) -> str:
    """The folder's name; for a snapshot of a hub cache the model's own, org/name."""
    return _clean(cache.model(root) if cache.blobs(root) else root.name) or "model"


def _clean(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 are written as \\xNN, so that they survive JSON.

    The backslash of a name that holds such an escape as it stands is written as one too: no two names share a text.
    """
    return _ESCAPE.sub(rb"\\x5c", os.fsencode(name)).decode("utf-8", "backslashreplace")
