"""Small charts as SVG without style attributes, so that a strict content security policy and dark mode both work."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 26  # of a bar
MOST_PARTS = 8  # of a bar: as many as there are colours
_CHARACTERS, _LINE, MOST_LINES = 60, 14, 4  # of a name above an interval: in a line, its height, lines
ACROSS, UP, LEFT, TOP, BELOW = 300, 200, 40, 8, 36  # of a plot: its field, and the margins around it


def bar(title: str, parts: Sequence[tuple[str, int]], words: Callable[[int], str], most: int = MOST_PARTS) -> Markup:
    """One horizontal bar in proportion to `parts`, with a legend that says each number; nothing if all are zero.

    Args:
        title: what the whole is, for people who cannot see the bar.
        parts: (name, count) in drawing order; zero counts are left out.
        words: how a count is written.
        most: how many parts are drawn; of more the last are one.
    """
    shown = [(name, count) for name, count in parts if count > 0]
    if len(shown) > most:
        rest = shown[most - 1 :]
        shown[most - 1 :] = [(f"{len(rest):,} others", sum(count for _, count in rest))]
    total = sum(count for _, count in shown)
    if not total:
        return Markup("")
    pieces, legend, x = [], [], 0.0
    for number, (name, count) in enumerate(shown, 1):
        width = WIDTH * count / total
        label = Markup("{}: {} ({:.1f} %)").format(name, words(count), 100 * count / total)
        pieces.append(
            Markup('<rect class="c{}" x="{:.2f}" y="0" width="{:.2f}" height="{}"><title>{}</title></rect>').format(
                number, x, max(width, 0.75), HEIGHT, label
            )
        )
        legend.append(
            Markup(
                '<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true">'
                '<rect class="c{}" width="10" height="10"/></svg>{}</li>'
            ).format(number, label)
        )
        x += width
    label = escape(f"{title}: " + ", ".join(f"{name} {words(count)}" for name, count in shown))
    picture = Markup(
        '<svg class="bar" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, label, Markup("").join(pieces))
    return Markup('<figure><figcaption>{}</figcaption>{}<ul class="legend">{}</ul></figure>').format(
        title, picture, Markup("").join(legend)
    )


def plot(title: str, axes: tuple[str, str], points: Sequence[tuple[float, float]], *, line: bool) -> Markup:
    """Points (x, y), both from 0 to 1, as a line or each beside the diagonal; nothing without points.

    Args:
        title: what is shown, for people who cannot see it too.
        axes: what x and y are.
        points: in the order of x.
        line: whether they are joined; where not, the diagonal says where x and y are the same.
    """
    if not points:
        return Markup("")
    (x, y), (last_x, last_y) = points[0], points[-1]
    label = f"{title}: from {100 * y:.0f} % at {100 * x:.0f} % to {100 * last_y:.0f} % at {100 * last_x:.0f} %"
    drawn = [_grid(), _line(points) if line else _dots(axes, points)]
    picture = Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        LEFT + ACROSS + 20, UP + BELOW, label, Markup("").join(drawn)
    )
    return Markup('<figure><figcaption>{}</figcaption>{}<p class="quiet">{} against {}</p></figure>').format(
        title, picture, axes[1], axes[0]
    )


def shares(title: str, rows: Sequence[tuple[str, float, float, float, str]]) -> Markup:
    """Shares from 0 to 1 as bars below one another, each with its interval; nothing without rows.

    Args:
        title: what is shown.
        rows: (name, share, low, high, what it says in words).
    """
    if not rows:
        return Markup("")
    wide, left, step = 360, 78, 22
    drawn = []
    for number, (name, share, low, high, words) in enumerate(rows):
        top, start, stop = step * number, left + 200 * low, left + 200 * high
        whisker = Markup('<path class="whisker" d="M{:.1f} {}h{:.1f}m0 -4v8M{:.1f} {}v8"/>').format(
            start, top + 10, stop - start, start, top + 6
        )
        drawn.append(
            Markup(
                '<g><title>{}: {}</title><text x="{}" y="{}" text-anchor="end">{}</text>'
                '<rect class="track" x="{}" y="{}" width="200" height="14"/>'
                '<rect class="c1" x="{}" y="{}" width="{:.1f}" height="14"/>{}<text x="{}" y="{}">{:.0f} %</text></g>'
            ).format(
                name, words, left - 6, top + 14, name, left, top + 3, left, top + 3, 200 * share,
                whisker if low < high else "", left + 208, top + 14, 100 * share,
            )
        )  # fmt: skip
    label = f"{title}: " + "; ".join(f"{name} {words}" for name, *_, words in rows)
    picture = Markup('<svg class="shares" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        wide, step * len(rows), label, Markup("").join(drawn)
    )
    return Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(title, picture)


def intervals(title: str, rows: Sequence[tuple[str, str, tuple[float, ...]]]) -> Markup:
    """Numbers with their intervals below one another, each on the scale that is given for it; nothing without rows.

    Args:
        title: what is shown.
        rows: (name, the number in words, (value, low, high, least of the scale, greatest of it, and if there is one the
            value of chance)).
    """
    if not rows:
        return Markup("")
    drawn, top = [], 0
    for name, words, (value, low, high, least, most, *chance) in rows:
        lines, wide = textwrap.wrap(name, _CHARACTERS)[:MOST_LINES], 340 / ((most - least) or 1.0)
        said = [
            Markup('<text x="4" y="{}">{}</text>').format(top + 14 + _LINE * at, row) for at, row in enumerate(lines)
        ]
        top += _LINE * (len(lines) - 1)
        x, start, stop = (4 + wide * (row - least) for row in (value, low, high))
        marks = [
            Markup('<path class="chance" d="M{:.1f} {}v18"/>').format(4 + wide * (row - least), top + 18)
            for row in chance
        ]
        drawn.append(
            Markup(
                '<g><title>{}</title>{}<rect class="track" x="4" y="{}" width="340" height="10"/>'
                '{}<path class="whisker" d="M{:.1f} {}h{:.1f}m0 -4v8M{:.1f} {}v8"/>'
                '<circle class="c1" cx="{:.1f}" cy="{}" r="4"/></g>'
            ).format(
                words, Markup("").join(said), top + 22, Markup("").join(marks), start, top + 27, stop - start, start,
                top + 23, x, top + 27,
            )
        )  # fmt: skip
        top += 40
    label = f"{title}: " + "; ".join(words for _, words, _ in rows)
    picture = Markup('<svg class="intervals" viewBox="0 0 348 {}" role="img" aria-label="{}">{}</svg>').format(
        top, label, Markup("").join(drawn)
    )
    return Markup("<figure>{}</figure>").format(picture)


def curve(title: str, points: Sequence[tuple[float, float]]) -> Markup:
    """A small line from 0 to 1 on both axes, with its last value beside it; nothing without points."""
    if not points:
        return Markup("")
    wide, high, below = 200, 84, 96
    path = " ".join(f"{x * (wide - 34):.1f},{4 + (1 - y) * (high - 4):.1f}" for x, y in points)
    (first, _), (last, end) = points[0], points[-1]
    drawn = Markup(
        '<path class="area" d="M{:.1f} {}L{} {:.1f},{}z"/><line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>'
        '<polyline class="line" points="{}"/><text x="{}" y="{:.1f}">{}</text><text x="0" y="{}">{}</text>'
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(
        first * (wide - 34), high, path, last * (wide - 34), high, wide - 34, high, high, path,
        wide - 30, 8 + (1 - end) * (high - 4), f"{100 * end:.0f} %", below, "surest", wide - 34, below, "all answered",
    )  # fmt: skip
    picture = Markup('<svg class="small curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        wide, below + 4, f"{title}: {100 * points[0][1]:.0f} % to {100 * end:.0f} %", drawn
    )
    return Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(title, picture)


def _grid() -> Markup:
    """Lines and labels at 0, 50 and 100 %."""
    shares = (0.0, 0.5, 1.0)
    rows = [
        Markup(
            '<text x="{}" y="{}" text-anchor="end">{} %</text><line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        ).format(LEFT - 6, TOP + 4 + (1 - share) * UP, round(100 * share), LEFT, LEFT + ACROSS, *2 * [_y(share)])
        for share in shares
    ]
    columns = [
        Markup('<text x="{}" y="{}" text-anchor="middle">{} %</text>').format(
            LEFT + share * ACROSS, UP + 24, round(100 * share)
        )
        for share in shares
    ]
    return Markup("").join(rows + columns)


def _line(points: Sequence[tuple[float, float]]) -> Markup:
    path = " ".join(f"{LEFT + x * ACROSS:.1f},{_y(y):.1f}" for x, y in points)
    return Markup('<polyline class="line" points="{}"/>').format(path)


def _dots(axes: tuple[str, str], points: Sequence[tuple[float, float]]) -> Markup:
    diagonal = Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(LEFT, TOP + UP, LEFT + ACROSS, TOP)
    dots = [
        Markup('<circle class="c1" cx="{:.1f}" cy="{:.1f}" r="5"><title>{}</title></circle>').format(
            LEFT + x * ACROSS, _y(y), f"{axes[0]} {100 * x:.0f} %, {axes[1]} {100 * y:.0f} %"
        )
        for x, y in points
    ]
    return Markup("").join([diagonal, *dots])


def _y(share: float) -> float:
    return TOP + (1 - share) * UP
