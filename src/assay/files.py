"""Read user-supplied files with a size limit and a one-line error; write them so that a kill never leaves half a file.

Every error is a UsageError of one sentence: what the file should be, where it is, what was expected, what was there,
what to do.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from assay.errors import UsageError

T = TypeVar("T")
BLOCK = 1 << 20
SEEN = 80  # characters of what was there that an error shows


def content(path: Path, most: int, what: str, hint: str = "") -> bytes:
    """The bytes of a user-supplied file, at most `most` of them; nothing is read of a file that is larger.

    Args:
        what: what the file should be, in the user's words: "trust file".
        hint: what to do where it is not that; by default only what the error itself suggests.
    """
    blocks, left = [], most + 1  # one more than is allowed: a pipe does not say how much it holds
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            while size <= most and left and (block := stream.read(min(left, BLOCK))):
                blocks.append(block)
                left -= len(block)
    except (OSError, ValueError) as cause:  # ValueError: a NUL in the path
        raise UsageError(f"cannot read {what} {path}: {_reason(cause)}{_next(hint)}") from None
    if size > most or not left:
        got, todo = f"{size:,}" if size > most else "more", _next(hint or "give a smaller one")
        raise UsageError(f"{what} {path} is too large: expected at most {most:,} bytes, got {got}{todo}")
    return b"".join(blocks)


def text(path: Path, most: int, what: str, hint: str = "") -> str:
    """The text of a user-supplied UTF-8 file of at most `most` bytes; arguments as for `content`."""
    return as_text(content(path, most, what, hint), path, what, hint)


def as_text(raw: bytes, path: Path, what: str, hint: str = "") -> str:
    """The text of bytes that `content` gave; a byte order mark is left out."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        where = f"byte {cause.start:,} is 0x{raw[cause.start]:02x}"
        raise UsageError(f"{what} {path} is not UTF-8 text: {where}{_next(hint or 'save it as UTF-8')}") from None


def toml_value(text: str) -> dict[str, Any]:
    """The tables of a TOML text (ValueError: it is none, or one that the parser cannot follow)."""
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested deeper than assay follows") from None


def json_value(raw: bytes | str) -> Any:
    """The JSON value of a text (ValueError, RecursionError: it is none).

    NaN, infinities and numbers too great for a float are not: no record of assay's holds them, nothing can write them.
    """
    return json.loads(raw, parse_constant=_not_json, parse_float=_finite)


def _not_json(text: str) -> object:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:SEEN]} is too great a number")
    return value


def as_json(raw: bytes, path: Path, what: str, hint: str = "") -> Any:
    """The JSON value of bytes that `content` gave."""
    try:
        return json_value(raw)
    except (ValueError, RecursionError) as cause:
        raise UsageError(f"{path} is not {_a(what)}: it is not JSON ({_brief(cause)}){_next(hint)}") from None


def record(path: Path, most: int, what: str, schema: str, read: Callable[[Any], T], hint: str = "") -> T:
    """What a JSON file that assay wrote holds.

    Args:
        schema: the value of its field `schema`.
        read: makes the result from the JSON object; its ValueError becomes part of the sentence.
        most, what, hint: as for `content`.
    """
    return as_record(content(path, most, what, hint), path, what, schema, read, hint)


def as_record(raw: bytes, path: Path, what: str, schema: str, read: Callable[[Any], T], hint: str = "") -> T:
    """The same from bytes that `content` gave."""
    value = as_json(raw, path, what, hint)
    found = value.get("schema") if isinstance(value, dict) else None
    if found != schema:
        got = "a JSON file without one" if found is None else repr(str(found)[:SEEN])
        raise UsageError(f"{path} is not {_a(what)}: expected schema {schema!r}, got {got}{_next(hint)}")
    try:
        return read(value)
    except (ValueError, RecursionError) as cause:
        raise UsageError(f"{what} {path} is damaged: {_brief(cause)}{_next(hint)}") from None


