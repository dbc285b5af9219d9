"""Which licence a text is, and in which places it differs from it; or that it is none that is known, and which is near.

Body and title must agree. A body that has most of a licence's words under a title that is another's is not that
licence; under a title that nobody knows it is only if no word differs. A text whose title is known and whose body is
not is known by its title alone. A word that belongs to no licence is a difference, however short.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from assay.facts.text import Difference, DifferenceKind
from assay.lazy import dataclass, regex
from assay.licence._align import LEAST, Aligned, all_aligned, gaps
from assay.licence.index import RUN, hashes
from assay.licence.name import named
from assay.licence.spelling import is_listed
from assay.licence.statement import MOST_DECLARED
from assay.licence.term import is_open
from assay.licence.title import Title, calls_itself, declared, family_of, marked, titles
from assay.licence.words import OPERATIVE, Word, words

FOREIGN = 0.1  # words between a licence's own, for each of its words, from which it is another licence that is like it
UNTITLED = 0.05  # share of a licence's words that may be missing where no title says that it is that licence
PUT_IN = 0.4  # words put into such a text, for each of the licence's
FAMILY = 0.02  # share of changed words from which a title of several licences does not mean this one
NEAR = 0.5  # share of a text's words that a licence must have to be worth naming as the nearest
MOST_WORDS = 40_000  # of a text that are compared; what follows is beside its licences
MOST_DIFFERENCES = 50
MOST_TIMES = 3  # a text is looked at
EXCERPT = 30  # words of a difference that are shown
MOST_PATH = 3  # words of an address behind its domain
DOMAINS = frozenset({"org", "com", "net", "io", "dev", "ai", "edu", "gov"})
MOST_NAME = 8  # words of a name that stand in place of the licence's own
# the lists of names are read with this module: the worker opens no file once it has locked itself down
READY = named("MIT WITH LLVM-exception")
_Added = tuple[DifferenceKind, list[Word]]
_NUMBER = regex(r"(?:section|article|clause|paragraph|part|chapter|\d{1,2}|[ivx]{1,5}|[a-z])\Z")


@dataclass(frozen=True, slots=True)
class Identified:
    """What a text was found to be: ids in the order in which they stand, the share of each that is there (percent; 0
    where only the title was recognised), differences in line order.

    `titled` are those of the ids that are known by their titles alone. `nearest` is the known licence that the text is
    like without being it, `apart` in how many passages it differs from that. `added` are all lines with words that make
    a difference and that the licences do not have there, in order.
    """

    ids: tuple[str, ...]
    shares: tuple[int, ...]
    differences: tuple[Difference, ...]
    words: int
    titled: tuple[str, ...] = ()
    nearest: str = ""
    apart: int = 0
    added: tuple[int, ...] = ()


@dataclass(slots=True)
class _Held:
    """What was found while the licences laid beside a text were looked at in order."""

    kept: list[Aligned]
    rows: list[tuple[int, str, int]]  # line, id, share in percent
    near: list[Aligned]  # like the text, but another licence, or none under that name


@lru_cache(16)  # a release has the same text beside each of its parts
def identified(text: str, *, declares: bool = True, other: Callable[[str], bool] = lambda words: False) -> Identified:
    """What licences a text holds.

    Args:
        declares: False of a text that cannot be read, so that it declares none.
        other: whether words are in another language than English: they may permit or forbid anything.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    every = words(text)
    found = every[:MOST_WORDS]
    held = _held(found, lines)
    if not held.rows and (by_title := _by_title(text, lines, len(found) if declares else None)):
        held.rows.append((1, by_title, 0))
    best: dict[str, int] = {}
    for _, id, share in held.rows:
        best[id] = max(best.get(id, 0), share)
    added = _added(held.kept, every, other)
    differences = _differences(held.kept, added, every)
    lines_added = {word.line for _, said in added for word in said}
    lines_added |= {gap.line for gap in differences if gap.kind is not DifferenceKind.MISSING}
    near = next((row for row in held.near if sum(row.text) >= NEAR * len(found)), None) if not held.kept else None
    return Identified(
        tuple(best),
        tuple(best.values()),
        tuple(sorted(differences, key=lambda gap: gap.line)[:MOST_DIFFERENCES]),
        len(every),
        tuple(id for id, share in best.items() if not share),
        near.known.id if near else "",
        len(_differences([near], _added([near], every, other), every)) if near else 0,
        tuple(sorted(lines_added)),
    )


