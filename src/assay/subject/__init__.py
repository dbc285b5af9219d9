"""Open a reference to a model: walk it once, hash it once, name what is missing.

Nothing here looks inside a file beyond its first bytes. Links, pipes and devices are never followed or opened
unless they are what a hub cache makes: a snapshot of links into the `blobs` folder beside it.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.errors import UsageError
from assay.facts.artifact import Artifact, Obstacle, Standing, Trouble, manifest
from assay.formats.window import Source
from assay.isolation import Place, identity

BLOCK = 1024 * 1024
HEAD_OF_POINTER = 1024  # a Git LFS pointer is shorter (git-lfs docs/spec.md)
MAX_ENTRIES = 1_000_000
MAX_DEPTH = 64
# what the OpenSSF model-signing reference tool leaves out of a signature (model_signing/hashing.py, ignore_git_paths)
EXCLUDED = frozenset({".git", ".gitattributes", ".github", ".gitignore"})
_LFS = b"version https://git-lfs.github.com/spec/"
_PARTIAL = (".incomplete", ".part", ".partial", ".crdownload", ".aria2", ".download", ".tmp")

Advance = Callable[[int], None]  # told of each block how many bytes it has
Sink = Callable[[memoryview], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that can be opened: its path inside the model, size in bytes, and where its bytes are."""

    path: str
    size: int
    place: Place


@dataclass(frozen=True, slots=True)
class Walk:
    """What a reference leads to, before anything is read."""

    name: str
    reference: str
    entries: tuple[Entry, ...]
    obstacles: tuple[Obstacle, ...]
    excluded: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Peeked:
    """The first bytes of a file, and why it should not be read any further, if it should not."""

    head: bytes
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Hashed:
    """One file after the only full read: SHA-256 in hex, and what went wrong, if anything did."""

    sha256: str
    obstacle: Obstacle | None = None


def walked(path: Path, name: str = "", reference: str = "", excluding: frozenset[str] = EXCLUDED) -> Walk:
    """Every file at or below `path`, in path order, but those that `excluding` names at the top.

    UsageError if there is nothing there to audit.
    """
    try:
        state = path.stat()
    except FileNotFoundError:
        hint = "the link leads nowhere" if path.is_symlink() else "give a folder, a weight file or hf://org/name"
        raise UsageError(f"no model at {path}: {hint}") from None
    except PermissionError:
        raise UsageError(f"no permission to open {path}: grant read access and try again") from None
    except OSError as cause:
        raise UsageError(f"cannot open {path}: {cause.strerror}") from None
    real = path.resolve()
    if stat.S_ISREG(state.st_mode):
        entry = _entry(str(real), _clean(path.name), state)
        walk = Walk(name or entry.path, reference, (entry,), (), (), (str(real),))
    elif stat.S_ISDIR(state.st_mode):
        walk = _folder(real, name or _clean(_folder_name(real)), reference, excluding)
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


def peeked(entry: Entry) -> Peeked:
    """The first bytes of a file, by which its format is recognised; an obstacle where it is not what its name says."""
    try:
        with entry.place.source() as source:
            source.seek(0)
            head = source.read(HEAD_OF_POINTER)
    except OSError as cause:
        trouble = Trouble.DENIED if isinstance(cause, PermissionError) else Trouble.CHANGED
        return Peeked(b"", Obstacle(entry.path, trouble, f"it cannot be opened ({cause.strerror})"))
    return Peeked(head, _absent(entry, head))


def hashed(entry: Entry, advance: Advance | None = None, sink: Sink | None = None) -> Hashed:
    """Read the whole file once in 1 MiB blocks, each also given to `sink`.

    A file that changes meanwhile keeps its digest and gets an obstacle.
    """
    digest, count = hashlib.sha256(), 0
    try:
        with entry.place.source() as source:
            source.seek(0)
            for block in _blocks(source):
                digest.update(block)
                count += len(block)
                if sink:
                    sink(block)
                if advance:
                    advance(len(block))
                if count > entry.size:
                    break  # it grows while it is read; following it could go on for ever
    except OSError as cause:
        return Hashed(
            digest.hexdigest(),
            Obstacle(entry.path, Trouble.DENIED, f"reading it failed at byte {count:,} ({cause.strerror})"),
        )
    if count != entry.size or not unchanged(entry):
        reason = f"it changed while it was read ({entry.size:,} bytes before, {count:,} read)"
        return Hashed(digest.hexdigest(), Obstacle(entry.path, Trouble.CHANGED, reason))
    return Hashed(digest.hexdigest())


def unchanged(entry: Entry) -> bool:
    """Whether the file on disk is still the one that was walked."""
    if entry.place.path is None:
        return True
    try:
        return identity(os.stat(entry.place.path, follow_symlinks=False)) == entry.place.identity
    except OSError:
        return False


def _blocks(source: Source) -> Iterator[memoryview]:
    readinto = getattr(source, "readinto", None)
    if readinto is None:
        while block := source.read(BLOCK):
            yield memoryview(block)
        return
    buffer = memoryview(bytearray(BLOCK))  # one buffer for the whole file, so that memory does not grow with it
    while count := readinto(buffer):
        yield buffer[:count]


