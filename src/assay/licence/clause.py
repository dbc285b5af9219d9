"""What passages of a legal text withhold or ask for, by how they read: a heuristic, for texts of no known licence.

Each sentence, or item of a list, is held against patterns of words for each restriction; a sentence that only limits
liability restricts nobody. How often it is right is measured by `python -m benchmarks.clauses`. English only.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from assay.facts.licence import Clause, Restriction
from assay.lazy import regex
from assay.licence._said import Said, said
from assay.licence._usual import usual
from assay.licence._vocabulary import LIABILITY
from assay.licence._withholding import STATED, conditional
from assay.licence.words import plain

MOST_TEXT, MOST_CLAUSES = 200_000, 200  # characters; clauses, and as many conditions without a name
# characters of a sentence that are held against the patterns, and how many of those the next time again
AT_ONCE, AGAIN = 1000, 500
EXCERPT = 200
_ENDS = regex(r"(?<=[a-z0-9)\]\"”’][.;:])\s+(?=[\"“(\[]?[A-Za-z0-9(\-•*])|(?<=[;:])\s*$", re.IGNORECASE)
_BULLET = regex(r"\s*(?:[-*•·]|\(?[a-z0-9ivx]{1,4}[.)])\s", re.IGNORECASE)
_FORBIDS = regex(
    r"\b(?:not|no|never|nor|cannot|prohibit\w*|forbid\w*|forbidden|disallow\w*|banned|refrain\w*|neither|"
    r"unauthori[sz]ed)\b|\brestrict(?:s|ed|ions?)?\b"
)
_NUMBER = regex(
    r"(?:(?:us ?)?[$€£]|\b(?:usd|eur|rmb)) ?\d[\d,.]*(?: ?(?:million|billion|thousand|m|k|bn))?\b"
    r"|\b\d[\d,.]*(?: ?(?:million|billion|thousand|m|k|bn)\b)(?: (?:us )?dollars)?|\b\d{1,3}(?:,\d{3})+\b|\b\d{3,}\b"
    r"|\b(?:one|two|five|ten|fifty|(?:one |two |five |seven )?hundred) (?:million|billion|thousand)\b"
)


def clauses(text: str, lines: Sequence[int] | None = None) -> tuple[Clause, ...]:
    """What the sentences of a text withhold or ask for, in their order: of all, or of those on some lines.

    At most so many are kept, the first of each kind always. What stands behind `MOST_TEXT` characters is not read.

    Args:
        lines: numbers of lines, sorted; a sentence counts that touches one.
    """
    found: list[Clause] = []
    other: list[tuple[Clause, str]] = []
    seen: set[Restriction] = set()
    for first, last, sentence, forbidden in _sentences(text[:MOST_TEXT]):
        if lines is not None and not _stands_on(lines, first, last):
            continue
        joined = " ".join(sentence.split())
        shown = joined[:EXCERPT]
        kinds = _kinds(joined, forbidden=forbidden)
        if kinds == [Restriction.OTHER]:
            other.append((Clause(Restriction.OTHER, first, last, shown), joined))
            continue
        for kind in kinds:
            if len(found) >= MOST_CLAUSES and kind in seen:
                continue
            seen.add(kind)
            number = _NUMBER.search(joined.lower()) if kind is Restriction.USERS else None
            found.append(Clause(kind, first, last, shown, number[0].strip(" .,") if number else ""))
    known = usual([sentence for _, sentence in other])
    own = [row for (row, _), common in zip(other, known, strict=True) if not common]
    return tuple(sorted((*found, *own[:MOST_CLAUSES]), key=lambda row: row.line))


def _stands_on(lines: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last


def _kinds(sentence: str, *, forbidden: bool) -> list[Restriction]:
    """What a sentence withholds. A threshold of users says to whom the licence is given, and forbids no commerce."""
    starts = range(0, max(1, len(sentence) - AGAIN), AT_ONCE - AGAIN)
    pieces = [said(sentence[at : at + AT_ONCE], listed=forbidden) for at in starts]
    kinds = [kind for kind, stated in STATED.items() if any(_says(kind, stated, piece) for piece in pieces)]
    if Restriction.USERS in kinds and Restriction.NON_COMMERCIAL in kinds:
        kinds.remove(Restriction.NON_COMMERCIAL)
    if not kinds and any(conditional(piece) for piece in pieces):
        return [Restriction.OTHER]
    return kinds


def _says(kind: Restriction, stated: Callable[[Said], bool], piece: Said) -> bool:
    if kind not in _OF_LIABILITY and LIABILITY.search(piece.text) and not _STRONG.search(piece.text):
        return False
    return stated(piece)


# these are found in sentences on liability too; others only where the sentence also says what one may do
_OF_LIABILITY = frozenset({Restriction.INDEMNITY, Restriction.TERMINATION, Restriction.USE_POLICY})
_STRONG = regex(
    r"\b(?:you|licensees?|users?|recipients?|anyone|nobody)\b.{0,60}\b(?:may|shall|must|can|will|agree"
    r"|are) ?(?:not|only|no|never)\b"
    r"|\b(?:purposes? only|only for|solely for|may not use|not be used)\b"
)


def _sentences(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """(first line, last line, sentence, whether a list to which it belongs forbids what its items say)."""
    forbidden = False
    for first, lines in _blocks(text):
        joined, starts, at = "", [], 0
        for line in lines:
            starts.append(at)
            joined += line + "\n"
            at = len(joined)
        begin = 0
        for end in [*(match.end() for match in _ENDS.finditer(joined)), len(joined)]:
            piece = joined[begin:end]
            if piece.strip():
                head = bisect_right(starts, begin + len(piece) - len(piece.lstrip())) - 1
                tail = bisect_left(starts, begin + len(piece.rstrip())) - 1
                yield first + head, first + max(head, tail), piece, forbidden
                forbidden = _goes_on(piece.strip(), forbidden)
            begin = end


def _goes_on(piece: str, forbidden: bool) -> bool:
    """Whether what follows is an item of a list that forbids its items."""
    if piece.endswith(":"):
        return bool(_FORBIDS.search(piece.lower())) or (forbidden and bool(_BULLET.match(piece)))
    return forbidden and (piece.endswith((";", ",", "; or", "; and")) or bool(_BULLET.match(piece)))


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Paragraphs and items: (number of the first line, lines)."""
    held: list[str] = []
    first = 1
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        said = "".join(plain(line[at : at + 20_000]) for at in range(0, len(line), 20_000))
        if held and (not said.strip() or _BULLET.match(said)):
            yield first, held
            held = []
        if said.strip():
            if not held:
                first = number
            held.append(said)
