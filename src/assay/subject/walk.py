"""Every file of a model: those below a folder, in a snapshot of a hub cache, or a single one, before any is read.

Links, pipes and devices are never followed or opened unless they are what a hub cache makes: a snapshot of links into
the `blobs` folder beside it. What cannot be opened is an obstacle that says why.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.errors import UsageError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.dossier import ENDPOINT
from assay.formats.window import Source
from assay.isolation import Place, identity
from assay.subject import cache

MAX_ENTRIES = 1_000_000
MAX_DEPTH = 64
# what the OpenSSF model-signing reference tool leaves out of a signature (model_signing/hashing.py, ignore_git_paths)
EXCLUDED = frozenset({".git", ".gitattributes", ".github", ".gitignore"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that can be opened: its path inside the model, size in bytes, and where its bytes are."""

    path: str
    size: int
    place: Place


@dataclass(frozen=True, slots=True)
class Walk:
    """What a reference leads to, before anything is read; all of it lies in the files or folders `roots`."""

    name: str
    reference: str
    entries: tuple[Entry, ...]
    obstacles: tuple[Obstacle, ...]
    excluded: tuple[str, ...]
    roots: tuple[str, ...]

    @property
    def closed(self) -> bool:
        """Whether the model is behind an endpoint: it has files, and nobody here can read them."""
        return self.reference.startswith(ENDPOINT)


def walked(path: Path, name: str = "", reference: str = "", excluding: frozenset[str] = EXCLUDED) -> Walk:
    """Every file at or below `path`, in path order, but those that `excluding` names at the top.

    UsageError if there is nothing there to audit.
    """
    state = _state(path)
    real = path.resolve()
    if stat.S_ISREG(state.st_mode):
        entry = _entry(str(real), _clean(path.name), state)
        walk = Walk(name or entry.path, reference, (entry,), (), (), (str(real),))
    elif stat.S_ISDIR(state.st_mode):
        walk = _folder(real, name or _folder_name(real), reference, excluding)
    else:
        raise UsageError(f"{path} is neither a file nor a folder: give a folder or a weight file")
    if not walk.entries and not walk.obstacles:
        raise UsageError(f"no files in {path}: give the folder that holds the model")
    return walk


def given(files: Mapping[str, Source], name: str) -> Walk:
    """A walk over seekable binary objects, keyed by path inside the model: for a browser, a test, an archive."""
    entries = []
    for path, source in sorted(files.items()):
        entries.append(Entry(path, source.seek(0, 2), Place(lambda source=source: source)))  # type: ignore[misc]
    return Walk(name, "", tuple(entries), (), (), ())


def _state(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        hint = "the link leads nowhere" if path.is_symlink() else "give a folder, a weight file or hf://org/name"
        raise UsageError(f"no model at {path}: {hint}") from None
    except PermissionError:
        raise UsageError(f"no permission to open {path}: grant read access and try again") from None
    except OSError as cause:
        raise UsageError(f"cannot open {path}: {cause.strerror}") from None


def _folder(root: Path, name: str, reference: str, excluding: frozenset[str]) -> Walk:
    entries: list[Entry] = []
    obstacles: list[Obstacle] = []
    excluded: list[str] = []
    blobs = cache.blobs(root)
    allowed = (str(root), *([str(blobs)] if blobs else []))
    stack = [(str(root), "", 0)]
    while stack:
        folder, inside, depth = stack.pop()
        try:
            children = sorted(os.scandir(folder), key=lambda child: child.name)
        except OSError as cause:
            reason = f"the folder cannot be listed ({cause.strerror})"
            obstacles.append(Obstacle(_clean(inside) or ".", Trouble.DENIED, reason))
            continue
        for child in children:
            below = f"{inside}/{child.name}" if inside else child.name
            path = _clean(below)
            if not inside and child.name in excluding:
                excluded.append(path)
            elif child.is_dir(follow_symlinks=False):
                if depth >= MAX_DEPTH:
                    obstacles.append(Obstacle(path, Trouble.LIMIT, f"folders are nested deeper than {MAX_DEPTH}"))
                else:
                    stack.append((child.path, below, depth + 1))
            else:
                found = _child(child, path, allowed)
                (entries if isinstance(found, Entry) else obstacles).append(found)  # type: ignore[arg-type]
            if len(entries) > MAX_ENTRIES:
                raise UsageError(f"more than {MAX_ENTRIES:,} files in {root}: give the folder that holds the model")
    partial = cache.unfinished(blobs) if blobs else []
    obstacles += [Obstacle(f"blobs/{_clean(name)}", Trouble.ABSENT, "it is a partial download") for name in partial]
    entries.sort(key=lambda entry: entry.path)
    obstacles.sort(key=lambda obstacle: obstacle.artifact)
    return Walk(name, reference, tuple(entries), tuple(obstacles), tuple(sorted(excluded)), allowed)


def _child(child: os.DirEntry[str], path: str, allowed: tuple[str, ...]) -> Entry | Obstacle:
    real = child.path
    try:
        if child.is_symlink():
            real = os.path.realpath(child.path, strict=True)
            if not any(real.startswith(root.rstrip(os.sep) + os.sep) for root in allowed):
                leads = f"it is a link that leaves the model's folder (to {_clean(os.readlink(child.path))!a})"
                return Obstacle(path, Trouble.LINK, leads)
        state = os.stat(real, follow_symlinks=False)
    except FileNotFoundError:
        return Obstacle(path, Trouble.ABSENT, "it is a link that leads nowhere")
    except OSError as cause:
        if child.is_symlink():
            return Obstacle(path, Trouble.LINK, "it is a link that leads back to itself")
        return Obstacle(path, Trouble.DENIED, f"it cannot be examined ({cause.strerror})")
    if stat.S_ISDIR(state.st_mode):
        return Obstacle(path, Trouble.LINK, "it is a link to a folder, which is not followed")
    if not stat.S_ISREG(state.st_mode):
        return Obstacle(path, Trouble.SPECIAL, f"it is {_special(state.st_mode)}, not a file")
    if not os.access(real, os.R_OK):
        return Obstacle(path, Trouble.DENIED, "there is no permission to read it")
    return _entry(real, path, state)


def _entry(real: str, path: str, state: os.stat_result) -> Entry:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

    def opened() -> io.FileIO:
        return open(os.open(real, flags), "rb", buffering=0)

    return Entry(path, state.st_size, Place(opened, real, identity(state)))


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
    """A file name as text: bytes that are no UTF-8 are written as \\xNN, so that they survive JSON."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
