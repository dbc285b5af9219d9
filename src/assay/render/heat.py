"""A heat map as SVG: rows by columns, coloured from the middle to either side; every cell says its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from assay.render.visible import visible

CELL, HIGH, STEPS = 16, 16, 4
LEFT, TOP, LONGEST = 120, 18, 16  # LONGEST: letters of a row's name


def heat(
    title: str,
    columns: str,
    rows: Sequence[tuple[str, Sequence[float | None]]],
    most: float,
    words: Callable[[float], str],
) -> Markup:
    """Rows of (name, values); nothing where there are none.

    Args:
        title: what is shown, for people who cannot see it too.
        columns: what a column is (they are numbered from 0).
        rows: in drawing order; None stands for a value that is not known, which is not drawn.
        most: the value of the last step of colour on either side.
        words: how a value is written.
    """
    if not rows or not rows[0][1]:
        return Markup("")
    drawn = []
    for at, (name, values) in enumerate(rows):
        y, shown = TOP + at * HIGH, visible(name)
        label = shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
        drawn.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 6, y + 12, label))
        for column, value in enumerate(values):
            if value is None:
                continue
            said = f"{shown}, {columns} {column}: {words(value)}"
            drawn.append(
                Markup('<rect class="h{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                    _step(value, most), LEFT + column * CELL, y, CELL - 1, HIGH - 1, said
                )
            )
    count = len(rows[0][1])
    every = max(1, -(-count // 16))
    numbers = Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(LEFT + n * CELL + 8, TOP - 6, n)
        for n in range(0, count, every)
    )
    label = f"{title}: {len(rows)} rows by {count} columns ({columns}); the table below has the greatest values"
    picture = Markup('<svg class="heat" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        LEFT + count * CELL + 4, TOP + len(rows) * HIGH + 2, label, numbers, Markup("").join(drawn)
    )
    return Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(title, picture)


def _step(value: float, most: float) -> int:
    if most <= 0:
        return STEPS
    return STEPS + max(-STEPS, min(STEPS, round(STEPS * value / most)))
