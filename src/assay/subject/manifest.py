"""The digest that names a model: that of its manifest, the sorted list of its files and their digests."""

from __future__ import annotations

from assay.errors import Changed, Unreachable
from assay.facts.artifact import Artifact, Standing, Trouble, lies_in, manifest
from assay.subject.hashing import hashed
from assay.subject.walk import Walk


def digest(walk: Walk) -> str:
    """The manifest digest of what a walk leads to: every file that signatures are about is read.

    Raises Changed or Unreachable, with the file's path, where one is not what was listed, or cannot be read.
    """
    entries = [entry for entry in walk.entries if not lies_in(entry.path, walk.excluded)]
    rows = [(entry, hashed(entry)) for entry in entries]
    for _, row in rows:
        if (found := row.obstacle) is not None:
            raise (Changed if found.trouble is Trouble.CHANGED else Unreachable)(f"{found.artifact}: {found.reason}")
    return manifest(
        tuple(Artifact(entry.path, entry.size, row.sha256, "", Standing.INERT) for entry, row in rows)
    ).digest
