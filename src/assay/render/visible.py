"""Text from files made harmless for where it is shown: characters that hide or reorder, and Markdown."""

from __future__ import annotations

import re

from assay.lazy import regex

_SPECIAL = regex(r"([\\`*_{}\[\]()#+\-.!|<>~@:&$^=])")
_UNUSUAL = regex(r"[^ -~]")
# what is drawn as nothing although it is a letter, a mark or a symbol: Default_Ignorable_Code_Point without those of
# category Cf and Cn (Unicode 16, DerivedCoreProperties.txt), and the blank Braille pattern
_BLANK = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_COLOUR = regex(r"(\x1b\[\d{1,2}(?:;\d{1,3}){0,3}m)")  # what `terminal.painter` writes


def visible(text: str, keep: str = "") -> str:
    """`text` with every control, format, surrogate, private and blank character as an escape, except those in `keep`.

    Bidirectional marks would reorder what a reader sees, escape sequences would drive a terminal, zero-width characters
    would hide. All become \\u escapes, so that a name can only look like itself.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNUSUAL.sub(lambda found: found[0] if found[0] in keep or _shows(found[0]) else _escape(found[0]), text)


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


def _shows(letter: str) -> bool:
    return letter.isprintable() and letter not in _BLANK


def _escape(letter: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
