"""How hostile text is made to show itself."""

from __future__ import annotations

import unicodedata


def visible(text: str, keep: str = "") -> str:
    """`text` with every control, format, surrogate and private character written as an escape, except those in `keep`.

    Bidirectional marks would reorder what a reader sees, escape sequences would drive a terminal, zero-width characters
    would hide. All become \\u escapes, so that a name can only look like itself.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in keep or _shows(letter) else _escaped(letter) for letter in text)


def _shows(letter: str) -> bool:
    return letter == " " or (
        letter.isprintable() and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )


def _escaped(letter: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