def json_lines(
    raw: str, path: Path, example: str, needed: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(its place for an error, the object) of each line of JSON lines that is not blank.

    Args:
        example: a line as it should be, for the error where one is not.
        needed: keys that every object must have.
    """
    for number, line in enumerate(raw.split("\n"), 1):  # not splitlines: U+2028 and its like may stand in a JSON text
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json_value(line)
        except (ValueError, RecursionError) as cause:
            raise UsageError(f"{where} is not JSON ({_brief(cause)}): expected a line like {example}") from None
        if not _whole(line, value):
            raise UsageError(f"{where} holds half of a surrogate pair (\\ud800 to \\udfff), which is no character")
        if not isinstance(value, dict) or any(key not in value for key in needed):
            raise UsageError(f"{where}: expected a line like {example}, got {line.strip()[:SEEN]}")
        yield where, value


def _whole(line: str, value: object) -> bool:
    """Whether every text in a JSON value can be written as UTF-8."""
    if "\\ud" not in line.lower():
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


class AppendOnly(Generic[T]):
    """A file of JSON lines that only grows and belongs to what its first line names; to be used in a `with` statement.

    A line is on disk when `add` returns. Where the process is killed the file holds every line that was added and at
    most the beginning of one more, which the next run takes out.
    """

    def __init__(self, path: Path, bound: Mapping[str, object], read: Callable[[Any], T], most: int, what: str) -> None:
        """Nothing is opened yet.

        Args:
            bound: what the lines are of (a model, a score), by name; a file that says otherwise is refused.
            read: makes a row from the JSON value of a line; raises ValueError where it is none.
            most: bytes of a file that is read.
            what: what the lines are, in the user's words: "answers".
        """
        self._path, self._bound, self._read, self._most, self._what = path, dict(bound), read, most, what
        self.rows: tuple[T, ...] = ()

    def __enter__(self) -> AppendOnly[T]:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            self._handle = os.open(self._path, flags, 0o666)
        except (OSError, ValueError) as cause:
            raise UsageError(f"cannot keep {self._what} in {self._path}: {_reason(cause)}") from None
        with ExitStack() as failed:
            failed.callback(os.close, self._handle)
            with _locked(self._handle):
                self.rows = tuple(self._recovered())
            failed.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._handle)

    def add(self, value: object) -> None:
        """Append one line; UsageError where it cannot be written, and the file is then as it was."""
        with _locked(self._handle):
            self._write(value)

    def _recovered(self) -> Iterator[T]:
        """The rows so far. A new file gets its first line, and the beginning of a line that a kill left is cut off."""
        size = os.fstat(self._handle).st_size
        if size > self._most:
            raise UsageError(
                f"{self._path} is too large: expected at most {self._most:,} bytes of {self._what}, got {size:,};"
                " give another file"
            )
        with open(self._handle, "rb", closefd=False) as stream:
            first, own = stream.readline(), _line(self._bound)
            if not first.endswith(b"\n") and own.startswith(first):  # new, or killed while its first line was written
                self._cut(0)
                self._write(self._bound)
                return
            self._refuse_other(first)
            at = len(first)
            for number, line in enumerate(stream, 2):
                if not line.endswith(b"\n"):
                    self._cut(at)
                    return
                at += len(line)
                yield self._row(number, line)

    def _row(self, number: int, line: bytes) -> T:
        try:
            return self._read(json_value(line))
        except (ValueError, RecursionError) as cause:
            raise UsageError(
                f"{self._path}, line {number} holds no {self._what} ({_brief(cause)}):"
                " take it out, or give another file"
            ) from None

    def _refuse_other(self, first: bytes) -> None:
        """Raise where the first line is not ours: it may be anybody's file."""
        try:
            found = json.loads(first)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or found.keys() != self._bound.keys():
            raise UsageError(
                f"{self._path} holds no {self._what} of this kind: expected a first line with"
                f" {', '.join(sorted(self._bound))}, got {first.decode('utf-8', 'replace').strip()[:SEEN]!r};"
                " give another file"
            )
        for name, value in self._bound.items():
            if found[name] != value:
                raise UsageError(
                    f"{self._path} holds {self._what} of another {name}: expected {str(value)[:SEEN]!r},"
                    f" got {str(found[name])[:SEEN]!r}; give another file"
                )

    def _write(self, value: object) -> None:
        before, left = os.fstat(self._handle).st_size, _line(value)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
            os.fsync(self._handle)
        except OSError as cause:
            self._cut(before)
            raise UsageError(f"cannot keep {self._what} in {self._path}: {_reason(cause)}") from None

    def _cut(self, size: int) -> None:
        os.ftruncate(self._handle, size)


def write(path: Path, raw: bytes) -> None:
    """As `write_whole`, for a file that the user names (UsageError: it cannot be written)."""
    try:
        write_whole(path, raw)
    except (OSError, ValueError) as cause:
        raise UsageError(f"cannot write {path}: {_reason(cause)}") from None


def keep_out(path: Path, model: Path) -> None:
    """UsageError where `path` is the model, one of its files or a new one inside, also through links of either."""
    try:
        place, root = path.resolve(), model.resolve()
        inside = place == root or place.is_relative_to(root) or _one_of(place, root)
    except (OSError, ValueError, RuntimeError) as cause:  # RuntimeError: links that lead in a circle
        raise UsageError(f"cannot write {path}: {_reason(cause) if isinstance(cause, OSError) else cause}") from None
    if inside:
        raise UsageError(
            f"cannot write {path}: it lies in the model {model}, which is never changed; give another place"
        )


def _one_of(place: Path, root: Path) -> bool:
    """Whether a file that is there is one of the model's by another name: a hard link, or where a link leads."""
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
        raise UsageError(f"cannot write {path}: {_reason(cause)}") from None


def write_whole(path: Path, raw: bytes) -> None:
    """Write to a file beside `path`, flush, rename: `path` then holds all of `raw` or what it held before."""
    if _stream(path):  # nothing to replace
        path.write_bytes(raw)
        return
    _refuse(path)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    temporary = _part(path)
    try:
        handle, named = _opened(temporary)
        with open(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            if mode is not None:
                os.chmod(temporary if named else handle, mode)
            os.fsync(handle)
            if not named:  # with src_dir_fd, Python has linkat(2) follow the link, where link(2) would link the link
                os.link(f"/proc/self/fd/{handle}", temporary, src_dir_fd=handle)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # it was not renamed: something went wrong, or somebody pressed Ctrl-C


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


def _line(value: object) -> bytes:
    return (json.dumps(value, sort_keys=True) + "\n").encode("ascii")


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    """One process at a time, for as long as a line takes; where the system has no such lock, none is taken."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _reason(cause: OSError | ValueError) -> str:
    return cause.strerror or str(cause) if isinstance(cause, OSError) else str(cause)


def _brief(cause: Exception) -> str:
    return str(cause)[:SEEN]


def _next(hint: str) -> str:
    return f"; {hint}" if hint else ""


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
