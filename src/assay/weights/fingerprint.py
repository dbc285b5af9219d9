"""A fingerprint of a model: sketches of its feed-forward neurons, from which kinship can be tested without its weights.

Two sketches of each neuron. In the model's own coordinates: what it reads from the residual stream, projected on fixed
random signs; it survives training, and no change of coordinates. In the basis of its tokens: what it reads from each
token's embedding (and what its gate reads, or without a gate what it writes to each), projected on signs that depend on
the token's text alone; it survives permutation and rotation of the hidden dimension, and order, sign and scale of the
neurons. What a norm scales is put into the matrix that reads it.

The tests that use them are the permutation test of Zhu et al., "Independence Tests for Language Models" (2025, section
3), and its MATCH idea moved to the token basis, so that no forward pass is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.facts.comparison import Kinship
from assay.facts.role import Place
from assay.facts.tokenizer import Vocabulary
from assay.lazy import dataclass
from assay.visible import in_line
from assay.weights.anatomy import is_token_embedding, main_tower, seat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOKENS, LAYERS, NEURONS = 2048, 8, 1024
OWN, SHARED = 32, 96  # dimensions of the two sketches
RELATED = -12.0  # log10 of the probability below which chance is no explanation
SHARE = 0.10  # of neurons that must agree as well: models of one kind of data share a few features by themselves
DOUBT = 0.02
FOUND, NONE = "common origin", "no common origin found"  # how a verdict begins, and the negative one
FILLED_LEAST = 0.5  # of the neurons, that must read anything at all
DRIFT, SIGMAS = 0.05, 6.0  # mean cosine at the same position, and how far it may lie from chance, without a kinship
SHARED_LEAST = 0.2  # of the sampled tokens, below which the token basis has no power


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Sketches as int8[layers, neurons, dimensions], and how they were made.

    `own` and `up`, `gate` are for the same layers; neurons of `own` are the first ones, those of `up` and `gate` the
    strongest (without a gate, `gate` is what a neuron writes). `depth` is the number of all layers. `tokens` are the
    texts, by which two fingerprints see how much of a basis they share.
    """

    name: str
    sha256: str
    hidden: int
    inner: int
    depth: int
    own: NDArray[np.int8]
    up: NDArray[np.int8]
    gate: NDArray[np.int8]
    tokens: frozenset[str]

    def __repr__(self) -> str:
        return f"<fingerprint of {in_line(self.name)}: {self.depth:,} layers of {self.hidden:,} wide>"


def fingerprint(
    name: str, sha256: str, weights: Mapping[str, Any], vocabulary: Vocabulary | None
) -> Fingerprint | None:
    """The fingerprint of a model, or None if it has no feed-forward layers that are known, or no embedding."""
    import numpy as np

    places = {seat(key): key for key in weights}
    tower = main_tower(place.tower for place in places if place.layer is not None)
    inside = {(place.layer, place.role): key for place, key in places.items() if _plain_weight(place, tower)}
    tables = [key for place, key in places.items() if is_token_embedding(place)]
    gated = any(role == "gate" for _, role in inside)
    second = "gate" if gated else "down"
    layers = sorted(layer for layer, role in inside if role == "up" and layer is not None and (layer, second) in inside)
    if not layers or not tables:
        return None
    basis, tokens = _token_basis(weights[tables[0]], vocabulary)
    hidden = basis.shape[1]
    own_signs = _signs([f"dimension {n}" for n in range(hidden)], OWN)
    own, up, gate, inner = [], [], [], 0
    for layer in _chosen(layers):
        matrices = [weights[inside[layer, role]].read() for role in ("up", second)]
        reads = _units(matrices[0], hidden)
        other = _units(matrices[1], hidden)
        if reads is None or other is None or reads.shape != other.shape or (inner and len(reads) != inner):
            return None
        inner = len(reads)
        key = inside.get((layer, "ffn_norm"))
        norm = weights[key].read().reshape(-1) if key is not None else None
        if norm is None or norm.shape != (hidden,) or not np.isfinite(norm).all():
            norm = np.ones(hidden, np.float32)
        own.append(_quantised((reads[:NEURONS] * norm) @ own_signs))
        sketches = [(reads * norm) @ basis.T, (other * norm if gated else other) @ basis.T]
        sizes = [np.linalg.norm(sketch, axis=1) for sketch in sketches]
        strength = sizes[1] if gated else sizes[0] * sizes[1]  # no factor that the other side undoes alters it
        strongest = np.sort(np.argsort(-np.nan_to_num(strength), kind="stable")[:NEURONS])
        up.append(_quantised(sketches[0][strongest]))
        gate.append(_quantised(sketches[1][strongest]))
    return Fingerprint(name, sha256, hidden, inner, len(layers), np.stack(own), np.stack(up), np.stack(gate), tokens)


