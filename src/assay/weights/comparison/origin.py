"""Whether the body of a model is that of the base: asked part by part, and never from what any two models may share.

The body are the matrices of its layers. An embedding, an output head or a frozen tower can be taken over by a model
that is otherwise trained from nothing, and computed tables are the same in all models of an architecture: they are
named, and prove no descent.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field
from enum import StrEnum

from assay.facts.comparison import State
from assay.lazy import dataclass
from assay.weights.anatomy import BODY, group, main_tower, tower_words
from assay.weights.comparison.difference import Found
from assay.weights.comparison.matching import Side
from assay.weights.comparison.neurons import Match, layers_of, matches, unscaled
from assay.weights.fingerprint import DOUBT, RELATED, SHARE

SAME_COORDINATES = 0.10  # cosine of the body: independent models have 0.00, heavily continued ones 0.5 and more
LIKE = 0.05  # mean cosine at the same position beyond that at others: a mean that is not zero gives cosines alone
MOST, FEW = 0.8, 0.2  # share of a tower that must be the base's, and that may be where it is not
MAIN = 0.5  # share of all layers that the main tower must have to speak for a model with another tower besides
EXPLAINED = 0.2  # share of the change that factors and order may leave, where the model is the same up to them
SAME_UNITS = 0.999  # median |cosine| of units found again, from which they are copies
SCALED = 0.02  # relative change from which factors are looked for


class Descent(StrEnum):
    """What the body says."""

    IN_PLACE = "in place"
    MOVED = "moved"
    INDEPENDENT = "independent"
    MIXED = "mixed"
    UNTESTED = "untested"
    NO_BODY = "no body"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the parts say: of the body, what is shared beside it, why, and how far from the deciding numbers."""

    descent: Descent
    shared: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    margin: float = 9.0
    cosine: float | None = None


@dataclass(slots=True)
class _Tower:
    """What is known of one stack of layers."""

    name: str
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by what became of it: values
    layers: set[int] = field(default_factory=set)  # those of the base's that were found again
    all_layers: set[int] = field(default_factory=set)
    tests: list[Match] = field(default_factory=list)
    rows: list[Found] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(self.sizes.values())

    @property
    def descent(self) -> Descent:
        """In place, moved, independent, or a part of each."""
        own = self.sizes["in place"] + self.sizes["moved"]
        tested = own + self.sizes["independent"]
        if not tested:
            return Descent.UNTESTED
        if own >= MOST * tested:
            return Descent.MOVED if self.sizes["moved"] else Descent.IN_PLACE
        return Descent.INDEPENDENT if own <= FEW * tested else Descent.MIXED


def margin(value: float, threshold: float) -> float:
    """How many powers of ten lie between a number and its threshold, at most 9."""
    if value <= 0 or threshold <= 0:
        return 9.0
    return round(min(9.0, abs(math.log10(value / threshold))), 2)


def totals(found: Iterable[Found]) -> tuple[float | None, float | None]:
    """(relative change, cosine) of all matrices together; identical ones count with their estimated size."""
    rows = [row for row in found if is_matrix(row)]
    if not rows:
        return None, None
    dot, base, model, change = (math.fsum(values) for values in zip(*(row.squares for row in rows), strict=True))
    if not math.isfinite(dot + base + model + change):
        return None, None
    if base <= 0 or model <= 0:
        return (0.0, 1.0) if all(row.difference.state is State.IDENTICAL for row in rows) else (None, None)
    return math.sqrt(change / base), dot / math.sqrt(base * model)


def is_matrix(row: Found) -> bool:
    """Whether it has rows and columns, and is learned."""
    return min(row.pair.base.rows, row.pair.base.columns) > 1 and not row.computed


def body(found: Sequence[Found]) -> list[Found]:
    """The matrices that can prove descent: those of layers; where there are no layers, all but embedding and head."""
    rows = [row for row in found if is_matrix(row) and row.pair.place.kind == "weight"]
    inner = [row for row in rows if group(row.pair.place) in BODY]
    return [row for row in inner if row.pair.place.layer is not None] or inner


