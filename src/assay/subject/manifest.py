"""The digest that names a model: that of its manifest, the sorted list of its files and their digests."""

from __future__ import annotations

from assay.facts.artifact import Artifact, Standing, lies_in, manifest
from assay.subject.hashing import hashed
from assay.subject.walk import Walk


def digest(walk: Walk) -> str:
    """The manifest digest of what a walk leads to: every file that signatures are about is read."""
    entries = [entry for entry in walk.entries if not lies_in(entry.path, walk.excluded)]
    rows = [(entry, hashed(entry)) for entry in entries]
    return manifest(
        tuple(Artifact(entry.path, entry.size, row.sha256, "", Standing.INERT) for entry, row in rows)
    ).digest
