"""Fetch the models of a run from a hub within limits: bytes in all, downloads at once, and what stays in the cache.

The processes of a run on one machine share a folder, in which they count what they fetch and take turns. Of what lies
in the hub's cache only what a run has fetched itself, none of it being there before, is ever removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.errors import UsageError
from assay.files import as_json, cache_folder, content
from assay.lazy import dataclass
from assay.subject import hub
from assay.subject.reference import opened
from assay.subject.walk import Walk
from assay.writing import write

_PAUSE = 0.1  # seconds between two looks for a turn
_MOST = 1 << 16  # bytes of a note


@dataclass(frozen=True, slots=True)
class Limits:
    """How a run may fetch: in a folder that its processes share, at most `most` bytes, `at_once` models at a time.

    `keep`: how many bytes of models that runs fetched may stay in the hub's cache once they were read.
    """

    folder: str
    most: int | None
    at_once: int
    keep: int | None


def ahead(limits: Limits | None, reference: str, *, offline: bool, headers: bool) -> hub.Ahead | None:
    """What fetching a model would take, where limits make that matter (raises as `within` does)."""
    counts = limits is not None and (limits.most is not None or limits.keep is not None)
    return hub.patiently(lambda: hub.ahead(reference)) if counts and _is_fetched(reference, offline, headers) else None


@contextmanager
def within(
    limits: Limits | None, reference: str, found: hub.Ahead | None, *, offline: bool, headers: bool
) -> Iterator[Walk]:
    """The walk over what a reference names, as `opened` gives it; a model that is fetched for it stays for the block.

    Args:
        found: what `ahead` gave.

    Raises:
        MissingExtra: a model on a hub, and huggingface_hub is not installed.
        UsageError: nothing is there, or it is larger than what is left of the limits.
    """
    if limits is None or not _is_fetched(reference, offline, headers):
        yield opened(reference, offline=offline, headers=headers)
        return
    os.makedirs(limits.folder, exist_ok=True)  # another machine of a cluster has its own
    if found is None:
        with _turn(limits):
            walk = hub.patiently(lambda: hub.fetched(reference, offline=False))
        yield walk
        return
    _spend(reference, found.missing, limits)
    with _in_use(found, limits):
        with _turn(limits):
            walk = hub.patiently(lambda: hub.fetched(found.reference, offline=False, most=found.missing))
        yield walk


def _is_fetched(reference: str, offline: bool, headers: bool) -> bool:
    return reference.startswith(hub.SCHEME) and not offline and not headers


def _spend(reference: str, missing: int, limits: Limits) -> None:
    """Count what is about to be fetched, or refuse it."""
    if limits.most is None:
        return
    with _only(Path(limits.folder, "spent")) as handle:
        spent = int(os.pread(handle, 32, 0) or b"0")
        if spent + missing > limits.most:
            raise UsageError(
                f"{reference}: {missing:,} bytes to download, and {limits.most - spent:,} are left of --max-download"
                f" {limits.most:,}: audit the rest again later, or raise it"
            )
        os.pwrite(handle, b"%032d" % (spent + missing), 0)


@contextmanager
def _turn(limits: Limits) -> Iterator[None]:
    """Wait until fewer than so many others fetch."""
    while True:
        for number in range(limits.at_once):
            with _lock(Path(limits.folder, f"turn-{number}"), wait=False) as mine:
                if mine is not None:
                    yield
                    return
        time.sleep(_PAUSE)


@contextmanager
def _in_use(ahead: hub.Ahead, limits: Limits) -> Iterator[None]:
    """Hold a model, so that nobody removes it; afterwards remove what is too much, what was read longest ago first."""
    if limits.keep is None:
        yield
        return
    folder = cache_folder() / "fetched"
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{hashlib.sha256(f'{ahead.cache}|{ahead.reference}'.encode()).hexdigest()[:32]}.json"
    try:
        with _lock(note.with_suffix(".lock"), shared=True):
            if ahead.absent:  # so nobody else put it here
                row = {"cache": ahead.cache, "reference": ahead.reference, "bytes": ahead.size}
                write(note, json.dumps(row).encode())
            yield
            if note.exists():
                os.utime(note)
    finally:
        _trim(folder, limits.keep)


def _trim(folder: Path, keep: int) -> None:
    """Remove models that runs fetched and nobody holds until no more than `keep` bytes of them are here."""
    with _only(folder / "trimming.lock"):
        notes = sorted(folder.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        rows = [
            (note, as_json(content(note, _MOST, "note of a download"), note, "note of a download")) for note in notes
        ]
        total = sum(row["bytes"] for _, row in rows)
        for note, row in rows:
            if total <= keep:
                return
            with _lock(note.with_suffix(".lock"), wait=False) as mine:
                if mine is not None:
                    hub.removed(row["reference"], row["cache"])
                    note.unlink()
                    total -= row["bytes"]


@contextmanager
def _only(path: Path) -> Iterator[int]:
    """Be the only one, waiting for it; the descriptor of the file."""
    with _lock(path) as handle:
        assert handle is not None  # it waited
        yield handle


@contextmanager
def _lock(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[int | None]:
    """A file, locked for the block; None: another holds it, and `wait` is off. Gone with the process that dies."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            free = False
        else:
            free = True
        yield handle if free else None
    finally:
        os.close(handle)
