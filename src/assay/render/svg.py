"""Small charts as SVG without style attributes, so that a strict content security policy and dark mode both work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 26


def bar(title: str, parts: Sequence[tuple[str, int]], words: Callable[[int], str]) -> Markup:
    """One horizontal bar in proportion to `parts`, with a legend that says each number; nothing if all are zero.

    Args:
        title: what the whole is, for people who cannot see the bar.
        parts: (name, count) in drawing order; zero counts are left out.
        words: how a count is written.
    """
    shown = [(name, count) for name, count in parts if count > 0]
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
                '<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="c{}" width="10" height="10"/></svg>{}</li>'
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
