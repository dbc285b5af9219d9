"""The layers x roles map of a model as SVG, and a histogram for each tensor.

Colours are classes, so that the content security policy of a page stays strict.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median
from typing import Protocol, TypeVar

from markupsafe import Markup

from assay.facts.role import ORDER, placed
from assay.facts.values import TensorSummary

CELL, LEFT, TOP = 22, 44, 84
MOST_DRAWN = 400  # tensors that get a histogram of their own; beyond, those that differ most
STEPS = 4  # colour steps on either side of the middle
Grid = dict[tuple[int, str], tuple[float, int]]  # (layer, role) -> value, and which tensor


class Named(Protocol):
    """What a map draws a cell for: anything with a tensor's name."""

    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


def layer_map(
    title: str,
    rows: Sequence[Row],
    value: Callable[[Row], float | None],
    words: Callable[[float], str],
    *,
    relative: bool,
    drawn: frozenset[int] = frozenset(),
) -> Markup:
    """One map: a row for each layer, a column for each role, a cell coloured by `value`; nothing without layers.

    With `relative` the colour is the ratio to the median of the column (each step a factor of the square root of two),
    so that the odd layer of a role stands out; otherwise it is the value itself, in steps of the largest.
    """
    grid = _grid(rows, value)
    roles = [role for role in ORDER if any(key[1] == role for key in grid)]
    layers = sorted({layer for layer, _ in grid})
    if not layers or not roles:
        return Markup("")
    middles = {role: median(v for (_, r), (v, _) in grid.items() if r == role) for role in roles}
    largest = max((abs(v) for v, _ in grid.values()), default=0.0)
    cells = []
    for (layer, role), (v, number) in sorted(grid.items()):
        if role not in middles:
            continue
        step = _ratio_step(v, middles[role]) if relative else _size_step(v, largest)
        x, y = LEFT + roles.index(role) * CELL, TOP + layers.index(layer) * (CELL - 8)
        box = Markup('<rect class="h{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            step, x, y, CELL - 1, CELL - 9, f"{rows[number].name}: {words(v)}"
        )
        cells.append(Markup('<a href="#t-{}">{}</a>').format(number, box) if number in drawn else box)
    return _figure(title, cells, roles, layers)


def _figure(title: str, cells: list[Markup], roles: list[str], layers: list[int]) -> Markup:
    width, height = LEFT + len(roles) * CELL + 8, TOP + len(layers) * (CELL - 8) + 4
    columns = Markup("").join(
        Markup('<text transform="translate({} {}) rotate(-60)">{}</text>').format(LEFT + n * CELL + 12, TOP - 6, role)
        for n, role in enumerate(roles)
    )
    every = max(1, len(layers) // 30)
    names = Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 6, TOP + n * (CELL - 8) + 11, layer)
        for n, layer in enumerate(layers)
        if n % every == 0
    )
    picture = Markup('<svg class="map" viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">{}{}{}</svg>').format(
        width,
        height,
        width,
        f"{title}: {len(layers)} layers by {len(roles)} roles",
        columns,
        names,
        Markup("").join(cells),
    )
    return Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(title, picture)


def _grid(rows: Sequence[Row], value: Callable[[Row], float | None]) -> Grid:
    """The value of each cell; experts of one layer share theirs, and it is their median."""
    cells: dict[tuple[int, str], list[tuple[float, int]]] = defaultdict(list)
    for number, row in enumerate(rows):
        at, v = placed(row.name), value(row)
        if at.layer is not None and at.known and at.kind == "weight" and v is not None and math.isfinite(v):
            cells[at.layer, at.role].append((v, number))
    return {key: sorted(found)[len(found) // 2] for key, found in cells.items()}


def _ratio_step(value: float, middle: float) -> int:
    if value <= 0 or middle <= 0:
        return STEPS
    return STEPS + max(-STEPS, min(STEPS, round(2 * math.log2(value / middle))))


def _size_step(value: float, largest: float) -> int:
    return STEPS + (min(STEPS, math.ceil(STEPS * abs(value) / largest)) if largest > 0 else 0)


def drawn(rows: Sequence[TensorSummary]) -> frozenset[int]:
    """Which tensors get a histogram: all, or the MOST_DRAWN whose scale differs most from that of their role."""
    with_picture = [number for number, row in enumerate(rows) if any(row.bins)]
    if len(with_picture) <= MOST_DRAWN:
        return frozenset(with_picture)
    scales: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        scales[placed(row.name).role].append(row.deviation or 0.0)

    def oddness(number: int) -> float:
        row = rows[number]
        return -abs(_ratio_step(row.deviation or 0.0, median(scales[placed(row.name).role])) - STEPS)

    return frozenset(sorted(with_picture, key=lambda number: (oddness(number), number))[:MOST_DRAWN])


def histogram(row: TensorSummary) -> Markup:
    """The distribution of one tensor as a step curve, on a square-root scale so that the tails show."""
    highest = math.sqrt(max(row.bins, default=0))
    if not highest:
        return Markup("")
    steps = "".join(f"V{40 - round(38 * math.sqrt(count) / highest)}h5" for count in row.bins)
    return Markup(
        '<svg class="hist" viewBox="0 0 {} 41" width="{}" role="img" aria-label="distribution">'
        '<path d="M0 40{}V40z"/></svg>'
    ).format(5 * len(row.bins), 5 * len(row.bins), steps)
