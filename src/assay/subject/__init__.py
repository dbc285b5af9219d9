"""Open a reference to a model: walk it once, hash it once, name what is missing.

Nothing here looks inside a file beyond its first bytes.
"""

from __future__ import annotations

from assay.subject.hashing import Hashed, hashed
from assay.subject.head import Peeked, peeked
from assay.subject.manifest import digest
from assay.subject.reference import opened
from assay.subject.walk import Entry, Walk, given, walked

__all__ = ["Entry", "Hashed", "Peeked", "Walk", "digest", "given", "hashed", "opened", "peeked", "walked"]