def origin(found: Sequence[Found], base: Side, model: Side) -> Origin:
    """What the body of the model says about its descent, and what it shares beside."""
    towers = _towers(body(found), base, model)
    shared = _shared(found)
    if not towers:
        return _without_body(found, base, model, shared)
    main = towers[main_tower(towers)]
    others = [row for row in towers.values() if row is not main and row.descent is not Descent.UNTESTED]
    words = {name: tower_words(name, towers) for name in towers}
    same = [words[row.name] for row in towers.values() if row.descent in (Descent.IN_PLACE, Descent.MOVED)]
    strange = [row for row in others if row.descent in (Descent.INDEPENDENT, Descent.MIXED)]
    _, cosine = totals(main.rows)
    descent = main.descent
    why: list[str] = []
    if descent is Descent.INDEPENDENT:
        part = f"layer{'s' if len(main.layers) > 1 else ''} {_numbers(main.layers)} of the {words[main.name]}"
        partly = [part] if main.layers else []
        said = _said([*shared, *same, *partly], words[main.name])
        why = [said, *_tests(main, words[main.name], cosine)]
        shared = (*shared, *same, *partly)
    elif descent is Descent.MIXED:
        why = [f"{len(main.layers):,} of {len(main.all_layers):,} layers of the {words[main.name]} are the base's"]
        why += _tests(main, words[main.name], cosine)
    elif descent is Descent.MOVED:
        least = min(test.likeness for test in main.tests if test.agreed)
        exact = "the same up to neuron order, sign and scale" if least >= SAME_UNITS else "its neurons are the base's"
        why = [f"{exact}: median |cosine| of those found again {least:.4f}", *_tests(main, words[main.name], cosine)]
    elif strange:
        names = ", ".join(words[row.name] for row in strange)
        why = [f"same {words[main.name]}, {names} independent of the base"]
        whole = sum(row.size for row in towers.values())
        if main.size < MAIN * whole:
            descent = Descent.MIXED
        shared = (*shared, *same)
    return Origin(descent, tuple(dict.fromkeys(shared)), tuple(why), _least(main, cosine), cosine)


def _towers(rows: list[Found], base: Side, model: Side) -> dict[str, _Tower]:
    towers: dict[str, _Tower] = {}
    moved: dict[tuple[str, str], list[Found]] = defaultdict(list)
    blocks: dict[tuple[str, int | None, str], list[Found]] = defaultdict(list)
    for row in rows:
        blocks[row.pair.place.tower, row.pair.place.layer, group(row.pair.place)].append(row)
    for (name, layer, kind), block in blocks.items():
        tower = towers.setdefault(name, _Tower(name))
        tower.rows += block
        if layer is not None:
            tower.all_layers.add(layer)
        if in_place(block):
            tower.sizes["in place"] += sum(map(values_of, block))
            if layer is not None:
                tower.layers.add(layer)
        elif any(row.squares[1] > 0 for row in block):
            moved[name, kind] += block
    for (name, kind), block in moved.items():
        tower, size = towers[name], sum(map(values_of, block))
        there = {row.pair.place.layer for row in block}
        layers = [layer for layer in layers_of(base, model, name) if layer in there]
        match = matches(base, model, name, kind, layers) if layers else None
        if match is None or not match.paired:
            tower.sizes["untested"] += size
            continue
        tower.tests.append(match)
        share = match.agreed / match.paired
        if match.log10_p <= RELATED and share >= SHARE:
            tower.sizes["moved"] += size
            tower.layers |= {row.pair.place.layer for row in block if row.pair.place.layer is not None}
        elif match.log10_p <= RELATED and share >= DOUBT:
            tower.sizes["untested"] += size
        else:
            tower.sizes["independent"] += size
    return {name: tower for name, tower in towers.items() if tower.size}


def in_place(block: Sequence[Found]) -> bool:
    """Whether matrices of one part are like the base's at the same position, and not everywhere alike."""
    _, cosine = totals(block)
    likes = [(row.likeness, values_of(row)) for row in block if row.likeness is not None]
    like = sum(value * size for value, size in likes) / sum(size for _, size in likes) if likes else None
    return cosine is not None and cosine >= SAME_COORDINATES and (like is None or like >= LIKE)


def values_of(row: Found) -> int:
    """Values of the base's tensor."""
    return row.pair.base.rows * row.pair.base.columns


