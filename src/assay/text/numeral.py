"""Read numbers that are written in figures or in English words: `1,200`, `twelve`, `twenty-one`, `third`."""

from __future__ import annotations

from assay.text.quantity import RANKS, TENS, UNITS

_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_WORDS = {**UNITS, **TENS, **_SCALES}
MOST = 40  # characters of a number


def value(word: str) -> str | None:
    """A cardinal number as plain figures (`1200`, `0.5`), or None: the word is none."""
    word = word.lower()
    if len(word) > MOST:
        return None
    if word in _WORDS:
        return str(_WORDS[word])
    tens, dash, ones = word.partition("-")
    if dash and tens in TENS and 0 < UNITS.get(ones, 0) < 10:
        return str(TENS[tens] + UNITS[ones])
    bare = word.replace(",", "").rstrip(".")
    whole, point, part = bare.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (point and not (part.isascii() and part.isdigit())):
        return None
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))


def ordinal(word: str) -> str | None:
    """An ordinal number as figures, or None: `third` and `3rd` are 3."""
    word = word.lower()
    if word in RANKS:
        return str(RANKS[word])
    bare = word[:-2]
    return str(int(bare)) if word[-2:] in ("st", "nd", "rd", "th") and bare.isascii() and bare.isdecimal() else None
