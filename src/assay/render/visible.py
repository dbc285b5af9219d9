"""Text from files made harmless for where it is shown: characters that hide or reorder, and Markdown."""

from __future__ import annotations

import re

from assay.lazy import regex
from assay.visible import visible as visible

_SPECIAL = regex(r"([\\`*_{}\[\]()#+\-.!|<>~@:&$^=])")
_COLOUR = regex(r"(\x1b\[\d{1,2}(?:;\d{1,3}){0,3}m)")  # what `terminal.painter` writes


def finished(line: str, keep: str = "") -> str:
    """A finished line for a terminal: the same, but for the colours that assay gave it."""
    if "\x1b" not in line:
        return visible(line, keep)
    parts = _COLOUR.split(line)  # every second one is a colour
    return "".join(part if number % 2 else visible(part, keep) for number, part in enumerate(parts))


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is: no links, no mentions, no HTML, no table cells of its own."""
    return (
        _SPECIAL.sub(r"\\\1", visible(text))
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\@", "&#64;")
        .replace("\\&", "&amp;")
        .replace("\\:", "&#58;")
    )


def code(text: str) -> str:
    """`text` as a code span of Markdown; the fence is longer than any run of backticks in it.

    Bars are escaped for tables.
    """
    shown = visible(text).replace("|", "\\|")
    ticks = max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1
    pad = " " if ticks > 1 else ""
    return f"{'`' * ticks}{pad}{shown}{pad}{'`' * ticks}" if shown else ""


def prose(text: str) -> str:
    """`text` for Markdown, what stands in backticks as a code span, so that a command in it can be copied."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escaped(text)
    return "".join(code(piece) if at % 2 else escaped(piece) for at, piece in enumerate(pieces))
