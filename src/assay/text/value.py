"""Find numbers, money, shares, ordinals, dates and times in a text; `text.same` says which of them are the same.

What a text may have meant is kept: `1.500` is one and a half or fifteen hundred, `3/4/2021` a day in March or in April.
English and German number words; months of English, German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction

from assay.lazy import dataclass
from assay.text.piece import Piece, divided, is_year, meanings
from assay.text.quantity import (
    ABOUT,
    BEFORE_MONTHS,
    CENTURIES,
    CURRENCIES,
    GERMAN_PARTS,
    LESS,
    MONTHS,
    MORE,
    NO_UNITS,
    PARTS,
    RANKS,
    SCALES,
    SHARES,
    SHORT_SCALES,
    SMALL,
    WEEKDAYS,
)

MOST = 5000  # values of a text


class Kind(StrEnum):
    """What a value is of."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    MONEY = "amount of money"
    SHARE = "percentage"
    DATE = "date"
    WEEKDAY = "day of the week"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is given: None for each part that is not; `decade`: any year of those ten."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    decade: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its characters, and everything that it may mean.

    `unit` is the currency, or the word that is counted (lower case; empty: none). `step` is the smallest difference
    that the way it is written can show (0: it is exact). `bound` is -1 for less than so much, 1 for more, else 0;
    `about` says that it is approximate.
    """

    kind: Kind
    start: int
    stop: int
    amounts: tuple[Fraction, ...] = ()
    days: tuple[Day, ...] = ()
    unit: str = ""
    step: Fraction = Fraction(0)
    bound: int = 0
    about: bool = False


def values(text: str) -> Iterator[Value]:
    """The values of a text in order, none inside another; at most 5,000."""
    pieces = list(divided(text))
    reader, at, count = _Reader(text, pieces), 0, 0
    while at < len(pieces) and count < MOST:
        found = reader.value(at)
        if found is None:
            at += 1
            continue
        value, at = found
        count += 1
        yield value


class _Reader:
    """The pieces of one text, read from one of them on."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self._text, self._pieces = text, pieces

    def value(self, at: int) -> tuple[Value, int] | None:
        """(the value that begins at a piece, the piece after it), or None."""
        return self._date(at) or self._day(at) or self._time(at) or self._amount(at) or self._rank(at)

    def _low(self, at: int) -> str:
        return self._pieces[at].low if 0 <= at < len(self._pieces) else ""

    def _beside(self, at: int, most: int = 3) -> bool:
        """Whether a piece follows the one before it with little between."""
        if not 0 < at < len(self._pieces):
            return False
        gap = self._text[self._pieces[at - 1].stop : self._pieces[at].start]
        return len(gap) <= most and not set(gap) - set(" \t\n\u00a0\u2009\u202f,.-‑")

    def _made(self, kind: Kind, at: int, stop: int, **more: object) -> tuple[Value, int]:
        last = self._pieces[stop - 1]
        return Value(kind, self._pieces[at].start, last.stop, **more), stop  # type: ignore[arg-type]

    # dates

    def _date(self, at: int) -> tuple[Value, int] | None:
        piece = self._pieces[at]
        if piece.kind == "iso":
            year, month, day = map(int, piece.text.split("-"))
            return self._made(Kind.DATE, at, at + 1, days=(Day(year, month, day),)) if _is_day(month, day) else None
        if piece.kind == "slashed":
            first, second, year = map(int, re.split(r"[./]", piece.text))
            year += 0 if year > 99 else 2000 if year < 70 else 1900
            days = tuple(dict.fromkeys(Day(year, m, d) for m, d in ((second, first), (first, second)) if _is_day(m, d)))
            return self._made(Kind.DATE, at, at + 1, days=days) if days else None
        if piece.kind == "decade":
            return self._made(Kind.DATE, at, at + 1, days=(Day(int(piece.text[:4]), decade=True),))
        return self._day_month(at) or self._month_day(at) or self._year(at)

    def _day_month(self, at: int) -> tuple[Value, int] | None:
        """22 March 2021, the 22nd of March, 22. März, the twenty-second of March."""
        found = self._number_of_day(at)
        if found is None:
            return None
        day, after = found
        if self._low(after) in ("of", "de") and self._beside(after):
            after += 1
        month = self._month(after) or (MONTHS.get(self._low(after), 0) if len(self._low(after)) > 3 else 0)
        if not month or not self._beside(after, 2) or not _is_day(month, day):
            return None
        year, stop = self._year_after(after + 1)
        return self._made(Kind.DATE, at, stop, days=(Day(year, month, day),))

    def _month_day(self, at: int) -> tuple[Value, int] | None:
        """March 22, 2021; March 2021; in March."""
        month = self._month(at)
        if not month:
            return None
        year, stop = self._year_after(at + 1)
        if year is not None:
            return self._made(Kind.DATE, at, stop, days=(Day(year, month),))
        found = self._number_of_day(at + 1) if self._beside(at + 1) else None
        if (
            found
            and _is_day(month, found[0])
            and "\n" not in self._text[self._pieces[at].stop : self._pieces[at + 1].start]
        ):
            year, stop = self._year_after(found[1])
            return self._made(Kind.DATE, at, stop, days=(Day(year, month, found[0]),))
        name = self._pieces[at].text
        sure = len(name) > 4 and self._low(at) not in ("march", "august", "april", "mars", "marzo")
        if name[:1].isupper() and (sure or self._low(at - 1) in BEFORE_MONTHS) and len(name) > 2:
            return self._made(Kind.DATE, at, at + 1, days=(Day(None, month),))
        return None

    def _number_of_day(self, at: int) -> tuple[int, int] | None:
        """(a number from 1 to 31, the piece after it)."""
        if at >= len(self._pieces):
            return None
        piece = self._pieces[at]
        if piece.kind == "digits" and not piece.sign and not piece.after and len(piece.text) <= 2:
            day, stop = int(piece.text), at + 1
        elif piece.kind == "rank":
            day, stop = int(piece.text[:-2]), at + 1
        else:
            found = self._ranked(at)
            if found is None:
                return None
            day, stop = found
        return (day, stop) if 1 <= day <= 31 else None

    def _month(self, at: int) -> int:
        return MONTHS.get(self._low(at), 0) if at < len(self._pieces) and self._pieces[at].text[:1].isupper() else 0

    def _year_after(self, at: int) -> tuple[int | None, int]:
        if at < len(self._pieces) and self._beside(at):
            piece = self._pieces[at]
            gap = self._text[self._pieces[at - 1].stop : piece.start]
            if piece.kind == "digits" and is_year(piece) and not ("." in gap and "\n" in gap):
                return int(piece.text), at + 1
            if (found := self._worded_year(at)) is not None:
                return found
        return None, at

    def _worded_year(self, at: int) -> tuple[int, int] | None:
        """(nineteen eighty-four, twenty ten, nineteen oh five as a number, the piece after it)."""
        century, stop = CENTURIES.get(self._low(at), 0), at + 1
        if not century or not self._beside(stop, 1):
            return None
        if self._low(stop) == "oh" and self._beside(stop + 1, 1):
            rest, stop = SMALL.get(self._low(stop + 1), 0) % 10, stop + 2
        else:
            rest, stop = SMALL.get(self._low(stop), 0), stop + 1
            rest = rest if 10 <= rest < 100 else 0
            if rest >= 20 and rest % 10 == 0 and self._beside(stop, 1) and 0 < SMALL.get(self._low(stop), 0) < 10:
                rest, stop = rest + SMALL[self._low(stop)], stop + 1
        # nineteen ten-year-olds, twenty thirty-foot boats
        joined = stop < len(self._pieces) and self._text[self._pieces[stop - 1].stop : self._pieces[stop].start] == "-"
        return None if joined or not rest else (100 * century + rest, stop)

    def _year(self, at: int) -> tuple[Value, int] | None:
        piece = self._pieces[at]
        if (worded := self._worded_year(at)) is not None:
            year, stop = worded
            return self._made(Kind.DATE, at, stop, days=(Day(year),), amounts=(Fraction(year),), unit=self._unit(stop))
        if piece.kind != "digits" or not is_year(piece) or self._low(at + 1) in SHARES | CURRENCIES.keys():
            return None
        if self._low(at + 1) in SCALES and self._beside(at + 1):
            return None
        year = int(piece.text)
        return self._made(Kind.DATE, at, at + 1, days=(Day(year),), amounts=(Fraction(year),), unit=self._unit(at + 1))

    def _day(self, at: int) -> tuple[Value, int] | None:
        number = WEEKDAYS.get(self._low(at).removesuffix("s"), 0) or WEEKDAYS.get(self._low(at), 0)
        if not number or not self._pieces[at].text[:1].isupper():
            return None
        return self._made(Kind.WEEKDAY, at, at + 1, amounts=(Fraction(number),))

    def _time(self, at: int) -> tuple[Value, int] | None:
        """15:30, 3:30 pm, 3 pm, 15 Uhr: minutes after midnight."""
        piece = self._pieces[at]
        if piece.kind == "clock":
            hour, minute = map(int, piece.text.split(":"))
        elif piece.kind == "digits" and piece.text.isdigit() and len(piece.text) <= 2 and not piece.sign:
            hour, minute = int(piece.text), 0
        else:
            return None
        half = re.compile(r"\s{0,2}([ap])\.?\s?m\b\.?|\s{0,2}Uhr\b", re.IGNORECASE).match(
            self._text, piece.stop - len(piece.after)
        )
        if half is None and piece.kind != "clock":
            return None
        stop = at + 1
        if half is not None and half[1]:
            hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
        if half is not None:
            while stop < len(self._pieces) and self._pieces[stop].start < half.end():
                stop += 1
        return self._made(Kind.TIME, at, stop, amounts=(Fraction(60 * hour + minute),)) if hour < 24 else None

    # amounts

    def _amount(self, at: int) -> tuple[Value, int] | None:
        """A number in digits or words, with its currency, its scale, per cent, or what it counts."""
        begin, piece, code = at, self._pieces[at], ""
        before = CURRENCIES.get(piece.low, "") if piece.kind in ("word", "other") and piece.low != "c" else ""
        follows = self._pieces[at + 1].kind if at + 1 < len(self._pieces) else ""
        if (
            before
            and follows == "digits"
            and self._beside(at + 1, 1)
            and (piece.kind == "other" or piece.text.isupper())
        ):
            code, at = before, at + 1
            piece = self._pieces[at]
        if (part := self._part(begin)) is not None:
            return part
        found = self._digits(at, bool(code)) if piece.kind == "digits" else self._worded(at)
        if found is None:
            return None
        amounts, step, stop = found
        code = code or CURRENCIES.get(piece.sign.casefold(), "") or CURRENCIES.get(piece.after.casefold(), "")
        code = "" if piece.kind != "digits" and not code else code
        bound, about = self._hedge(begin)
        if stop == at + 1 and piece.after == "%":
            return self._made(Kind.SHARE, begin, stop, amounts=amounts, step=step, bound=bound, about=about)
        if self._is_share(stop):
            last = stop + (2 if self._low(stop) == "per" else 1)
            return self._made(Kind.SHARE, begin, last, amounts=amounts, step=step, bound=bound, about=about)
        if not code and self._beside(stop, 2):
            last = stop + (self._low(stop) in ("us", "american") and self._low(stop + 1) in ("dollar", "dollars"))
            code = CURRENCIES.get(self._low(last), "")
            stop = last + 1 if code else stop
        kind = Kind.MONEY if code else Kind.NUMBER
        unit = code or self._unit(stop)
        return self._made(kind, begin, stop, amounts=amounts, step=step, unit=unit, bound=bound, about=about)

    def _is_share(self, at: int) -> bool:
        if not self._beside(at, 1) and not (at < len(self._pieces) and self._pieces[at].kind == "share"):
            return False
        return self._low(at) in SHARES or (self._low(at) == "per" and self._low(at + 1) == "cent")

    def _digits(self, at: int, money: bool) -> tuple[tuple[Fraction, ...], Fraction, int] | None:
        """(what it may mean, the smallest step it can show, the piece after it)."""
        piece = self._pieces[at]
        read = meanings(piece.text)
        if not read:
            return None
        scale, stop = self._scale(at, piece, money or bool(piece.sign))
        amounts = tuple(dict.fromkeys(amount * scale for amount in read))
        rounded = scale > 1 or any(mark in piece.text for mark in ".,")
        decimals = len(re.split(r"[.,]", piece.text)[-1]) if read[0].denominator > 1 else 0
        return amounts, Fraction(scale, 10**decimals) if rounded and (scale > 1 or decimals) else Fraction(0), stop

    def _scale(self, at: int, piece: Piece, money: bool) -> tuple[int, int]:
        """(what the words after a number multiply it by, the piece after them)."""
        after = piece.after.casefold()
        if after in SCALES and (after not in SHORT_SCALES or money or after == "k"):
            return SCALES[after], at + 1
        scale, stop = 1, at + 1
        while stop < at + 3 and self._beside(stop, 2) and self._low(stop) in SCALES:
            name = self._low(stop)
            if name in SHORT_SCALES and not money:
                break
            scale, stop = scale * SCALES[name], stop + 1
        return scale, stop

    def _worded(self, at: int) -> tuple[tuple[Fraction, ...], Fraction, int] | None:
        """A number in words: twelve hundred, one hundred and five, two and a half million, a dozen."""
        total, current, stop, seen, scaled = Fraction(0), Fraction(0), at, False, 1
        while stop < len(self._pieces) and (stop == at or self._beside(stop, 2)) and stop < at + 12:
            name = self._low(stop)
            if self._pieces[stop].kind != "word":
                break
            if name in SMALL and not (seen and current % 100 and SMALL[name] >= current % 100):
                current, seen = current + SMALL[name], True
            elif name in ("dozen", "dutzend"):
                current, seen = (current or Fraction(1)) * 12, True
            elif name in SCALES and name not in SHORT_SCALES and (seen or self._low(stop - 1) in ("a", "an")):
                current, seen, scaled = (current or Fraction(1)) * Fraction(SCALES[name]), True, SCALES[name]
                if SCALES[name] >= 1000:
                    total, current = total + current, Fraction(0)
            elif seen and name == "and" and self._low(stop + 1) == "a" and self._low(stop + 2) == "half":
                current, stop = current + Fraction(1, 2), stop + 2
            elif not (seen and name == "and" and scaled > 1 and self._low(stop + 1) in SMALL):
                break
            stop += 1
        if not seen or (stop < len(self._pieces) and self._low(stop) in RANKS and self._beside(stop, 1)):
            return None
        step = Fraction(scaled) if scaled >= 1000 and not current else Fraction(0)
        return (total + current,), step, stop

    def _part(self, at: int) -> tuple[Value, int] | None:
        """Half of, a third of, two thirds, three quarters, die Hälfte, drei Viertel: as a percentage."""
        stop = at + (self._low(at) in SMALL or self._low(at) == "ein")
        if self._low(stop) in GERMAN_PARTS and (stop > at or self._low(stop) == "hälfte"):  # das Viertel is a district
            amount = 100 * GERMAN_PARTS[self._low(stop)] * SMALL.get(self._low(at), 1)
            return self._made(Kind.SHARE, at, stop + 1, amounts=(amount,), step=Fraction(1), about=True)
        count, stop = SMALL.get(self._low(at), 0), at
        if count and self._low(at + 1).removesuffix("s") in PARTS:
            stop = at + 1
        name = self._low(stop).removesuffix("s") if self._low(stop) != "halves" else "half"
        if name not in PARTS or (stop == at and self._low(stop + 1) not in ("of", "the") and name == "half"):
            return None
        if stop == at and name != "half" and (self._low(at - 1) not in ("a", "one") or self._low(at + 1) != "of"):
            return None
        amount = 100 * PARTS[name] * (count or 1)
        return self._made(Kind.SHARE, at, stop + 1, amounts=(amount,), step=Fraction(1), about=True)

    def _ranked(self, at: int) -> tuple[int, int] | None:
        """(an ordinal in words, the piece after it)."""
        tens = SMALL.get(self._low(at), 0)
        if tens >= 20 and tens % 10 == 0 and self._beside(at + 1, 1) and 0 < RANKS.get(self._low(at + 1), 0) < 10:
            return tens + RANKS[self._low(at + 1)], at + 2
        if self._low(at) in RANKS:
            return RANKS[self._low(at)], at + 1
        return None

    def _rank(self, at: int) -> tuple[Value, int] | None:
        piece = self._pieces[at]
        if piece.kind == "quarter":
            return self._made(Kind.ORDINAL, at, at + 1, amounts=(Fraction(int(piece.text[1])),), unit="quarter")
        found = (int(piece.text[:-2]), at + 1) if piece.kind == "rank" else self._ranked(at)
        if found is None:
            return None
        number, stop = found
        return self._made(Kind.ORDINAL, at, stop, amounts=(Fraction(number),), unit=self._unit(stop))

    def _unit(self, at: int) -> str:
        """The word that a number counts."""
        if not self._beside(at, 2) or self._pieces[at].kind != "word":
            return ""
        gap = self._text[self._pieces[at - 1].stop : self._pieces[at].start]
        return "" if self._low(at) in NO_UNITS or "," in gap or "." in gap else self._low(at)

    def _hedge(self, at: int) -> tuple[int, bool]:
        """(-1 for less than, 1 for more than, else 0; whether it is approximate), by the words before."""
        before = " ".join(self._low(row) for row in range(max(0, at - 3), at))
        bound = 1 if before.endswith(MORE) else -1 if before.endswith(LESS) else 0
        if before.endswith(("no more than", "no fewer than", "no less than")):
            bound = -1 if before.endswith("no more than") else 1
        return bound, self._low(at - 1) in ABOUT


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31
