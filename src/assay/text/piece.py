"""The words, numbers and marks of a text in one pass: what `text.value` makes values of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from assay.lazy import dataclass, regex

MOST_DIGITS = 30  # of a number; a longer one is compared as it is written

_WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)?"
_DIGITS = r"\d{1,3}(?:[,.'’\u00a0\u2009\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_SIGN = r"(?:(?:US|CA|AU|C|A)?\$|[€£¥₹₩])"
_PIECE = regex(
    rf"(?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)"
    rf"|(?P<slashed>(?<![\d./])\d{{1,2}}(?P<mark>[./])\d{{1,2}}(?P=mark)(?:\d{{4}}|\d{{2}})(?![\d/]))"
    rf"|(?P<clock>(?<![\d:.])(?:[01]?\d|2[0-3]):[0-5]\d(?!\d))"
    rf"|(?P<decade>\b[12]\d\d0s\b)"
    rf"|(?P<rank>(?<![\w.,])\d{{1,4}}(?:st|nd|rd|th)\b)"
    rf"|(?P<quarter>\bQ[1-4]\b)"
    rf"|(?P<sign>{_SIGN}\s?(?=\d))?(?P<digits>(?<![\w])(?<!\d[.,])(?:{_DIGITS}))(?P<after>%|[A-Za-z]{{1,2}}\b|{_SIGN})?"
    rf"|(?P<word>{_WORD})"
    rf"|(?P<share>%)"
    rf"|(?P<other>[€£¥₹₩$~≈])"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or number of a text with what it may be."""

    kind: str
    text: str
    start: int
    stop: int
    sign: str = ""
    after: str = ""

    @property
    def low(self) -> str:
        """Its text in lower case."""
        return self.text.casefold()


def divided(text: str) -> Iterator[Piece]:
    """The pieces of a text in order."""
    for match in _PIECE.finditer(text):
        if match["digits"]:
            start = match.start()
            yield Piece(
                "digits", match["digits"], start, match.end(), (match["sign"] or "").strip(), match["after"] or ""
            )
        elif match["word"] and "-" not in match["word"]:
            yield Piece("word", match["word"], *match.span())
        else:
            kind = str(match.lastgroup)
            yield Piece(kind, match[0], *match.span())


def is_year(piece: Piece) -> bool:
    """Whether a number may be a year: four digits and nothing else, from 1000 to 2199."""
    return (
        len(piece.text) == 4
        and piece.text.isdigit()
        and not piece.sign
        and not piece.after
        and 1000 <= int(piece.text) < 2200
    )


def meanings(text: str) -> tuple[Fraction, ...]:
    """What digits with separators may mean, the likelier first."""
    bare = re.sub(r"[\s\u00a0\u2009\u202f'’]", "", text)
    if len(bare) > MOST_DIGITS:
        return ()
    marks = re.findall(r"[.,]", bare)
    if not marks:
        return (Fraction(bare),)
    last = marks[-1]
    whole, _, tail = bare.rpartition(last)
    if len(set(marks)) == 2:
        return (Fraction(f"{re.sub('[.,]', '', whole)}.{tail}"),)
    grouped = Fraction(re.sub("[.,]", "", bare))
    if len(marks) > 1:
        return (grouped,)
    decimal = Fraction(f"{whole}.{tail}")
    if len(tail) != 3 or whole.startswith("0"):
        return (decimal,)
    return (grouped, decimal) if last == "," else (decimal, grouped)
