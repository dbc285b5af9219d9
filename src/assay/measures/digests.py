"""Digests by other algorithms than SHA-256, where a list or a cache says what they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from assay.facts.artifact import CachedDigest, Digest
from assay.lazy import regex
from assay.measures import Cost, Feed, Material, Measure

# a hub cache names a large file by its SHA-256, a small one by its git blob id (huggingface_hub, "Manage cache")
_BLOB = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")


class _Digests:
    """Takes the blocks of one file and gives its digests."""

    def __init__(self, artifact: str, size: int, algorithms: Iterable[str]) -> None:
        self._artifact = artifact
        self._rows = {name: hashlib.new("sha1" if name == "git" else name, usedforsecurity=False)
                      for name in algorithms}  # fmt: skip
        if "git" in self._rows:  # git hash-object: the type and size before the bytes
            self._rows["git"].update(b"blob %d\0" % size)

    def feed(self, block: memoryview) -> None:
        """Take the next bytes."""
        for row in self._rows.values():
            row.update(block)

    def ended(self) -> Iterator[Digest]:
        """The digest by each algorithm."""
        yield from (Digest(self._artifact, name, row.hexdigest()) for name, row in self._rows.items())


def begin(material: Material) -> Mapping[str, Feed]:
    """A pass over each file of which another digest than its SHA-256 is told."""
    wanted: dict[str, set[str]] = {}
    told = [(row.path, row.algorithm) for row in material.all("ListedDigest")]
    told += [(row.artifact, row.algorithm) for row in _cached(material)]
    for path, algorithm in told:
        if algorithm != "sha256":
            wanted.setdefault(path, set()).add(algorithm)
    sizes = {entry.path: entry.size for entry in material.walk.entries}
    return {path: _Digests(path, sizes[path], sorted(names)) for path, names in wanted.items() if path in sizes}


def run(material: Material) -> Iterator[CachedDigest]:
    """What the cache from which files come says of them by the names of its blobs."""
    yield from _cached(material)


def _cached(material: Material) -> Iterator[CachedDigest]:
    for entry in material.walk.entries:
        real = PurePath(entry.place.path or "")
        if (
            real.parent.name == "blobs"
            and real.parent.parent.name.startswith("models--")
            and _BLOB.fullmatch(real.name)
        ):
            algorithm = "git" if len(real.name) == 40 else "sha256"
            yield CachedDigest(entry.path, algorithm, real.name)


MEASURE = Measure("digests", ("ListedDigest",), ("Digest", "CachedDigest"), Cost.PASS, run, begin)
