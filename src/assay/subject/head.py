"""The first bytes of a file: its format is recognised by them, and what only stands for a file gives itself away."""

from __future__ import annotations

from dataclasses import dataclass

from assay.facts.artifact import Obstacle, Trouble
from assay.subject.cache import UNFINISHED
from assay.subject.walk import Entry

HEAD_OF_POINTER = 1024  # a Git LFS pointer is shorter (git-lfs docs/spec.md)
_LFS = b"version https://git-lfs.github.com/spec/"
_NEVER_EMPTY = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".json")


@dataclass(frozen=True, slots=True)
class Peeked:
    """The first bytes of a file, and why it should not be read any further, if it should not."""

    head: bytes
    obstacle: Obstacle | None = None


def peeked(entry: Entry) -> Peeked:
    """The first bytes of a file, by which its format is recognised; an obstacle where it is not what its name says."""
    try:
        with entry.place.source() as source:
            source.seek(0)
            head = source.read(HEAD_OF_POINTER)
    except OSError as cause:
        trouble = Trouble.DENIED if isinstance(cause, PermissionError) else Trouble.CHANGED
        return Peeked(b"", Obstacle(entry.path, trouble, f"it cannot be opened ({cause.strerror})"))
    absent = _absent(entry, head)
    return Peeked(head, Obstacle(entry.path, Trouble.ABSENT, absent) if absent else None)


def _absent(entry: Entry, head: bytes) -> str:
    """Why a file is not the file that it stands for, if it is not."""
    name = entry.path.rpartition("/")[2].lower()
    if entry.size < HEAD_OF_POINTER and head.startswith(_LFS):
        return "it is a Git LFS pointer, not the file that it stands for"
    if name.endswith(UNFINISHED):
        return "it is a partial download"
    return "it is empty" if not entry.size and name.endswith(_NEVER_EMPTY) else ""
