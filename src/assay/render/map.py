"""The layers x roles map of a model as SVG, and a histogram for each tensor.

Colours are classes, so that the content security policy of a page stays strict.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from markupsafe import Markup

from assay.facts.role import ORDER, placed
from assay.facts.values import TensorSummary, copy_of, first_copy, median
from assay.lazy import regex

CELL, LEFT, TOP = 22, 44, 84
ACROSS, BESIDE, LINE = 150, 50, 11  # of a small map: the field, the names beside it, the height of a row
MOST_ROLES, WIDEST = 9, 16  # of a small map: rows, how wide a cell may be
LONGEST, LEANING = 9, 15  # letters of a name: beside a small map, and leaning above a large one
MOST_DRAWN = 400  # tensors that get a histogram of their own; beyond, those that differ most
STEPS = 4  # colour steps on either side of the middle
Grid = dict[tuple[int, str], tuple[float, int]]  # (layer, role) -> value, and which tensor
# a layer of a model whose names `facts.role` does not know: the first number in the name, and what follows it
_NUMBERED = regex(r"(?:^|\.)(\d{1,4})\.(.+?)(?:\.weight)?\Z")


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
    link: Callable[[int], str] = "#t-{}".format,
) -> Markup:
    """One map: a row for each layer, a column for each role, a cell coloured by `value`; nothing without layers.

    The cell of a tensor that is `drawn` leads to where `link` says that it is.

    With `relative` the colour is the ratio to the median of the column (each step a factor of the square root of two),
    so that the odd layer of a role stands out; otherwise it is the value itself, in steps of the largest.
    """
    grid = _grid(rows, value)
    roles, layers = _axes(grid)
    if not layers or not roles:
        return Markup("")
    middles = _middles(grid, roles)
    largest = max((abs(v) for v, _ in grid.values()), default=0.0)
    cells = []
    for (layer, role), (v, number) in sorted(grid.items()):
        step = _ratio_step(v, middles[role]) if relative else _size_step(v, largest)
        x, y = LEFT + roles.index(role) * CELL, TOP + layers.index(layer) * (CELL - 8)
        box = Markup('<rect class="h{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            step, x, y, CELL - 1, CELL - 9, f"{rows[number].name}: {words(v)}"
        )
        cells.append(Markup('<a href="{}" tabindex="-1">{}</a>').format(link(number), box) if number in drawn else box)
    return _figure(title, cells, roles, layers)


def maps(
    rows: Sequence[TensorSummary], shown: frozenset[int], link: Callable[[int], str] = "#t-{}".format
) -> list[Markup]:
    """Scale and tails of each tensor, layer by layer, of one copy of the model.

    Args:
        shown: tensors whose cells lead somewhere.
        link: where, by the number of the tensor.
    """
    main = {copy_of(row) for row in first_copy(rows)[:1]}

    def picture(title: str, value: Callable[[TensorSummary], float | None]) -> Markup:
        def of_main(row: TensorSummary) -> float | None:
            return value(row) if copy_of(row) in main else None

        return layer_map(title, rows, of_main, lambda number: f"{number:.3g}", relative=True, drawn=shown, link=link)

    pictures = (
        picture("Scale (standard deviation)", lambda row: row.deviation),
        picture("Tails (kurtosis)", lambda row: row.kurtosis),
    )
    return [one for one in pictures if one]


def small_map(rows: Sequence[TensorSummary], marked: frozenset[str]) -> Markup:
    """The scale of each tensor against the median of its role, layers from left to right; nothing without layers.

    Args:
        rows: the tensors of one copy of the model.
        marked: names of those to be framed, since a finding is about them.
    """
    grid = _grid(rows, lambda row: row.deviation)
    roles, layers = _axes(grid)
    if len(layers) < 2 or not roles:
        return Markup("")
    middles, wide = _middles(grid, roles), min(WIDEST, ACROSS / len(layers))
    kept, broad = roles[:MOST_ROLES], max(0.5, wide - (1 if wide > 3 else 0))
    steps: dict[int, list[str]] = defaultdict(list)
    framed = []
    for (layer, role), (v, number) in sorted(grid.items()):
        if role not in kept:
            continue
        x, y, step = (
            f"{BESIDE + layers.index(layer) * wide:.4g}",
            kept.index(role) * LINE,
            _ratio_step(v, middles[role]),
        )
        steps[step].append(f"M{x} {y}h{broad:.3g}v{LINE - 1}h-{broad:.3g}z")
        if rows[number].name in marked:
            said = f"{rows[number].name}: deviation {v:.3g}, {_times(v, middles[role])} the median of its role"
            framed.append(
                Markup(
                    '<rect class="h{} framed" x="{}" y="{}" width="{:.3g}" height="{}"><title>{}</title></rect>'
                ).format(step, x, y, broad, LINE - 1, said)
            )
    # one path a step: a box for each cell is most of what a browser has to lay out before it shows the page
    cells = [
        Markup('<path class="h{}" d="{}"><title>{}</title></path>').format(step, "".join(found), _step_words(step))
        for step, found in sorted(steps.items())
    ]
    names = Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
            BESIDE - 4, at * LINE + 9, _shortened(role, LONGEST)
        )
        for at, role in enumerate(kept)
    )
    label = f"Scale of {len(layers)} layers by {len(kept)} roles, each against the median of its role"
    return Markup('<svg class="small map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        BESIDE + ACROSS, LINE * len(kept), label, names, Markup("").join([*cells, *framed])
    )


def _step_words(step: int) -> str:
    """What a step of `_ratio_step` means."""
    away = step - STEPS
    if not away:
        return "about the median of its role"
    return f"about {2 ** (away / 2):.2g} times the median of its role{' or more' if away == STEPS else ''}" + (
        " or less" if away == -STEPS else ""
    )


def _times(value: float, middle: float) -> str:
    return f"{value / middle:.2f} times" if middle > 0 else "above"


def _shortened(role: str, most: int) -> str:
    """A role in `most` letters: of a long one the parts by their first letters, and the last as far as it goes."""
    if len(role) <= most:
        return role
    *parts, last = role.split(".")
    head = "".join(f"{part[:1]}." for part in parts)[: most - 3]
    room = most - len(head)
    return head + (last if len(last) <= room else f"{last[: room - 1]}…")


def _axes(grid: Grid) -> tuple[list[str], list[int]]:
    """The roles of a grid in the order of `ORDER`, then those without a known name, and its layers."""
    held = {role for _, role in grid}
    others = sorted(held - set(ORDER))
    return [role for role in ORDER if role in held] + others, sorted({layer for layer, _ in grid})


def _middles(grid: Grid, roles: list[str]) -> dict[str, float]:
    return {role: median(v for (_, r), (v, _) in grid.items() if r == role) for role in roles}


def _figure(title: str, cells: list[Markup], roles: list[str], layers: list[int]) -> Markup:
    shown = [_shortened(role, LEANING) for role in roles]
    beyond = max((4 * len(name) - (len(roles) - n) * CELL for n, name in enumerate(shown)), default=0)
    width, height = LEFT + len(roles) * CELL + max(8, beyond), TOP + len(layers) * (CELL - 8) + 4
    columns = Markup("").join(
        Markup('<text transform="translate({} {}) rotate(-60)"><title>{}</title>{}</text>').format(
            LEFT + n * CELL + 12, TOP - 6, role, name
        )
        for n, (role, name) in enumerate(zip(roles, shown, strict=True))
    )
    every = max(1, len(layers) // 30)
    names = Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 6, TOP + n * (CELL - 8) + 11, layer)
        for n, layer in enumerate(layers)
        if n % every == 0
    )
    picture = Markup(
        '<svg class="map" viewBox="0 0 {} {}" width="{}" role="group" aria-label="{}">{}{}{}</svg>'
    ).format(
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
        at, v = _cell(row.name), value(row)
        if at is not None and v is not None and math.isfinite(v):
            cells[at].append((v, number))
    if not any(role in ORDER for _, role in cells):
        cells = _common(cells)
    else:
        cells = {key: found for key, found in cells.items() if key[1] in ORDER}
    return {key: sorted(found)[len(found) // 2] for key, found in cells.items()}


def _cell(name: str) -> tuple[int, str] | None:
    """The layer and the role of a weight, by its known name or by the number in it; None for what is outside them."""
    at = placed(name)
    if at.layer is not None and at.known:
        return (at.layer, at.role) if at.kind == "weight" else None
    found = None if name.endswith("bias") else _NUMBERED.search(name)
    return (int(found[1]), found[2]) if found else None


def _common(cells: dict[tuple[int, str], list[tuple[float, int]]]) -> dict[tuple[int, str], list[tuple[float, int]]]:
    """Of a model with names of its own, the roles that half of its layers or more have."""
    layers = {layer for layer, _ in cells}
    often = Counter(role for _, role in cells)
    return {key: found for key, found in cells.items() if 2 * often[key[1]] >= len(layers)}


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
    roles = [placed(row.name).role for row in rows]
    scales: dict[str, list[float]] = defaultdict(list)
    for row, role in zip(rows, roles, strict=True):
        scales[role].append(row.deviation or 0.0)
    middles = {role: median(values) for role, values in scales.items()}

    def oddness(number: int) -> float:
        return -abs(_ratio_step(rows[number].deviation or 0.0, middles[roles[number]]) - STEPS)

    return frozenset(sorted(with_picture, key=lambda number: (oddness(number), number))[:MOST_DRAWN])


def histogram(row: TensorSummary, style: str = "") -> Markup:
    """The distribution of one tensor as a step curve, on a square-root scale so that the tails show.

    `style` is a class of its own, `other` for one that stands beside the tensor that is meant.
    """
    highest = math.sqrt(max(row.bins, default=0))
    if not highest:
        return Markup("")
    heights = groupby(40 - round(38 * math.sqrt(count) / highest) for count in row.bins)
    steps = "".join(f"V{height}h{5 * sum(1 for _ in same)}" for height, same in heights)
    return Markup(
        '<svg class="{}" viewBox="0 0 {} 41" width="{}" role="img" aria-label="distribution">'
        '<path d="M0 40{}V40z"/></svg>'
    ).format(f"hist {style}".strip(), 5 * len(row.bins), 5 * len(row.bins), steps)
