"""The manifest: what a corpus consists of. It is rewritten last, so that a shard it does not name does not exist."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assay.errors import InputError, Malformed, UsageError
from assay.facts.codec import Mismatch, canonical, decode
from assay.facts.corpus import DatasetShare, Skipped
from assay.kernels.words import NORMALISER
from assay.lazy import dataclass
from assay.writing import write_whole

NAME = "manifest.json"
FORMAT = "assay-corpus"
VERSION = 1
MOST = 1 << 30  # bytes of a manifest
MOST_PLACES = 20  # that are listed for each reason why something was not read


@dataclass(frozen=True, slots=True)
class InputRecord:
    """A file that was read: its name, and size and SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Removal:
    """The bitmap of a shard's removed documents: its file, SHA-256, and how many bits are set."""

    file: str
    sha256: str
    documents: int


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """One shard: its file with size and SHA-256, what is in it, and what was removed from it."""

    file: str
    size: int
    sha256: str
    documents: int
    words: int
    bytes: int
    removed: Removal | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one task of a build made, and from what; `fields` tells which fields of the rows were read as what."""

    shards: tuple[ShardRecord, ...]
    inputs: tuple[InputRecord, ...]
    datasets: tuple[DatasetShare, ...]
    skipped: tuple[Skipped, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole corpus."""

    format: str
    version: int
    normaliser: str
    parts: tuple[Part, ...]
    skipped: tuple[Skipped, ...]

    @property
    def shards(self) -> tuple[ShardRecord, ...]:
        """The shards of all parts, in order."""
        return tuple(shard for part in self.parts for shard in part.shards)

    def with_shards(self, shards: dict[str, ShardRecord]) -> Manifest:
        """The manifest with some shard records, by file, replaced."""
        parts = tuple(
            replace(part, shards=tuple(shards.get(shard.file, shard) for shard in part.shards)) for part in self.parts
        )
        return replace(self, parts=parts)


def empty() -> Manifest:
    """A corpus without documents."""
    return Manifest(FORMAT, VERSION, NORMALISER, (), ())


def exists(directory: Path) -> bool:
    """Whether there is a corpus in the folder."""
    return (directory / NAME).is_file()


def load(directory: Path) -> tuple[Manifest, str]:
    """The manifest in `directory` and its SHA-256.

    Raises:
        UsageError: there is none, it is damaged, of a newer version, or made by other rules for words.
    """
    path = directory / NAME
    if not path.is_file():
        raise UsageError(
            f"{directory}: no corpus here (no {NAME}); build one with `assay corpus build INPUT... -o {directory}`"
        )
    if path.stat().st_size > MOST:
        raise UsageError(f"{path}: larger than {MOST >> 30} GiB, which no manifest is")
    raw = path.read_bytes()
    try:
        return _parsed(raw), hashlib.sha256(raw).hexdigest()
    except InputError as cause:
        raise UsageError(f"{path}: {cause.what}") from None


def _parsed(raw: bytes) -> Manifest:
    import json

    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise Malformed(f"not JSON ({cause}); build the corpus again") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Malformed("not the manifest of a corpus")
    if value.get("version") != VERSION:
        raise Malformed(
            f"the corpus has format version {value.get('version')}, "
            f"this assay reads {VERSION}; use a newer assay, or build it again"
        )
    if value.get("normaliser") != NORMALISER:
        raise Malformed(
            f"the corpus was built with {value.get('normaliser')!r}, "
            f"this assay compares words by {NORMALISER!r}; build it again"
        )
    try:
        for part in value.get("parts", ()):
            for share in part["datasets"]:
                share.setdefault("bytes", 0)  # built before they were counted
        found = decode(Manifest, value)
    except (Mismatch, TypeError, KeyError, AttributeError) as cause:
        raise Malformed(f"the manifest is damaged ({cause}); build the corpus again") from None
    for shard in found.shards:
        for name in (shard.file, *(() if shard.removed is None else (shard.removed.file,))):
            if not name or name != os.path.basename(name) or name.startswith("."):
                raise Malformed(f"the manifest names {name!r}, which is no file of this folder")
    return found


def save(directory: Path, found: Manifest) -> None:
    """Write the manifest whole."""
    write_whole(directory / NAME, canonical(found))
    flush(directory)


def flush(directory: Path) -> None:
    """Make renames in the folder last."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def merged(rows: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
    """One row for each reason."""
    found: dict[str, Skipped] = {}
    for row in rows:
        old = found.get(row.reason, Skipped(row.reason, 0, ()))
        found[row.reason] = Skipped(row.reason, old.count + row.count, (*old.places, *row.places)[:MOST_PLACES])
    return tuple(found[reason] for reason in sorted(found))


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Nobody else changes the corpus meanwhile (UsageError: somebody does)."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing to lock with that ends with the process
        yield
        return
    try:
        handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except (OSError, ValueError) as cause:  # ValueError: a NUL in the path
        said = cause.strerror if isinstance(cause, OSError) else cause
        raise UsageError(f"{directory}: no corpus can be changed here ({said})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(
            f"{directory}: another assay is changing this corpus; wait for it, or choose another folder"
        ) from None
    finally:
        os.close(handle)
