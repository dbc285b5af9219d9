"""Codes of fingerprints: 512 bytes each, by which the relatives of a model are found among thousands.

Two codes, for the two coordinates of a fingerprint. `fixed` has the signs of the first neurons of each layer: what
keeps its place keeps them. `free` has, for each of some random directions of the token basis, the signs of the neuron
that points there most, whatever its place (winner take all: Yagnik et al., "The Power of Comparative Reasoning", ICCV
2011); what is independent has other winners. Sketches are whitened first: what all neurons of all models have in common
would choose the same winners everywhere.

A code finds who is to be looked at; what counts as kin is said by `fingerprint.kinship` alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.lazy import dataclass
from assay.weights.fingerprint import LAYERS, OWN, SHARED, Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FIRST = 8  # neurons of each layer in the code of fixed places
ROW = FIRST * OWN // 8  # bytes of a layer
WINNERS, BITS = 64, 32  # directions, and signs of the neuron that points there
SIZE = LAYERS * ROW, WINNERS * BITS // 8  # bytes of the two codes
FLOOR = 0.1  # of the mean variance that is added to each before whitening: what is noise in a small one stays small
ALIKE = 64  # of the 256 signs of a layer may differ: independent ones are eight standard deviations away
SAME = 6  # of the 32 signs of a winner
LEAST = 6  # winners that must be the same: with independent signs one of 64 in fifty models is


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one fingerprint: `fixed` and `free`, of `SIZE` bytes; and of how many layers the first one is."""

    layers: int
    fixed: bytes
    free: bytes


def codes(found: Fingerprint) -> Codes:
    """The codes of a fingerprint. Where neurons are zero or alike, their signs are drawn from its digest instead."""
    import numpy as np

    digest = hashlib.sha256(f"{found.name}\0{found.sha256}".encode(errors="replace")).digest()
    drawn = np.random.default_rng(list(digest))
    layers = min(len(found.own), LAYERS)
    rows = np.zeros((layers, FIRST, OWN), np.int8)
    first = found.own[:layers, :FIRST]
    rows[:, : first.shape[1]] = first
    fixed = _unlike(rows.reshape(-1, OWN) > 0, rows.reshape(-1, OWN).any(axis=1), drawn)
    packed = np.packbits(fixed.reshape(layers, -1), axis=1)
    padded = np.zeros((LAYERS, ROW), np.uint8)
    padded[:layers] = packed
    free = np.packbits(_winners(found, drawn), axis=1)
    return Codes(layers, padded.tobytes(), free.tobytes())


def _unlike(signs: NDArray[np.bool_], filled: Any, drawn: np.random.Generator) -> NDArray[np.bool_]:
    """Signs as they are, where a neuron has any and shares them with no other of the model; else drawn ones."""
    import numpy as np

    packed = np.packbits(signs, axis=1)
    _, first, many = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    own = np.logical_and(filled, many[first.reshape(-1)] == 1)
    return np.where(own[:, None], signs, drawn.integers(0, 2, signs.shape) > 0)


def _winners(found: Fingerprint, drawn: np.random.Generator) -> NDArray[np.bool_]:
    """bool[WINNERS, BITS]: the signs of the neuron that points along each direction most, either way."""
    import numpy as np

    rows = found.up.reshape(-1, SHARED).astype(np.float32)
    rows = rows[rows.any(axis=1)]
    if not len(rows):
        return drawn.integers(0, 2, (WINNERS, BITS)) > 0
    units = _whitened(rows)
    random = np.random.default_rng(SHARED)
    directions = random.standard_normal((SHARED, WINNERS)).astype(np.float32)
    signs = random.standard_normal((SHARED, BITS)).astype(np.float32)
    along = units @ directions
    most = np.abs(along).argmax(axis=0)
    way = np.sign(along[most, np.arange(WINNERS)])[:, None]
    directions /= np.linalg.norm(directions, axis=0)
    rest = units[most] * way
    rest -= (rest * directions.T).sum(axis=1, keepdims=True) * directions.T  # all winners have this in common
    return _unlike(rest @ signs > 0, way[:, 0] != 0, drawn)


def _whitened(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows in the basis in which all directions vary alike, each of length one."""
    import numpy as np

    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh((rows.T @ rows / len(rows)).astype(np.float64))
    scale = 1 / np.sqrt(np.maximum(values, 0) + FLOOR * values.mean())
    whole = rows @ ((vectors * scale) @ vectors.T).astype(np.float32)
    return np.asarray(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9), np.float32)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The codes of many fingerprints, a column each, so that a comparison runs along rows.

    int64[codes] of layers, uint64[words, codes] of fixed places, uint32[WINNERS, codes] of winners.
    """

    layers: NDArray[np.int64]
    fixed: NDArray[np.uint64]
    free: NDArray[np.uint32]


def shelf(rows: Sequence[Codes]) -> Shelf:
    """Codes as arrays."""
    import numpy as np

    fixed = np.frombuffer(b"".join(row.fixed for row in rows), np.uint64).reshape(len(rows), -1)
    free = np.frombuffer(b"".join(row.free for row in rows), np.uint32).reshape(len(rows), -1)
    layers = np.array([row.layers for row in rows], np.int64)
    return Shelf(layers, np.ascontiguousarray(fixed.T), np.ascontiguousarray(free.T))


def likeness(one: Codes, others: Shelf) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One code against each of others: layers that are alike at the same place, and winners that are the same.

    Layers are counted from the first or from the last, whichever gives more: some may have been dropped or repeated.
    """
    import numpy as np

    mine = np.frombuffer(one.fixed, np.uint64).reshape(LAYERS, -1)
    theirs = others.fixed.reshape(*mine.shape, -1)
    shared = np.arange(one.layers)[:, None] < others.layers
    alike = (_near(mine[: one.layers], theirs[: one.layers]) & shared).sum(axis=0)
    for layers in np.flatnonzero(np.bincount(others.layers)).tolist():
        if layers != one.layers:
            rows, both = np.flatnonzero(others.layers == layers), min(layers, one.layers)
            last = _near(mine[one.layers - both : one.layers], theirs[layers - both : layers, :, rows])
            alike[rows] = np.maximum(alike[rows], last.sum(axis=0))
    winners = np.zeros(len(others.layers), np.uint8)
    for own, row in zip(np.frombuffer(one.free, np.uint32), others.free, strict=True):
        winners += np.bitwise_count(row ^ own) <= SAME
    return alike, winners.astype(np.int64)


def alike(one: Codes, others: Shelf) -> list[tuple[int, int, int]]:
    """Which of the others one code is like, the likeliest first: (which, layers, winners), as `likeness` counts."""
    import numpy as np

    layers, winners = likeness(one, others)
    found = np.flatnonzero((layers > 0) | (winners >= LEAST))
    order = np.lexsort((-winners[found], layers[found] == 0))  # what keeps its places is nearer than what has lost them
    return [(int(at), int(layers[at]), int(winners[at])) for at in found[order]]


def _near(mine: NDArray[np.uint64], theirs: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """bool[layers, codes]: which layers have nearly the same signs."""
    import numpy as np

    differ = np.zeros((len(theirs), theirs.shape[2]), np.uint16)
    for word in range(theirs.shape[1]):
        differ += np.bitwise_count(theirs[:, word] ^ mine[:, word, None])
    return np.asarray(differ <= ALIKE)
