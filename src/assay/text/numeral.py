"""Read numbers that are written in figures or in English words: `1,200`, `twelve`, `twenty-one`, `third`."""

from __future__ import annotations

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_SMALL = _UNITS.split()
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = _ROUND.split()
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_WORDS = {
    **{word: at for at, word in enumerate(_SMALL)},
    **{word: 10 * at for at, word in enumerate(_TENS, 2)},
    **_SCALES,
}
_RANKS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS = {word: at for at, word in enumerate(_RANKS.split(), 1)}
MOST = 40  # characters of a number


def value(word: str) -> str | None:
    """A cardinal number as plain figures (`1200`, `0.5`), or None: the word is none."""
    word = word.lower()
    if len(word) > MOST:
        return None
    if word in _WORDS:
        return str(_WORDS[word])
    tens, dash, ones = word.partition("-")
    if dash and tens in _TENS and ones in _SMALL[1:10]:
        return str(_WORDS[tens] + _WORDS[ones])
    bare = word.replace(",", "").rstrip(".")
    whole, point, part = bare.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (point and not (part.isascii() and part.isdigit())):
        return None
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))


def ordinal(word: str) -> str | None:
    """An ordinal number as figures, or None: `third` and `3rd` are 3."""
    word = word.lower()
    if word in _ORDINALS:
        return str(_ORDINALS[word])
    bare = word[:-2]
    return str(int(bare)) if word[-2:] in ("st", "nd", "rd", "th") and bare.isascii() and bare.isdecimal() else None
