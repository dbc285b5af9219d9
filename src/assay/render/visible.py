"""Text from files made harmless for where it is shown: characters that hide or reorder, and Markdown."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@:&$^=])")


def visible(text: str, keep: str = "") -> str:
    """`text` with every control, format, surrogate and private character written as an escape, except those in `keep`.

    Bidirectional marks would reorder what a reader sees, escape sequences would drive a terminal, zero-width characters
    would hide. All become \\u escapes, so that a name can only look like itself.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in keep or _shows(letter) else _escape(letter) for letter in text)


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


def _shows(letter: str) -> bool:
    return letter == " " or (
        letter.isprintable() and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )


def _escape(letter: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