def _plain_weight(place: Place, tower: str) -> bool:
    return place.layer is not None and (place.tower, place.kind, place.expert) == (tower, "weight", None)


def _chosen(layers: list[int]) -> list[int]:
    """The first and the last layers: those that are still first and last when some between are dropped or repeated."""
    half = LAYERS // 2
    return layers if len(layers) <= LAYERS else layers[:half] + layers[-half:]


def _units(matrix: NDArray[np.float32], hidden: int) -> NDArray[np.float32] | None:
    """float32[neurons, hidden], whichever way the matrix is stored."""
    if matrix.shape[1] == hidden and matrix.shape[0] != hidden:
        return matrix
    return matrix.T if matrix.shape[0] == hidden else None


def _token_basis(embedding: Any, vocabulary: Vocabulary | None) -> tuple[NDArray[np.float32], frozenset[str]]:
    """float32[SHARED, hidden]: signed sums of the centred embeddings of chosen tokens; and the tokens' texts.

    Tokens are chosen, and signed, by a hash of their text, so that another vocabulary chooses those that it shares.
    """
    import numpy as np

    texts = vocabulary.tokens if vocabulary is not None and len(vocabulary.tokens) > 16 else []
    names = [_plain(text) for text in texts[: embedding.rows]] or [f"#{id}" for id in range(embedding.rows)]
    first = {name: id for id, name in reversed(list(enumerate(names))) if name}
    chosen = sorted(first, key=lambda name: hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())[
        :TOKENS
    ]
    ids = np.array([first[name] for name in chosen])
    rows = np.zeros((len(chosen), embedding.columns), np.float32)
    for start, part in embedding.chunks():
        here = np.flatnonzero((ids >= start) & (ids < start + len(part)))
        rows[here] = part[ids[here] - start]
    rows -= rows.mean(axis=0)
    return _signs(chosen, SHARED).T @ rows, frozenset(chosen)


def _plain(token: str) -> str:
    """The token's text whichever way its tokenizer writes a space."""
    return token.replace("\u0120", " ").replace("\u2581", " ")


def _signs(names: list[str], dimensions: int) -> NDArray[np.float32]:
    """float32[names, dimensions] of +1 and -1, from a hash of each name."""
    import numpy as np

    raw = b"".join(
        hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=dimensions // 8).digest() for name in names
    )
    bits = np.unpackbits(np.frombuffer(raw, np.uint8)).reshape(len(names), dimensions)
    return (bits.astype(np.float32) * 2 - 1).astype(np.float32)


def _quantised(sketch: NDArray[np.float32]) -> NDArray[np.int8]:
    """Rows scaled to their largest value in 127 steps: only directions are compared."""
    import numpy as np

    most = np.abs(sketch).max(axis=1, keepdims=True)
    scaled = np.divide(sketch * 127, most, out=np.zeros_like(sketch), where=most > 0)
    return np.asarray(np.rint(np.nan_to_num(scaled)), np.int8)


def kinship(model: Fingerprint, other: Fingerprint) -> Kinship:
    """What the two fingerprints say about a common origin; symmetric, and silent about who came first."""
    own: list[tuple[int, int, float]] = []
    drift = False
    if (model.hidden, model.inner) == (other.hidden, other.inner):
        for a, b in zip(model.own, other.own, strict=False):
            left, right = mutual(a, b)
            hits = int((left == right).sum())
            own.append((hits, len(left), log10_bound(hits, len(left), len(b))))
        drift = _drifts(model.own, other.own)
    shared = len(model.tokens & other.tokens) / max(1, min(len(model.tokens), len(other.tokens)))
    basis = [
        max(
            (_agreement(up, gate, other.up[k], other.gate[k]) for k in _near(row, len(model.up), len(other.up))),
            key=lambda found: found[0],
        )
        for row, (up, gate) in enumerate(zip(model.up, model.gate, strict=True))
    ]
    fixed, matched, fixed_p = together(own)
    agreed, paired, agreed_p = together(basis)
    enough = paired > 0 and min(_filled(model), _filled(other)) >= FILLED_LEAST
    # layers of the same width, but not as many or not as wide inside: the sketches may be of other layers than these
    aligned = model.hidden != other.hidden or (model.inner, model.depth) == (other.inner, other.depth)
    known = enough and aligned and not drift and shared >= SHARED_LEAST
    verdict = _verdict(fixed, matched, fixed_p, agreed, paired, agreed_p, known)
    return Kinship(
        other.name, other.sha256, fixed, matched, fixed_p, agreed, paired, agreed_p, round(shared, 3), verdict
    )