def _absent(entry: Entry, head: bytes) -> Obstacle | None:
    """Why a file is not the file that it stands for."""
    name = entry.path.rpartition("/")[2].lower()
    if entry.size < HEAD_OF_POINTER and head.startswith(_LFS):
        return Obstacle(entry.path, Trouble.ABSENT, "it is a Git LFS pointer, not the file that it stands for")
    if name.endswith(_PARTIAL):
        return Obstacle(entry.path, Trouble.ABSENT, "it is a partial download")
    if not entry.size and name.endswith((".safetensors", ".gguf", ".bin", ".pt", ".pth", ".json")):
        return Obstacle(entry.path, Trouble.ABSENT, "it is empty")
    return None


def _folder(root: Path, name: str, reference: str, excluding: frozenset[str]) -> Walk:
    entries: list[Entry] = []
    obstacles: list[Obstacle] = []
    excluded: list[str] = []
    blobs = _blobs(root)
    allowed = (str(root), *([str(blobs)] if blobs else []))
    stack = [(str(root), "", 0)]
    while stack:
        folder, inside, depth = stack.pop()
        try:
            children = sorted(os.scandir(folder), key=lambda child: child.name)
        except OSError as cause:
            obstacles.append(
                Obstacle(_clean(inside) or ".", Trouble.DENIED, f"the folder cannot be listed ({cause.strerror})")
            )
            continue
        for child in children:
            path = _clean(f"{inside}/{child.name}" if inside else child.name)
            if not inside and child.name in excluding:
                excluded.append(path)
            elif child.is_dir(follow_symlinks=False):
                if depth >= MAX_DEPTH:
                    obstacles.append(Obstacle(path, Trouble.LIMIT, f"folders are nested deeper than {MAX_DEPTH}"))
                else:
                    stack.append((child.path, f"{inside}/{child.name}" if inside else child.name, depth + 1))
            else:
                found = _child(child, path, allowed)
                (entries if isinstance(found, Entry) else obstacles).append(found)  # type: ignore[arg-type]
            if len(entries) > MAX_ENTRIES:
                raise UsageError(f"more than {MAX_ENTRIES:,} files in {root}: give the folder that holds the model")
    obstacles += _partial_blobs(blobs) if blobs else []
    entries.sort(key=lambda entry: entry.path)
    return Walk(
        name,
        reference,
        tuple(entries),
        tuple(sorted(obstacles, key=lambda o: o.artifact)),
        tuple(sorted(excluded)),
        allowed,
    )


def _child(child: os.DirEntry[str], path: str, allowed: tuple[str, ...]) -> Entry | Obstacle:
    real = child.path
    try:
        if child.is_symlink():
            real = os.path.realpath(child.path, strict=True)
            if not any(real.startswith(root.rstrip(os.sep) + os.sep) for root in allowed):
                return Obstacle(
                    path,
                    Trouble.LINK,
                    f"it is a link that leaves the model's folder (to {_clean(os.readlink(child.path))!a})",
                )
        state = os.stat(real, follow_symlinks=False)
    except FileNotFoundError:
        return Obstacle(path, Trouble.ABSENT, "it is a link that leads nowhere")
    except OSError as cause:
        loop = (
            "it is a link that leads back to itself"
            if child.is_symlink()
            else f"it cannot be examined ({cause.strerror})"
        )
        return Obstacle(path, Trouble.LINK if child.is_symlink() else Trouble.DENIED, loop)
    if stat.S_ISDIR(state.st_mode):
        return Obstacle(path, Trouble.LINK, "it is a link to a folder, which is not followed")
    if not stat.S_ISREG(state.st_mode):
        return Obstacle(path, Trouble.SPECIAL, f"it is {_special(state.st_mode)}, not a file")
    if not os.access(real, os.R_OK):
        return Obstacle(path, Trouble.DENIED, "there is no permission to read it")
    return _entry(real, path, state)


def _entry(real: str, path: str, state: os.stat_result) -> Entry:
    def opened() -> io.FileIO:
        fd = os.open(
            real, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        return open(fd, "rb", buffering=0)

    return Entry(path, state.st_size, Place(opened, real, identity(state)))


def _special(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a block device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "special")


def _blobs(root: Path) -> Path | None:
    """The blobs folder of a hub cache, if `root` is one of its snapshots (huggingface_hub, "Manage cache")."""
    cache = root.parent.parent
    blobs = cache / "blobs"
    return blobs if root.parent.name == "snapshots" and cache.name.startswith("models--") and blobs.is_dir() else None


def _partial_blobs(blobs: Path) -> list[Obstacle]:
    """What a hub cache holds of downloads that did not finish: the snapshot has no link to them yet."""
    rows = sorted(entry.name for entry in os.scandir(blobs) if entry.name.endswith(_PARTIAL))
    return [Obstacle(f"blobs/{_clean(name)}", Trouble.ABSENT, "it is a partial download") for name in rows]


def _folder_name(root: Path) -> str:
    """The folder's name; for a snapshot of a hub cache the model's own, org/name."""
    if _blobs(root):
        return root.parent.parent.name.removeprefix("models--").replace("--", "/")
    return root.name or "model"


def _clean(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 are written as \\xNN, so that they survive JSON."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def digest(walk: Walk) -> str:
    """The manifest digest of what a walk leads to: every file is read."""
    rows = [(entry, hashed(entry)) for entry in walk.entries]
    return manifest(
        tuple(Artifact(entry.path, entry.size, row.sha256, "", Standing.INERT) for entry, row in rows)
    ).digest
