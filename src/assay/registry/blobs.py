"""The store of a registry: bytes under their SHA-256, packed by gzip, verified whenever they are read.

A folder, or anything that fsspec reaches. What is there is never changed: the same bytes have the same name.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from assay.errors import MissingExtra, UsageError
from assay.lazy import dataclass, regex
from assay.secret import concealed, without_user
from assay.writing import reason, write_whole

MOST = 1 << 30  # bytes of one blob
_NAME = regex(r"([0-9a-f]{64})\.gz\Z")
_LEVEL = 6


class Damaged(Exception):
    """A blob that is absent, or not what its name says; the message says which of the two."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob in the store: its SHA-256, its packed size in bytes, and when it was written (seconds of the epoch)."""

    sha256: str
    size: int
    written: float


class Blobs(Protocol):
    """Bytes under their SHA-256."""

    def put(self, raw: bytes) -> str:
        """Keep bytes, and return their SHA-256."""

    def get(self, sha256: str) -> bytes:
        """The bytes of this digest (Damaged: they are not there, or are others)."""

    def all(self) -> Iterator[Stored]:
        """Everything that is kept."""

    def drop(self, sha256: str, before: float) -> None:
        """Take a blob away that was last written, or kept again, before a time (seconds of the epoch)."""


def blobs(where: str) -> Blobs:
    """The store at a folder or an fsspec URL."""
    folder = where.removeprefix("file://")
    return _Remote(where) if "://" in folder else _Folder(Path(folder))


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, raw: bytes) -> str:
        name = hashlib.sha256(raw).hexdigest()
        path = self._path(name)
        try:
            if _sound(self, name):
                os.utime(path)  # it is wanted again: nobody who clears up now takes it away
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, _packed(raw))
        except OSError as cause:
            raise UsageError(f"cannot write into the registry's store {self._root}: {reason(cause)}") from None
        return name

    def get(self, sha256: str) -> bytes:
        try:
            with open(self._path(sha256), "rb") as stream:
                packed = stream.read(MOST + 1)
        except FileNotFoundError:
            raise Damaged("it is not in the store") from None
        except OSError as cause:
            raise Damaged(f"it cannot be read: {reason(cause)}") from None
        return _unpacked(packed, sha256)

    def all(self) -> Iterator[Stored]:
        for folder, _, names in os.walk(self._root):
            for name in names:
                found = _NAME.match(name)
                with suppress(FileNotFoundError):  # another clears up, too
                    if found:
                        state = os.stat(os.path.join(folder, name))
                        yield Stored(found[1], state.st_size, state.st_mtime)

    def drop(self, sha256: str, before: float) -> None:
        path = self._path(sha256)
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}.gz"


class _Remote:
    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise MissingExtra("corpus", f"the store {without_user(url)}") from None
        try:
            self._system, self._root = fsspec.core.url_to_fs(url.rstrip("/"))
        except (ImportError, OSError, ValueError) as cause:
            raise UsageError(f"the store {without_user(url)} cannot be opened: {concealed(str(cause))}") from None
        self._shown = without_user(url)

    def put(self, raw: bytes) -> str:
        name = hashlib.sha256(raw).hexdigest()
        path = self._path(name)
        try:
            self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._system.pipe_file(path, _packed(raw))
        except (OSError, ValueError) as cause:
            raise UsageError(f"cannot write into the registry's store {self._shown}: {concealed(str(cause))}") from None
        return name

    def get(self, sha256: str) -> bytes:
        try:
            packed: bytes = self._system.cat_file(self._path(sha256), start=0, end=MOST + 1)
        except FileNotFoundError:
            raise Damaged("it is not in the store") from None
        except (OSError, ValueError) as cause:
            raise Damaged(f"it cannot be read: {concealed(str(cause))}") from None
        return _unpacked(packed, sha256)

    def all(self) -> Iterator[Stored]:
        found: dict[str, Any] = self._system.find(self._root, detail=True) if self._system.exists(self._root) else {}
        for path, detail in found.items():
            name = _NAME.match(path.rpartition("/")[2])
            if name:
                yield Stored(name[1], detail["size"], _written(detail))

    def drop(self, sha256: str, before: float) -> None:
        with suppress(FileNotFoundError):
            if _written(self._system.info(self._path(sha256))) < before:
                self._system.rm_file(self._path(sha256))

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}.gz"


def _written(detail: dict[str, Any]) -> float:
    """When a system says that a file was written, in seconds of the epoch; now, where it does not say."""
    names = ("mtime", "created", "LastModified", "last_modified")
    found = next((detail[name] for name in names if detail.get(name)), None)
    if found is None:
        return time.time()
    return float(found.timestamp() if hasattr(found, "timestamp") else found)


def _sound(store: Blobs, sha256: str) -> bool:
    """Whether a blob is there and whole; one that is damaged is written again."""
    try:
        store.get(sha256)
    except Damaged:
        return False
    return True


def _packed(raw: bytes) -> bytes:
    return gzip.compress(raw, _LEVEL, mtime=0)  # no time in it: the same bytes are the same file


def _unpacked(packed: bytes, sha256: str) -> bytes:
    """The bytes (Damaged: they are not those of the digest); no more is unpacked than a blob may have."""
    engine = zlib.decompressobj(wbits=31)
    try:
        raw = engine.decompress(packed, MOST)
    except zlib.error:
        raise Damaged("its bytes in the store are damaged") from None
    if not engine.eof or hashlib.sha256(raw).hexdigest() != sha256:
        raise Damaged("its bytes in the store are not those of its digest")
    return raw
