"""Which known licences a text holds, and in which places it differs from them.

The licence that explains most of the text and misses least is taken first: of two that share most of their words, as
the licences of Creative Commons do, the right one leaves nothing over. What it explains is set aside, and the rest is
looked at again, so that a file of several licences names each of them. A word that belongs to no licence is a
difference, however short.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assay.facts.text import Difference, DifferenceKind
from assay.licence.index import KNOWN, RUN, Known, hashes
from assay.licence.words import OPERATIVE, words

MOST_LICENCES = 16  # of one file, copies counted
LEAST_RUNS = 8
LEAST = 0.5  # share of a licence that is there before it is named
# how far from where it is expected a run may lie: a share of the licence's length, and so many words; votes are taken
# in steps
REACH, SLACK, STEP = 0.3, 120, 32
FOREIGN = 0.1  # words between a licence's own, for each of its words, from which it is another licence that is like it
MOST_DIFFERENCES = 50
EXCERPT = 30  # words of a difference that are shown


@dataclass(slots=True)
class _Aligned:
    """One licence laid beside the text: which words of either are matched, and where in the text what must be there
    lies.

    `seams` are the words at which a run begins that the licence does not have, though it has each of its words.
    """

    known: Known
    own: list[bool]
    text: list[bool]
    first: int
    last: int
    seams: list[int]


@dataclass(frozen=True, slots=True)
class Identified:
    """What a text was found to be: ids in the order in which they explain it, the share of each that is there
    (percent), differences in line order, and the nearest known licence where none is held.
    """

    ids: tuple[str, ...]
    shares: tuple[int, ...]
    differences: tuple[Difference, ...]
    nearest: str
    words: int


def identified(text: str) -> Identified:
    """What licences `text` holds."""
    found, lines = words(text)
    runs = hashes(found)
    aligned = _all_aligned(runs, len(found))
    covered = (
        [any(flags) for flags in zip(*(row.text for row in aligned), strict=True)] if aligned else [False] * len(found)
    )
    kept = [row for row in aligned if _is_it(row, covered)]
    nearest = "" if kept or not aligned else aligned[0].known.id
    differences = [*_added(kept, covered, found, lines), *(gap for row in kept for gap in _removed(row, lines))]
    differences += [] if differences else [gap for row in kept for gap in _rejoined(row, found, lines)]
    best: dict[str, int] = {}
    for row in kept:
        best[row.known.id] = max(best.get(row.known.id, 0), 100 * sum(row.own) // len(row.own))
    return Identified(
        tuple(best),
        tuple(best.values()),
        tuple(sorted(differences, key=lambda gap: gap.line)[:MOST_DIFFERENCES]),
        nearest,
        len(found),
    )


def _all_aligned(runs: array[int], count: int) -> list[_Aligned]:
    rows: list[_Aligned] = []
    free = [True] * len(runs)
    fitting = _fitting(KNOWN, set(runs))
    while fitting and len(rows) < MOST_LICENCES:
        _, entry = max(fitting, key=lambda row: (2 * row[0] - len(row[1].hashes), row[1].id))
        rows.append(_aligned(entry, runs, free, count))
        if not any(rows[-1].text):
            break
        left = {value for value, flag in zip(runs, free, strict=True) if flag}
        fitting = _fitting([entry for _, entry in fitting], left)  # what is left only becomes less
    return rows


def _fitting(entries: Iterable[Known], left: set[int]) -> list[tuple[int, Known]]:
    """The licences of which the text has enough to be one of them, each with how many of its runs."""
    shared = [(sum(map(left.__contains__, entry.hashes)), entry) for entry in entries]
    return [row for row in shared if row[0] >= max(LEAST_RUNS, LEAST * len(row[1].hashes))]


def _aligned(entry: Known, runs: array[int], free: list[bool], count: int) -> _Aligned:
    """The licence laid beside the part of the text that has most of it; what it matches there is no longer free."""
    places: dict[int, list[int]] = {}
    for at, value in enumerate(entry.hashes):
        places.setdefault(value, []).append(at)
    matches = [at for at, flag in enumerate(free) if flag and runs[at] in places]
    begins = _begins(matches, runs, places)
    reach = int(REACH * len(entry.hashes)) + SLACK
    own, text = [False] * entry.words, [False] * count
    first, last, expected, laid = count, 0, 0, set()
    for at in matches:
        place = _nearest(places[runs[at]], expected)
        if abs(at - begins - place) > reach:
            continue
        expected = place + 1
        own[place : place + RUN] = [True] * RUN
        text[at : at + RUN] = [True] * RUN
        free[at] = False
        laid.add(at)
        if entry.head <= place < entry.words - entry.tail:
            first, last = min(first, at), at + RUN
    inside = range(first, min(last - RUN + 1, len(runs)))
    seams = [at for at in inside if at not in laid and all(text[at : at + RUN])]
    return _Aligned(entry, own, text, first, last, seams)


def _begins(matches: list[int], runs: array[int], places: dict[int, list[int]]) -> int:
    """The word of the text at which the licence would begin if nothing were put in: where most matches say so."""
    votes: Counter[int] = Counter()
    for at in matches:
        votes.update((at - place) // STEP for place in places[runs[at]][:4])
    best = max(votes, key=lambda step: (votes[step] + votes[step + 1] + votes[step - 1], -step), default=0)
    return best * STEP + STEP // 2


def _nearest(places: list[int], expected: int) -> int:
    after = bisect_left(places, expected)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - expected))


def _is_it(row: _Aligned, covered: list[bool]) -> bool:
    """Whether the text holds the licence, and not one that is like it: little may stand between its words."""
    if sum(row.own) < LEAST * len(row.own):
        return False
    foreign = sum(not flag for flag in covered[row.first : row.last])
    whole = sum(row.own) >= 0.95 * (len(row.own) - row.known.head - row.known.tail)
    return whole or foreign <= FOREIGN * sum(row.own)


def _gaps(flags: list[bool], start: int, stop: int) -> list[tuple[int, int]]:
    """The stretches of `flags` between start and stop that are False."""
    gaps, begin = [], None
    for at in range(start, stop):
        if flags[at] and begin is not None:
            gaps.append((begin, at))
            begin = None
        elif not flags[at] and begin is None:
            begin = at
    return [*gaps, (begin, stop)] if begin is not None else gaps


def _added(kept: list[_Aligned], covered: list[bool], found: list[str], lines: list[int]) -> list[Difference]:
    """What stands between or beside the licences: inside one anything, beside them what permits, forbids or asks."""
    rows = []
    for start, stop in _gaps(covered, 0, len(covered)) if kept else ():
        inside = any(row.first < start and stop < row.last for row in kept)
        if inside or OPERATIVE & set(found[start:stop]):
            kind = DifferenceKind.INSERTED if inside else DifferenceKind.BESIDE
            rows.append(
                Difference(kind, lines[start], stop - start, " ".join(found[start : min(stop, start + EXCERPT)]))
            )
    return rows


def _removed(row: _Aligned, lines: list[int]) -> list[Difference]:
    """What of a licence is missing, but for the parts of its text that need not be copied."""
    rows = []
    for start, stop in _gaps(row.own, 0, len(row.own)):
        begin, end = max(start, row.known.head), min(stop, len(row.own) - row.known.tail)
        if begin < end:
            line = lines[min(row.first, len(lines) - 1)]
            said = f"words {begin + 1:,} to {end:,} of {row.known.id}'s {len(row.own):,}"
            rows.append(Difference(DifferenceKind.MISSING, line, end - begin, said))
    return rows


def _rejoined(row: _Aligned, found: list[str], lines: list[int]) -> list[Difference]:
    """Where words of the licence are repeated or stand in another order; next to a gap that would be said twice."""
    return [
        Difference(DifferenceKind.INSERTED, lines[at], RUN, " ".join(found[at : at + RUN]))
        for number, at in enumerate(row.seams)
        if not number or at > row.seams[number - 1] + 1
    ]