def _filled(one: Fingerprint) -> float:
    """The share of neurons whose sketch is not zero: of weights that are all alike nothing can be said."""
    return float(one.up.any(axis=2).mean())


def _drifts(mine: NDArray[np.int8], theirs: NDArray[np.int8]) -> bool:
    """Whether neurons are on the whole more like those at the same position than like the next.

    No single neuron of a model that was trained for long need be found again, when all together still show it.
    """
    import numpy as np

    many = min(len(mine), len(theirs))
    units = []
    for rows in (mine[:many], theirs[:many]):
        wide = rows.astype(np.float32)
        norms = np.linalg.norm(wide, axis=2, keepdims=True)
        units.append(np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0))
    same = np.einsum("lnd,lnd->ln", *units)
    apart = np.einsum("lnd,lnd->ln", units[0], np.roll(units[1], 1, axis=1))
    excess = float(same.mean() - apart.mean())
    return excess >= DRIFT or excess >= SIGMAS * (2 / (OWN * same.size)) ** 0.5


def together(layers: list[tuple[int, int, float]]) -> tuple[int, int, float]:
    """Hits and pairs of all layers, their bounds combined by Fisher's method (the tail of a product of uniforms)."""
    from math import exp, lgamma, log

    total = sum(bound for _, _, bound in layers)
    size = -total * log(10)
    terms = [k * log(size) - lgamma(k + 1) for k in range(len(layers))] if size > 0 else [0.0]
    most = max(terms)
    tail = (most + log(sum(exp(term - most) for term in terms))) / log(10)
    combined = min(0.0, total + tail)
    return sum(row[0] for row in layers), sum(row[1] for row in layers), round(combined, 1)


def _near(row: int, mine: int, theirs: int) -> range:
    """Layers of the other model at about this depth, one on each side, as layers may have been dropped or added."""
    middle = round(row * (theirs - 1) / max(1, mine - 1)) if mine > 1 else 0
    return range(max(0, middle - 1), min(theirs, middle + 2))


def _verdict(fixed: int, matched: int, fixed_p: float, agreed: int, paired: int, agreed_p: float, known: bool) -> str:
    if fixed_p <= RELATED and fixed >= SHARE * matched:
        return f"{FOUND}, same coordinates"
    if agreed_p <= RELATED and agreed >= SHARE * paired:
        return f"{FOUND}, other coordinates"
    if not known:
        return "cannot tell"
    if (agreed_p <= RELATED and agreed >= DOUBT * paired) or (fixed_p <= RELATED and fixed >= DOUBT * matched):
        return "cannot tell"
    return NONE


def _agreement(up: Any, gate: Any, other_up: Any, other_gate: Any) -> tuple[int, int, float]:
    """(neurons matched alike by both projections, neurons matched by both, log10 of the bound for three tries)."""
    import numpy as np

    first, second = np.full(len(up), -1), np.full(len(up), -2)
    left, right = mutual(up, other_up)
    first[left] = right
    left, right = mutual(gate, other_gate)
    second[left] = right
    agreed = int((first == second).sum())
    both = int(((first >= 0) & (second >= 0)).sum())
    return agreed, both, min(0.0, log10_bound(agreed, both, len(other_up)) + np.log10(3))


def mutual(left: NDArray[Any], right: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows that are each other's nearest by |cosine|: indexes on the left, and on the right."""
    import numpy as np

    units = []
    for rows in (left, right):
        wide = rows.astype(np.float32)
        norms = np.linalg.norm(wide, axis=1, keepdims=True)
        units.append(np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0))
    cosines = np.abs(units[0] @ units[1].T)
    forward, backward = cosines.argmax(axis=1), cosines.argmax(axis=0)
    here = np.flatnonzero(backward[forward] == np.arange(len(left)))
    return here, forward[here]


def log10_bound(hits: int, pairs: int, choices: int) -> float:
    """log10 of a bound on the chance of `hits` or more among `pairs` matched uniformly at random to `choices`.

    The expected number of sets of `hits` correct pairs is C(pairs, hits) (choices - hits)! / choices!, and by Markov's
    inequality no smaller than the probability that there is one.
    """
    from math import lgamma, log

    if hits <= 0 or hits > pairs or pairs > choices:
        return 0.0
    ways = lgamma(pairs + 1) - lgamma(hits + 1) - lgamma(pairs - hits + 1)
    return min(0.0, (ways + lgamma(choices - hits + 1) - lgamma(choices + 1)) / log(10))
