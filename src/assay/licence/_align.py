"""Known licences laid beside a text: which words of either are matched, and where.

The licence that explains most of the text and misses least is taken first: of two that share most of their words, as
the licences of Creative Commons do, the right one leaves nothing over. What it explains is set aside, and the rest is
looked at again, so that a file of several licences has each of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from assay.lazy import dataclass
from assay.licence.index import KNOWN, RUN, Known

MOST_LICENCES = 16  # of one file, copies counted
LEAST_RUNS = 8
LEAST = 0.5  # share of a licence that is there before it is named
PART = 0.55  # of it that is looked at first: with little of that there, the rest is not enough
# how far from where it is expected a run may lie: a share of the licence's length, and so many words; votes are taken
# in steps
REACH, SLACK, STEP = 0.3, 120, 32
BACK = 3  # how much farther a place counts that lies before the one expected: what a text repeats, it says once more


@dataclass(slots=True)
class Aligned:
    """One licence laid beside the text: which words of either are matched, and where in the text what must be there
    lies.

    `places` are the words of the licence that the text's words are (-1: none). `seams` are the words at which a run
    begins that the licence does not have, though it has each of its words.
    """

    known: Known
    own: list[bool]
    text: list[bool]
    places: list[int]
    first: int
    last: int
    seams: list[int]

    @property
    def begins(self) -> int:
        """The first word of the text that is one of the licence's."""
        return next((at for at, flag in enumerate(self.text) if flag), 0)

    @property
    def ends(self) -> int:
        """The word of the text after the last that is one of the licence's."""
        return len(self.text) - next((at for at, flag in enumerate(reversed(self.text)) if flag), 0)


def all_aligned(runs: array[int], count: int, without: set[str]) -> list[Aligned]:
    """Every licence of which the text has enough but those `without`, the one that explains most first; `count` are
    the text's words.
    """
    rows: list[Aligned] = []
    free = [True] * len(runs)
    fitting = _fitting((row for row in KNOWN if row.id not in without), set(runs))
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
    rows = []
    for entry in entries:
        count, least = len(entry.hashes), max(LEAST_RUNS, LEAST * len(entry.hashes))
        part = int(PART * count)
        shared = sum(map(left.__contains__, entry.hashes[:part]))
        if shared + count - part < least:
            continue  # as with most of them: the rest cannot make up for it
        shared += sum(map(left.__contains__, entry.hashes[part:]))
        if shared >= least:
            rows.append((shared, entry))
    return rows


def _aligned(entry: Known, runs: array[int], free: list[bool], count: int) -> Aligned:
    """The licence laid beside the part of the text that has most of it; what it matches there is no longer free."""
    places: dict[int, list[int]] = {}
    for at, value in enumerate(entry.hashes):
        places.setdefault(value, []).append(at)
    matches = [at for at, flag in enumerate(free) if flag and runs[at] in places]
    begins = _begins(matches, runs, places)
    reach = int(REACH * len(entry.hashes)) + SLACK
    own, text, placed = [False] * entry.words, [False] * count, [-1] * count
    first, last, expected, laid = count, 0, 0, set()
    for at in matches:
        place = _nearest(places[runs[at]], expected)
        if abs(at - begins - place) > reach:
            continue
        expected = place + 1
        own[place : place + RUN] = [True] * RUN
        text[at : at + RUN] = [True] * RUN
        placed[at : at + RUN] = range(place, place + RUN)
        free[at] = False
        laid.add(at)
        if entry.head <= place < entry.words - entry.tail:
            first, last = min(first, at), at + RUN
    inside = range(first, min(last - RUN + 1, len(runs)))
    seams = [at for at in inside if at not in laid and all(text[at : at + RUN])]
    return Aligned(entry, own, text, placed, first, last, seams)


def _begins(matches: list[int], runs: array[int], places: dict[int, list[int]]) -> int:
    """The word of the text at which the licence would begin if nothing were put in: where most matches say so."""
    votes: Counter[int] = Counter()
    for at in matches:
        votes.update((at - place) // STEP for place in places[runs[at]][:4])
    best = max(votes, key=lambda step: (votes[step] + votes[step + 1] + votes[step - 1], -step), default=0)
    return best * STEP + STEP // 2


def _nearest(places: list[int], expected: int) -> int:
    after = bisect_left(places, expected)
    return min(
        places[max(0, after - 1) : after + 1], key=lambda place: max(place - expected, BACK * (expected - place))
    )


def gaps(flags: list[bool], start: int, stop: int) -> list[tuple[int, int]]:
    """The stretches of `flags` between start and stop that are False."""
    rows: list[tuple[int, int]] = []
    begin = None
    for at in range(start, stop):
        if flags[at] and begin is not None:
            rows.append((begin, at))
            begin = None
        elif not flags[at] and begin is None:
            begin = at
    return [*rows, (begin, stop)] if begin is not None else rows
