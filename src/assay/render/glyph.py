"""Small pictures in characters: a mark for each state, a gauge, a curve over layers; in ASCII where that is all."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from assay.facts.role import placed
from assay.facts.values import TensorSummary, first_copy, median
from assay.lazy import dataclass
from assay.render.answer import State


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that pictures are made of: marks by state, full and empty of a gauge, steps from low to high."""

    marks: dict[State, str]
    full: str
    empty: str
    steps: str

    def gauge(self, done: int, whole: int) -> str:
        """One character for each part, those that are there first."""
        return self.full * done + self.empty * (whole - done)

    def curve(self, ratios: Sequence[float]) -> str:
        """One character for each ratio: the middle step is 1, each step a factor of the root of two, as in the maps."""
        middle, last = len(self.steps) // 2, len(self.steps) - 1
        places = (middle + round(2 * math.log2(ratio)) if ratio > 0 else 0 for ratio in ratios)
        return "".join(self.steps[max(0, min(last, place))] for place in places)


UNICODE = Glyphs(dict(zip(State, "✖◆○○●–·", strict=True)), "●", "○", "▁▂▃▄▅▆▇█")
ASCII = Glyphs(dict(zip(State, "x!??+-.", strict=True)), "#", "-", "_.,-=+*#")


def layer_ratios(tensors: Sequence[TensorSummary], most: int) -> tuple[float, ...]:
    """For each layer of the model the scale of its matrices against the median of their roles: the one farthest from 1.

    Of several copies the one with most tensors counts. Beyond `most` layers neighbours share a place, and the farthest
    of them stands there. Empty where fewer than four layers are known.
    """
    scales: dict[str, dict[int, float]] = defaultdict(dict)
    for row in first_copy(tensors):
        at = placed(row.name)
        if at.layer is not None and at.known and at.kind == "weight" and row.deviation and math.isfinite(row.deviation):
            scales[at.role][at.layer] = row.deviation
    if not scales:
        return ()
    ratios: dict[int, list[float]] = defaultdict(list)
    for of_role in scales.values():
        middle = median(of_role.values())
        for layer, scale in of_role.items():
            ratios[layer].append(scale / middle)
    if len(ratios) < 4:
        return ()
    rows = [max(ratios[layer], key=_farness) for layer in sorted(ratios)]
    width = -(-len(rows) // most)
    return tuple(max(rows[at : at + width], key=_farness) for at in range(0, len(rows), width))


def _farness(ratio: float) -> float:
    return abs(math.log2(ratio))
