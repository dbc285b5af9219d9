"""Folders and files below a root, opened by descriptor: no link is followed on the way, and none leads out.

Each folder is opened in the one above it, from the root down, and refused if it is a link. This holds what openat2(2)
with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS does, since no path here has `..` in it, on every system that opens files by
descriptor; elsewhere (Windows) paths are opened as they are, and what is opened is compared with what was listed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from assay.lazy import dataclass

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_PASSED = getattr(os, "O_PATH", os.O_RDONLY) | _FOLDER  # a folder on the way: it is not listed
# of a pipe that was put in the place of a file, opening must not wait for who writes
_FILE = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder below which a model lies: its path, and the device and inode that it had when it was found."""

    path: str
    device: int
    inode: int


def root(path: str) -> Root:
    """The folder at `path`, a path without links, as it is now."""
    state = os.stat(path)
    return Root(path, state.st_dev, state.st_ino)


def opened(root: Root, inside: str) -> int:
    """A descriptor of the file at `inside` below `root`, for reading. OSError where it cannot be had without a link."""
    if not _BY_DESCRIPTOR:
        return os.open(os.path.join(root.path, inside), _FILE)
    *above, name = inside.split(os.sep)
    place = _reached(root, above, _PASSED)
    try:
        return os.open(name, _FILE, dir_fd=place)
    finally:
        os.close(place)


@contextmanager
def folder(root: Root, inside: str, *, listed: bool = True) -> Iterator[int | str]:
    """The folder at `inside` below `root`: a descriptor, to be `listed` or not; a path where there are none.

    OSError where it cannot be opened, or leads over a link.
    """
    if not _BY_DESCRIPTOR:
        yield os.path.join(root.path, inside)
        return
    place = _reached(root, inside.split(os.sep) if inside else [], os.O_RDONLY | _FOLDER if listed else _PASSED)
    try:
        yield place
    finally:
        os.close(place)


def _reached(root: Root, parts: list[str], flags: int) -> int:
    """A descriptor of the folder that these names lead to, opened with `flags`."""
    here = os.open(root.path, _PASSED if parts else flags)
    try:
        found = os.fstat(here)
        if (found.st_dev, found.st_ino) != (root.device, root.inode):
            raise OSError(errno.ESTALE, "another folder is in its place", root.path)
        for left, part in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
            if part in ("", os.curdir, os.pardir):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), part)
            below = os.open(part, (_PASSED if left else flags) | _NO_LINK, dir_fd=here)
            os.close(here)
            here = below
    except OSError:
        os.close(here)
        raise
    return here


def state(place: int | str, name: str) -> os.stat_result:
    """What is known of `name` in a folder that `folder` gave, itself and not where it leads."""
    if isinstance(place, str):
        return os.stat(os.path.join(place, name), follow_symlinks=False)
    return os.stat(name, dir_fd=place, follow_symlinks=False)


def readable(place: int | str, name: str) -> bool:
    """Whether there is permission to read it."""
    if isinstance(place, str):
        return os.access(os.path.join(place, name), os.R_OK)
    return os.access(name, os.R_OK, dir_fd=place)
