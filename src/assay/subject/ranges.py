"""A model in an object store (`s3://bucket/path` and the like): read by ranges, as its readers ask; nothing is stored.

fsspec does the reading, with the library that a scheme needs (s3fs, gcsfs, adlfs, ...), which the user installs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from assay.errors import Changed, MissingExtra, UsageError
from assay.facts.artifact import Obstacle, Trouble
from assay.formats.window import Elsewhere
from assay.lazy import regex
from assay.secret import concealed, without_user
from assay.subject.walk import MAX_ENTRIES, Walk, given

SCHEMES = tuple(
    f"{name}://"
    for name in ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "sftp", "ssh", "smb", "hdfs",
                 "webhdfs", "dbfs", "lakefs")
)  # fmt: skip
LEAST, MOST = 1 << 18, 16 << 20  # bytes that are asked for at once: where reading jumps, and where it goes on
KEPT = 4  # of these
TRIES = 5  # of a question for bytes: seven seconds or more to the last, besides what a library does itself
_STAYS = regex(r"(?!.*(?:^|/)\.{0,2}(?:/|$))[^\0\\]+\Z")
# by which stores tell one object from another
_STATE = (
    *("ETag", "etag", "md5Hash", "content_md5", "generation", "VersionId"),
    *("LastModified", "last_modified", "mtime", "updated"),
)


def ranged(url: str) -> Walk:
    """The walk over what lies below a URL, or over one object.

    Raises:
        MissingExtra: fsspec is not installed.
        UsageError: the library that the scheme needs is not, nothing is there, or it cannot be reached.
    """
    shown = without_user(url)
    try:
        system, path = _system(url)
        return replace(walk_of(system, path, shown), reference=shown)
    except OSError as cause:
        raise UsageError(f"cannot open {shown}: {cause}") from None


def walk_of(system: Any, path: str, shown: str) -> Walk:
    """The walk over what a file system as fsspec has them lists below a path (OSError: it cannot be listed)."""
    with _asking():
        listed = system.find(path, detail=True)
    if len(listed) > MAX_ENTRIES:
        raise UsageError(f"more than {MAX_ENTRIES:,} files at {shown}: give the folder that holds the model")
    files, odd = {}, []
    for key, info in listed.items():
        name = str(key).removeprefix(path).lstrip("/") or path.rpartition("/")[2]
        if not _STAYS.match(name) or not isinstance(info.get("size"), int) or info["size"] < 0:
            unfit = "the store lists it without a size, or by no name of a file"
            odd.append(Obstacle(f"{name[:200]!a}", Trouble.DENIED, unfit))
        else:
            files[name] = Ranged(system, str(key), info)
    if not files and not odd:
        raise UsageError(f"no files at {shown}: give the folder that holds the model")
    return replace(given(files, path.rpartition("/")[2] or shown, tuple(odd)), far=True)


class Ranged(Elsewhere):
    """An object in a store, as files are read; what was read last is kept, and reading on asks for more at a time.

    `state` changes with the object; empty where its store does not say by what.
    """

    def __init__(self, system: Any, key: str, info: dict[str, Any]) -> None:
        super().__init__(info["size"])
        self._system, self._key, self.state = system, key, _state(info)
        self._end, self._step = 0, LEAST
        self._blocks: dict[int, bytes] = {}
        self._fresh = False

    def held(self) -> None:
        """Changed if the store has another object there than was listed; asked where bytes came since."""
        if not self._fresh:
            return
        self._fresh = False
        with _asking():
            self._system.invalidate_cache()
            now = _state(self._system.info(self._key))
        # a list may say less of an object than the answer about it alone
        if any(old != new for old, new in zip(self.state, now, strict=False) if old and new):
            self._blocks.clear()
            raise Changed("it changed since it was listed")

    def _got(self, at: int, count: int) -> bytes:
        start, block = self._holding(at, count)
        return block[at - start : at - start + count]

    def _holding(self, at: int, count: int) -> tuple[int, bytes]:
        """The bytes that hold what is at a place, and where they begin (OSError: the store does not give them)."""
        for start, block in self._blocks.items():
            if start <= at < start + len(block):
                return start, block
        self._step = min(self._step * 2, MOST) if at == self._end else LEAST
        stop = min(self._size, at + max(count, self._step))
        block = _patiently(lambda: self._asked(at, stop))
        self._end, self._fresh = stop, True
        while len(self._blocks) >= KEPT:
            del self._blocks[next(iter(self._blocks))]
        self._blocks[at] = block
        return at, block

    def _asked(self, at: int, stop: int) -> bytes:
        with _asking():
            block = bytes(self._system.cat_file(self._key, start=at, end=stop))
            if len(block) != stop - at:
                raise OSError(f"the store gave {len(block):,} bytes from {at:,}, not {stop - at:,}")
        return block


def _patiently(ask: Callable[[], bytes]) -> bytes:
    """What `ask` gives; it asks again, later each time, unless it was refused (OSError: it still fails)."""
    for number in range(TRIES - 1):
        try:
            return ask()
        except _Refused:
            raise
        except OSError:
            # not all who were sent away come back at once
            time.sleep(random.uniform(0.5, 1.0) * 2**number)  # noqa: S311
    return ask()


class _Refused(OSError):
    """What is so the next time as well."""


def _state(info: dict[str, Any]) -> tuple[str, ...]:
    """What identifies an object, and changes with it; empty where its store says no more than its size."""
    found = tuple(str(info.get(name) or "") for name in _STATE)
    return (str(info["size"]), *found) if any(found) else ()


def _system(url: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise MissingExtra("store", "models in an object store") from None
    with _asking():
        system, path = fsspec.core.url_to_fs(url.rstrip("/"))
    return system, str(path).rstrip("/")


@contextmanager
def _asking() -> Iterator[None]:
    """Whatever a store's library raises in the block is an OSError of one line: each has errors of its own."""
    try:
        yield
    except Exception as cause:  # noqa: BLE001 - s3fs lets botocore's through, which share no class with anything
        lasting = isinstance(cause, UsageError | FileNotFoundError | PermissionError | NotImplementedError)
        raise (_Refused if lasting else OSError)(
            concealed(str(cause).partition("\n")[0] or type(cause).__name__)[:300]
        ) from None
