"""Find the parts of a text that can be made up: names, numbers, dates, quotations, and runs of other words.

Light rules for the Latin script, English in its months; no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.facts.uncertainty import SpanKind
from assay.lazy import regex
from assay.text.abbreviation import STARTERS

MOST = 5000  # spans of a text
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
# an initial, or a word that begins with a capital
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ]\.(?:[A-ZÀ-ÖØ-Þ]\.){0,8}(?=\s+[A-ZÀ-ÖØ-Þ])|[A-ZÀ-ÖØ-Þ][\w’'-]*)"
_UNIT = r"percent|million|billion|trillion|km|kg|m|cm|miles|dollars|euros|years"
# at each offset the first kind that fits
_KINDS = (
    (
        SpanKind.DATE,
        rf"\b(?:\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?|{_MONTH}\s+\d{{1,2}}(?:,\s*\d{{4}})?|{_MONTH}\s+\d{{4}}"
        r"|\d{4}-\d{2}-\d{2}|(?:1[0-9]|20)\d\d(?![\d,.]*\d))\b",
    ),
    (SpanKind.NUMBER, rf"[-+]?[$€£]?\b\d[\d,.]*(?:\s?%|\s?(?:{_UNIT})\b)?"),
    (SpanKind.QUOTE, r"[\"“][^\"“”\n]{2,200}[\"”]"),
    (SpanKind.NAME, rf"\b{_CAPITAL}(?:\s+(?:(?:of|the|de|van|von|der|la|and)\s+)?{_CAPITAL})*"),
    (SpanKind.WORDS, r"\b[a-zà-öø-ÿ][\w’'-]{3,}(?:\s+[a-zà-öø-ÿ][\w’'-]{3,}){0,3}"),
)
_ANY = regex("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _KINDS))
# words whose capital only says that they begin a sentence; some begin names too, and count only where they stand alone
_NAMES_TOO = "One Two Three First Second Other Others All New Both Hundreds Thousands Critics"
_ALSO_NAMES = frozenset(_NAMES_TOO.split())
_MORE = "Of Him Them Me Us Has Have Had Would Could Might Must Am Be Been Don Didn Doesn Isn Wasn Won Ll"
_STARTS = STARTERS | frozenset(_MORE.split())


def _opens(word: str, alone: bool) -> bool:
    """Whether a word with a capital is an ordinary one that begins a sentence."""
    bare = re.split("['’]", word, maxsplit=1)[0].strip(".-")
    return bare in _STARTS and (alone or bare not in _ALSO_NAMES)


def spans(text: str) -> Iterator[tuple[SpanKind, int, int]]:
    """(kind, start, stop) of what can be made up, in order, in characters; at most 5,000."""
    count = 0
    for match in _ANY.finditer(text):
        kind = SpanKind[str(match.lastgroup)]
        start, stop = match.span()
        if kind is SpanKind.NAME:
            first = text[start:stop].split(None, 1)
            if _opens(first[0], alone=len(first) == 1):
                if len(first) == 1:
                    continue
                start = stop - len(first[1])
            stop -= len(text[start:stop]) - len(text[start:stop].rstrip(".'’-"))
        if start < stop:
            yield kind, start, stop
            count += 1
        if count >= MOST:
            return