def _held(found: list[Word], lines: list[str]) -> _Held:
    """The licences that the text holds; looked at again without those that only look like it, which take words of
    others.
    """
    runs = hashes([word.text for word in found])
    near: list[Aligned] = []
    for _ in range(MOST_TIMES):
        held = _Held([], [], [])
        aligned = all_aligned(runs, len(found), {row.known.id for row in near})
        covered, ended = _covered(aligned, len(found)), 0
        for row in sorted(aligned, key=lambda row: row.begins):
            said = _verdict(row, covered, _page(row, found, lines, ended))
            share = 100 * sum(row.own) // len(row.own) if said == row.known.id else 0
            held.rows += [(row.begins, said, share)] if said else []
            (held.kept if share else held.near).append(row)
            ended = max(ended, row.ends)
        titled = {said for _, said, share in held.rows if not share}
        kept = {row.known.id for row in held.kept}  # of which another copy may be here that is only like it
        again = [row for row in held.near if row.known.id not in kept]
        if not again or titled:
            break
        near += again
    held.near = sorted((*near, *held.near), key=lambda row: -sum(row.text))
    return held


def _covered(rows: list[Aligned], count: int) -> list[bool]:
    return [any(flags) for flags in zip(*(row.text for row in rows), strict=True)] if rows else [False] * count


def _page(row: Aligned, found: list[Word], lines: list[str], ended: int) -> list[Title]:
    """The titles that stand before a licence laid beside the text, after what `ended` before it, and in its first
    lines.
    """
    before = found[ended - 1].line + 1 if ended else 1
    begins = found[row.begins].line
    return list(titles(lines, min(before, begins), begins + 3))


def _verdict(row: Aligned, covered: list[bool], page: list[Title]) -> str:
    """The id of the licence laid beside the text if the text is that licence; else of the one that the title names,
    else empty.
    """
    id, entry = row.known.id, row.known
    foreign = sum(not flag for flag in covered[row.first : row.last])
    missing = sum(last - first for first, last in gaps(row.own, 0, len(row.own)) if not entry.may_miss(first, last))
    named = [title.id for title in page if title.id]
    if named and (_same(named[0], id) or (family_of(named[0], id) and any(_same(other, id) for other in named))):
        whole = missing <= UNTITLED * len(row.own)
        return id if sum(row.own) >= LEAST * len(row.own) and (whole or foreign <= FOREIGN * sum(row.own)) else ""
    changed = (missing + foreign) / len(row.own)
    if named and family_of(named[0], id):
        return id if changed <= FAMILY or is_listed(id) else named[0]
    if named:
        return _nameable(named[0]) or (id if not changed else "")
    if any(calls_itself(title.text, id) for title in page) or not page:
        return id if missing <= UNTITLED * len(row.own) and foreign <= PUT_IN * len(row.own) else ""
    return id if not changed else ""


def _same(left: str, right: str) -> bool:
    return left.removesuffix("-only").removesuffix("-or-later") == right.removesuffix("-only").removesuffix("-or-later")


def _nameable(id: str) -> str:
    """An id that a title alone may give: of no licence that is open by OSI or the FSF, so that a title makes nothing
    open.
    """
    return id if id and (not is_listed(id) or not is_open(id)) else ""


def _by_title(text: str, lines: list[str], count: int | None) -> str:
    """The licence that the first page names where no body says which it is, or that a notice of so few words puts it
    under.
    """
    if count is not None and count <= MOST_DECLARED and (said := declared(text)):
        return said
    page = list(titles(lines, 1, len(lines) + 1))
    return next((id for title in page if not title.said and (id := _nameable(title.id))), "") or marked(text)


def _differences(kept: list[Aligned], added: list[_Added], found: list[Word]) -> list[Difference]:
    rows = [_shown(*row) for row in added] + [gap for row in kept for gap in _removed(row, found)]
    return rows or [gap for row in kept for gap in _rejoined(row, found)]


