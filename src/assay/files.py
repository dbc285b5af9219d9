"""Read user-supplied files with a size limit and a one-line error; add to one so that a kill never leaves half a line.

Every error is a UsageError of one sentence: what the file should be, where it is, what was expected, what was there,
what to do.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, TypeVar

from assay.errors import UsageError, did_you_mean
from assay.writing import reason

T = TypeVar("T")
BLOCK = 1 << 20
_NOTED: ContextVar[list[Path] | None] = ContextVar("noted", default=None)
SEEN = 80  # characters of what was there that an error shows


def data_folder() -> Path:
    """Where assay keeps what a user made: `$XDG_DATA_HOME/assay` (XDG Base Directory Specification 0.8)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "assay")


def cache_folder() -> Path:
    """Where assay keeps what it can make again: `$XDG_CACHE_HOME/assay`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "assay")


def content(path: Path, most: int, what: str, hint: str = "") -> bytes:
    """The bytes of a user-supplied file, at most `most` of them; nothing is read of a file that is larger.

    Args:
        what: what the file should be, in the user's words: "trust file".
        hint: what to do where it is not that; by default only what the error itself suggests.
    """
    if (noted := _NOTED.get()) is not None:
        noted.append(path)
    blocks, left = [], most + 1  # one more than is allowed: a pipe does not say how much it holds
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            while size <= most and left and (block := stream.read(min(left, BLOCK))):
                blocks.append(block)
                left -= len(block)
    except (OSError, ValueError) as cause:  # ValueError: a NUL in the path
        raise UsageError(f"cannot read {what} {path}: {reason(cause)}{_next(hint)}") from None
    if size > most or not left:
        got, todo = f"{size:,}" if size > most else "more", _next(hint or "give a smaller one")
        raise UsageError(f"{what} {path} is too large: expected at most {most:,} bytes, got {got}{todo}")
    return b"".join(blocks)


@contextmanager
def noting(read: list[Path]) -> Iterator[None]:
    """While this lasts, add to `read` each user-supplied file that is read."""
    token = _NOTED.set(read)
    try:
        yield
    finally:
        _NOTED.reset(token)


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


def known_keys(table: Iterable[str], known: Collection[str], where: str) -> None:
    """UsageError where a table has a key that is none of the known ones: which, and the one that is near."""
    for name in table:
        if name not in known:
            raise UsageError(f"{where}: unknown key {name!r}{did_you_mean(name, known)}")


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
            raise UsageError(f"cannot keep {self._what} in {self._path}: {reason(cause)}") from None
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
            raise UsageError(f"cannot keep {self._what} in {self._path}: {reason(cause)}") from None

    def _cut(self, size: int) -> None:
        os.ftruncate(self._handle, size)


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


def _brief(cause: Exception) -> str:
    return str(cause)[:SEEN]


def _next(hint: str) -> str:
    return f"; {hint}" if hint else ""


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