def _shared(found: Sequence[Found]) -> tuple[str, ...]:
    """What beside the body is the base's, in words."""
    out = []
    for part in ("embedding", "output head"):
        rows = [row for row in found if is_matrix(row) and group(row.pair.place) == part]
        if rows and in_place(rows):
            out.append(part)
    tables = [
        row
        for row in found
        if row.computed and row.difference.state is State.IDENTICAL and row.squares[1] > 0 and values_of(row) > 1
    ]
    if tables:
        tables.sort(key=lambda row: -values_of(row))
        names = list(dict.fromkeys(re.sub(r"\.\d+(?=\.)", ".*", row.difference.name) for row in tables))
        more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        out.append(f"{_TABLES}{', '.join(names[:3])}{more}")
    return tuple(out)


_TABLES = "constant tables: "


def _said(shared: list[str], words: str) -> str:
    """What is shared, and that the rest is independent."""
    parts = list(dict.fromkeys(name for name in shared if not name.startswith(_TABLES)))
    tables = [name for name in shared if name.startswith(_TABLES)]
    if not parts:
        return f"they share only {tables[0]}; {words} independent" if tables else f"{words} independent of the base"
    beside = f"; also {tables[0]}" if tables else ""
    return f"same {' and '.join(parts)}, {words} independent{beside}"


def _tests(tower: _Tower, words: str, cosine: float | None) -> list[str]:
    out = [] if cosine is None else [f"cosine of the {words} {cosine:.4f}"]
    out += (
        f"{test.agreed:,} of {test.paired:,} {test.group} units agree up to order, sign and scale"
        f" (chance 10^{round(test.log10_p)} at most)"
        for test in tower.tests
    )
    return out


def _numbers(layers: set[int]) -> str:
    found = sorted(layers)
    return ", ".join(map(str, found[:6])) + (f" and {len(found) - 6:,} more" if len(found) > 6 else "")


def _least(tower: _Tower, cosine: float | None) -> float:
    """The distance to the nearest of the numbers that decide."""
    place = margin(max(cosine, 1e-6), SAME_COORDINATES) if cosine is not None else 9.0
    if tower.descent is Descent.IN_PLACE or not tower.tests:
        return place
    threshold, nearest = (SHARE, min) if tower.descent is Descent.MOVED else (DOUBT, max)
    distances = [
        nearest(margin(max(0.3, -test.log10_p), -RELATED), margin(max(test.agreed / test.paired, 1e-3), threshold))
        for test in tower.tests
    ]
    return max(distances) if tower.descent is Descent.MOVED else min(place, *distances)


def _without_body(found: Sequence[Found], base: Side, model: Side, shared: tuple[str, ...]) -> Origin:
    """Models of which only embeddings, heads or tables were matched: those that are no more than an embedding."""
    rows = [row for row in found if is_matrix(row)]
    inner = any(group(place) in BODY and place.layer is not None for one in (base, model) for place in one.places)
    if inner or not rows:
        why = f"nothing of the body was compared; shared: {', '.join(shared)}" if shared else ""
        return Origin(Descent.NO_BODY, shared, (why,) if why else ())
    _, cosine = totals(rows)
    if in_place(rows):
        return Origin(Descent.IN_PLACE, (), (), margin(cosine or 1e-6, SAME_COORDINATES), cosine)
    return Origin(Descent.UNTESTED, (), (), 9.0, cosine)


def rescaled(found: Sequence[Found], base: Side, model: Side) -> tuple[float, float] | None:
    """(relative change, what of it factors on units and norms leave) over sampled layers; None if they explain none."""
    rows = [row for row in body(found) if row.difference.state is State.CHANGED and row.difference.relative > SCALED]
    layers = sorted({row.pair.place.layer for row in rows if row.pair.place.layer is not None})
    chosen = [layers[n * len(layers) // min(3, len(layers))] for n in range(min(3, len(layers)))]
    raws: list[float] = []
    rests: list[float] = []
    for layer in chosen:
        answers = [unscaled(base, model, row.pair.place) for row in rows if row.pair.place.layer == layer]
        raws += [answer[0] for answer in answers if answer is not None]
        rests += [answer[1] for answer in answers if answer is not None]
        if not raws or _root(rests) > EXPLAINED * _root(raws):
            return None  # the first layer says so nearly always, and the others need not be read
    return (_root(raws), _root(rests)) if raws else None


def _root(values: Sequence[float]) -> float:
    return math.sqrt(sum(value**2 for value in values) / len(values))