def _added(kept: list[Aligned], found: list[Word], other: Callable[[str], bool]) -> list[_Added]:
    """What stands between or beside the licences: inside one anything, beside them what permits, forbids or asks, or
    is in another language.
    """
    covered = _covered(kept, 0)
    covered += [False] * (len(found) - len(covered))  # beyond what was compared everything is beside the licences
    rows = []
    for start, stop in gaps(covered, 0, len(covered)) if kept else ():
        said = found[start:stop]
        inside = [row for row in kept if row.first < start and stop < row.last]
        if inside and any(_is_name(row, start, stop, said) or _is_moved(row, start, stop, found) for row in inside):
            continue
        if inside or OPERATIVE & {word.text for word in said} or other(" ".join(word.text for word in said)):
            rows.append((DifferenceKind.INSERTED if inside else DifferenceKind.BESIDE, said))
    return rows


def _shown(kind: DifferenceKind, said: list[Word]) -> Difference:
    return Difference(kind, said[0].line, len(said), " ".join(word.text for word in said[:EXCERPT]))


def _is_name(row: Aligned, start: int, stop: int, said: list[Word]) -> bool:
    """Whether the words put into a licence are what copies differ in: the number of a section, the address of a link,
    the name of what is licensed where the licence has a name of its own.
    """
    if all(word.target for word in said):
        return True
    left, right = row.places[start - 1] + 1, row.places[stop]
    replaced = 0 <= left < right
    if replaced and not row.known.may_miss(left, right):
        return False
    if not replaced:
        return len(said) <= 3 and all(_NUMBER.match(word.text) for word in said)
    plain = not OPERATIVE & {word.text for word in said}
    return plain and len(said) <= MOST_NAME and all(word.name for word in said)


def _is_moved(row: Aligned, start: int, stop: int, found: list[Word]) -> bool:
    """Whether words stand in place of others behind a domain that the licence has there: its publisher moved a page."""
    left, right = row.places[start - 1], row.places[stop]
    short = 0 <= left < right and max(stop - start, right - left - 1) <= MOST_PATH
    return short and found[start - 1].text in DOMAINS and not OPERATIVE & {word.text for word in found[start:stop]}


def _is_moved_away(row: Aligned, start: int, stop: int, found: list[Word]) -> bool:
    """The same of the words that the licence has there."""
    if stop - start > MOST_PATH or not start or start - 1 not in row.places:
        return False
    at = row.places.index(start - 1) + 1
    end = next((here for here in range(at, min(at + MOST_PATH, len(found) - 1) + 1) if row.places[here] == stop), at)
    return end > at and _is_moved(row, at, end, found)


def _removed(row: Aligned, found: list[Word]) -> list[Difference]:
    """What of a licence is missing, but for the parts of its text that need not be copied."""
    rows = []
    for start, stop in gaps(row.own, 0, len(row.own)):
        if row.known.may_miss(start, stop) or _is_moved_away(row, start, stop, found):
            continue
        begin, end = max(start, row.known.head), min(stop, len(row.own) - row.known.tail)
        line = found[min(row.first, len(found) - 1)].line
        said = f"words {begin + 1:,} to {end:,} of {row.known.id}'s {len(row.own):,}"
        rows.append(Difference(DifferenceKind.MISSING, line, end - begin, said))
    return rows


def _rejoined(row: Aligned, found: list[Word]) -> list[Difference]:
    """Where words of the licence are repeated or stand in another order; next to a gap that would be said twice."""
    return [
        Difference(DifferenceKind.INSERTED, found[at].line, RUN, " ".join(word.text for word in found[at : at + RUN]))
        for number, at in enumerate(row.seams)
        if (not number or at > row.seams[number - 1] + 1) and not _only_missing(row, at)
    ]


def _only_missing(row: Aligned, at: int) -> bool:
    """Whether a seam is where words that need not be there are missing."""
    places = row.places[at : at + RUN]
    jumps = [(left + 1, right) for left, right in pairwise(places) if right != left + 1]
    return all(start < stop and row.known.may_miss(start, stop) for start, stop in jumps)
