"""The exact histograms of an audit as a file: what the weights hold, code by code, without the weights.

A safetensors file with two tensors for each summarised one, `NAME codes` (U16, the codes that occur) and `NAME counts`
(U32 or U64, how often). The dossier carries the SHA-256 of each histogram, so that the file can be held against it.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from typing import TYPE_CHECKING

from assay.errors import UsageError
from assay.weights.safetensors import safetensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA = "assay-histograms/1"


class Kept:
    """Collects histograms while an audit runs, and gives the file."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[str, tuple[int, ...], bytes]] = {}

    def take(self, artifact: str, name: str, codes: bytes, counts: bytes) -> None:
        """One tensor's histogram: uint16 codes and uint64 counts, little-endian."""
        wide = array("Q", counts)
        key, shape = f"{artifact}:{name}", (len(wide),)
        self._parts[f"{key} codes"] = ("U16", shape, codes)
        narrow = all(count < 1 << 32 for count in wide)
        self._parts[f"{key} counts"] = ("U32", shape, array("I", wide).tobytes()) if narrow else ("U64", shape, counts)

    def encoded(self, subject: str) -> bytes:
        """The file, for a subject with this manifest digest."""
        return safetensors(self._parts, {"schema": SCHEMA, "subject": subject})


def read(path: str | os.PathLike[str]) -> dict[str, tuple[NDArray[np.uint16], NDArray[np.uint64]]]:
    """Every histogram of a file, by `ARTIFACT:TENSOR`: codes that occur as uint16[n], counts as uint64[n].

    A code is the value's own bits for types of 16 bits and less, and the upper 16 bits of the value as float32
    otherwise.

    Raises UsageError if the file holds no histograms.
    """
    import numpy as np

    from assay import weights

    found = weights.open(path)
    told = dict(found.set.indexes[0].metadata)
    if told.get("schema") != SCHEMA:
        raise UsageError(
            f"{os.fspath(path)} holds no histograms: expected schema {SCHEMA!r}, got {told.get('schema')!r}"
        )
    names = sorted(
        name.removesuffix(" codes")
        for name in found
        if name.endswith(" codes") and f"{name.removesuffix(' codes')} counts" in found
    )
    return {
        name: (
            np.asarray(found[f"{name} codes"].array(), np.uint16),
            np.asarray(found[f"{name} counts"].array(), np.uint64),
        )
        for name in names
    }


def digest(codes: NDArray[np.uint16], counts: NDArray[np.uint64]) -> str:
    """The SHA-256 that a dossier has for this histogram."""
    return hashlib.sha256(codes.astype("<u2").tobytes() + counts.astype("<u8").tobytes()).hexdigest()
