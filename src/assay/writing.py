"""Write files that are whole or absent, whenever the writer is killed, and that touch nothing else.

What a user names and cannot be written is a UsageError of one sentence.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from assay.errors import UsageError


def write(path: Path, raw: bytes) -> None:
    """As `write_whole`, for a file that the user names (UsageError: it cannot be written)."""
    try:
        write_whole(path, raw)
    except (OSError, ValueError) as cause:
        raise UsageError(f"cannot write {path}: {reason(cause)}") from None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where it is not there (UsageError: it cannot be made)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as cause:
        raise UsageError(f"cannot make the folder {path}: {reason(cause)}") from None


def keep_out(path: Path, given: Path) -> None:
    """UsageError where `path` is a file that was given, or one of a folder's or a new one in it, also through links."""
    try:
        place, root = path.resolve(), given.resolve()
        inside = place == root or place.is_relative_to(root) or _one_of(place, root)
    except (OSError, ValueError, RuntimeError) as cause:  # RuntimeError: links that lead in a circle
        raise UsageError(f"cannot write {path}: {reason(cause) if isinstance(cause, OSError) else cause}") from None
    if inside:
        where = "it lies in the folder" if root.is_dir() else "it is the file"
        raise UsageError(f"cannot write {path}: {where} {given} that was given; give another place")


def _one_of(place: Path, root: Path) -> bool:
    """Whether a file that is there is one of those given by another name: a hard link, or where a link leads."""
    if not place.is_file():
        return False
    state = place.stat()
    own = (state.st_dev, state.st_ino)
    if root.is_file():
        found = root.stat()
        return (found.st_dev, found.st_ino) == own
    for folder, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):
                found = os.stat(os.path.join(folder, name))
                if (found.st_dev, found.st_ino) == own:
                    return True
    return False


def try_out(path: Path) -> None:
    """Find out, before work starts, whether a file can be written there (UsageError: it cannot); nothing is left."""
    if _stream(path):
        return  # /dev/stdout, a named pipe: opening it would disturb who reads it
    try:
        _refuse(path)
        temporary = _part(path)
        os.close(_opened(temporary)[0])
        temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as cause:
        raise UsageError(f"cannot write {path}: {reason(cause)}") from None


def write_whole(path: Path, raw: bytes) -> None:
    """Write another file, flush, give it this name: `path` then holds all of `raw` or what it held before."""
    with whole(path) as stream:
        stream.write(raw)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A stream to what `path` will hold once all is written; until then, and where that fails, it holds what it did.

    A kill leaves nothing beside a new file where files can be without a name (Linux). A file that is replaced has to be
    renamed over, for which the whole new one needs a name: a kill between these two system calls leaves it under that.
    """
    if _stream(path):  # nothing to replace
        with open(path, "wb") as there:
            yield there
        return
    _refuse(path)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    temporary = _part(path)
    try:
        handle, named = _opened(temporary)
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            if mode is not None:
                os.chmod(temporary if named else handle, mode)
            os.fsync(handle)
            if not named:
                try:
                    _link(handle, path)
                    return
                except FileExistsError:  # no system call puts a file without a name in the place of another
                    _link(handle, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # it was not renamed: something went wrong, or somebody pressed Ctrl-C


def _link(handle: int, path: Path) -> None:
    """Give a file without a name this one (FileExistsError: it is taken)."""
    # with src_dir_fd, Python has linkat(2) follow the link, where link(2) would link the link
    os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle)


def _opened(path: Path) -> tuple[int, bool]:
    """A new file, and whether it has that name: Linux has files without one, which SIGKILL leaves nothing of."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        with suppress(OSError):  # not every file system has them
            return os.open(path.parent, os.O_WRONLY | os.O_TMPFILE, 0o666), False
    # not tempfile: its files are for their owner alone, and what others may do is for the umask to say
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), True


def _stream(path: Path) -> bool:
    """Whether what is written goes somewhere, as to /dev/stdout or a named pipe, rather than in place of a file."""
    if path.is_symlink() and path.absolute().parts[:2] in (("/", "dev"), ("/", "proc")):
        return path.exists() and not path.is_dir()
    return path.exists() and not path.is_dir() and not path.is_file()


def _refuse(path: Path) -> None:
    """OSError where nothing is to be written: a folder, and a link, which may lead to anybody's file."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.is_symlink():
        raise OSError(errno.ELOOP, f"it is a link to {os.readlink(path)}; name the file itself", str(path))


def _part(path: Path) -> Path:
    """A new name beside `path`, for as long as it is not whole; short, so that a long name leaves room for it."""
    return path.parent / f".{path.name[:8].strip('.') or 'assay'}.{os.urandom(6).hex()}.part"


def reason(cause: OSError | ValueError) -> str:
    """What the system says of a failure, without path and number."""
    return cause.strerror or str(cause) if isinstance(cause, OSError) else str(cause)
