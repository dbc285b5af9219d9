"""Text from files that can only look like itself: what hides, reorders or drives a terminal is an escape."""

from __future__ import annotations

from assay.lazy import regex

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


def visible(text: str, keep: str = "") -> str:
    """`text` with every control, format, surrogate, private and blank character as an escape, except those in `keep`.

    Bidirectional marks would reorder what a reader sees, escape sequences would drive a terminal, zero-width characters
    would hide. All become \\u escapes, so that a name can only look like itself.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNUSUAL.sub(lambda found: found[0] if found[0] in keep or _shows(found[0]) else _escape(found[0]), text)


def in_line(text: str, most: int = 100) -> str:
    """The same within a line of assay's: what is long is cut."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def _shows(letter: str) -> bool:
    return letter.isprintable() and letter not in _BLANK


def _escape(letter: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
