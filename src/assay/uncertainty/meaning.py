"""Tell whether two answers to one question claim the same, by rules: what the question says already is left out.

Compared are, in this order: whether each answers at all, yes or no, negation, numbers and dates, names, and what else
is said. An answer that only says more ("Paris, France") means the same; one that says something else in place of it,
or lists more, does not. English; a model of entailment (`entailment`) reads what rules do not.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from assay.lazy import dataclass, regex
from assay.text.abbreviation import STARTERS
from assay.text.numeral import ordinal, value
from assay.text.spelled import spelled
from assay.uncertainty._english import SYNONYMS
from assay.uncertainty.grounding import stem

SAME = 0.7  # share of words in common (F1) from which two longer answers say the same, nothing being exchanged
MOST = 2000  # characters of an answer that are compared at once
_TOKEN = regex(
    r"\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?|[^\W\d_]+(?:\.[^\W\d_])+\.?|[^\W\d_]+(?:['’-][^\W\d_]+)*|[%$€£,;:.!?]"
)
_DECLINES = regex(
    r"\b(?:unknown|not (?:publicly |widely |yet )?known|no one knows|nobody knows|not sure|uncertain|unclear|"
    r"(?:do|does|did)(?: not|n't|n’t) (?:know|exist|have (?:any |enough |access|information))|"
    r"(?:can ?not|can't|can’t|could not|couldn't|unable to) (?:be )?"
    r"(?:known|answered?|determined?|provide|find|say|tell)|"
    r"(?:there (?:is|was|are) |has )no (?:such|known|answer|record|information)|impossible to (?:say|know|tell)|"
    r"unanswerable|as an ai|not a real)\b",
    re.IGNORECASE,
)
_NO_WORDS = (
    "not no never none neither nor cannot without nobody nothing nowhere hardly isn't wasn't aren't "
    "weren't don't doesn't didn't won't can't couldn't wouldn't hasn't haven't hadn't false incorrect "
    "untrue wrong"
)
_NO = frozenset(_NO_WORDS.split())
_YES_WORDS = "yes yeah yep correct true indeed right"
_YES = frozenset(_YES_WORDS.split())
_STOP_WORDS = (
    "a an the and or but so of to in on at by for with from as is are was were be been being am it its "
    "this that these those he she they we i you his her their our my your him them who whom whose which "
    "what when where why how do does did has have had will would can could may might should must there "
    "here then than very quite really also just about approximately around roughly nearly almost probably "
    "likely perhaps maybe possibly actually commonly usually generally typically often known called named "
    "considered located found said answer think believe sure well ok okay s t re ve ll d sir dr mr mrs ms "
    "prof certainly absolutely sorry question please inc corp ltd llc plc gmbh"
)
_STOP = frozenset(_STOP_WORDS.split())
_PLACING_WORDS = "in of at the from near"
_PLACING = frozenset(_PLACING_WORDS.split())
_LIST_WORDS = "and or nor plus & ,"
_LIST = frozenset(_LIST_WORDS.split())
_MONTHS_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTHS_NAMES.split()
_MONTH = {name[:size]: at for at, name in enumerate(_MONTHS, 1) for size in (3, len(name))}
_UNITS = {"%": "percent", "per cent": "percent", "$": "dollar", "€": "euro", "£": "pound"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says beyond its question: words in their order, which of them are names, numbers and dates."""

    declines: bool
    answers: str  # "yes", "no" or nothing
    negated: bool
    numbers: frozenset[str]
    dates: frozenset[tuple[str, int]]
    words: tuple[str, ...]
    names: frozenset[str]
    listed: bool
    linked: bool
    passive: bool


def same(one: str, other: str, question: str = "") -> bool:
    """Whether two answers to a question claim the same.

    Longer ones are compared 2,000 characters at a time: they do not, where one of the pieces says something else.
    """
    one, other = one.strip(), other.strip()
    if max(len(one), len(other)) > MOST:
        ours, theirs = ([text[at : at + MOST] for at in range(0, len(text), MOST)] for text in (one, other))
        return len(ours) == len(theirs) and all(same(*pair, question) for pair in zip(ours, theirs, strict=True))
    if one.casefold().rstrip(".!") == other.casefold().rstrip(".!"):
        return True
    if not one or not other:
        return False
    one, other, question = (_written(text) for text in (one, other, question))
    if _tails_opposed(one, other):
        return False
    left, right = claim(one, question), claim(other, question)
    if left.declines or right.declines:
        return left.declines and right.declines
    if left.answers or right.answers or _asks_whether(question):
        return _polarity(left) == _polarity(right) and _agree(left, right, lenient=True)
    if not _said(left) or not _said(right):  # what the question names is the answer, as in a choice
        if _said(left) is not _said(right) and not re.search(r"\bor\b", question):
            return False
        left, right = claim(one), claim(other)
    return left.negated == right.negated and _agree(left, right, lenient=False)


def _written(text: str) -> str:
    """A text in one spelling: its numbers, dates and measures; initials without stops, and parts of names apart."""
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), spelled(text))
    return _JOINED.sub(" ", text)


_INITIALS = regex(r"\b(?:[A-Z]\.){2,6}")
_JOINED = regex(r"(?<=\w)-(?=[A-Z])")


def _tails_opposed(one: str, other: str) -> bool:
    """Whether what two answers only add (", which was not insured") is the same but for a negation."""
    left, right = (_TAIL.search(text) for text in (one, other))
    if left is None or right is None:
        return False
    ours, theirs = ([word.lower() for word in _tokens(match[0])] for match in (left, right))
    denied = [sum(word in _NO for word in words) % 2 for words in (ours, theirs)]
    shared = len(set(ours) & set(theirs))
    return denied[0] != denied[1] and 2 * shared >= SAME * (len(set(ours)) + len(set(theirs)))


def claim(text: str, question: str = "") -> Claim:
    """What `text` says beyond `question`."""
    text, contrast = _without_contrast(_TAIL.sub("", text))
    raw = _tokens(text)
    asked = frozenset(_word(match[0]) for match in _TOKEN.finditer(question))
    lower = [word.lower().replace("’", "'") for word in raw]
    first = next((word for word in lower if word[0].isalpha()), "")
    answers = "yes" if first in _YES else "no" if first in ("no", "nope", "false", "incorrect", "wrong") else ""
    negations = sum(word in _NO for word in lower) - (answers == "no")
    dates, undated = _dates(lower)
    numbers, rest = _numbers(undated)
    counted = {at for at, _ in undated}.difference(rest)
    words = [(at, _word(lower[at])) for at in rest if lower[at] not in _STOP and lower[at] not in _NO | _YES]
    known = asked | contrast
    kept = [(at, word) for at, word in words if word and word not in known and not _of_place(lower[at], known)]
    names = frozenset(word for at, word in kept if raw[at][:1].isupper() and raw[at] not in STARTERS)
    cores = [*(at for at, _ in kept), *counted]
    between = lower[min(cores) : max(cores) + 1] if cores else []
    return Claim(
        bool(_DECLINES.search(text)),
        answers,
        negations % 2 == 1,
        frozenset(number for number in numbers if number not in asked),
        frozenset(date for date in dates if str(date[1]) not in asked),
        tuple(word for _, word in kept),
        names,
        bool(_LIST.intersection(word for word in between if word != ",")) or between.count(",") > 1,
        any(word[0].isalpha() and word not in _PLACING for word in between[1:-1]),
        "by" in lower,
    )


def _without_contrast(text: str) -> tuple[str, frozenset[str]]:
    """(the text without ", not Sydney" and "not Sydney but", the words that it sets aside)."""
    aside: set[str] = set()
    for pattern in _CONTRASTS:
        for match in pattern.finditer(text):
            aside.update(_word(word[0]) for word in _TOKEN.finditer(match["aside"]))
        text = pattern.sub(" ", text)
    return _AND_OTHERS.sub(" ", text), frozenset(aside)


# what only says more about what was said before it
_TAIL = regex(
    r",\s(?:which|who|whose|where|but|although|though|however|specifically|nestled|located|situated|often|also known|"
    r"short for|denoted|meaning|because|as well|while|(?:an?|its|his|her|their|it)(?=(?:\s\S+){4}))\b.*",
    re.IGNORECASE | re.DOTALL,
)
_AND_OTHERS = regex(r",? (?:and|or) others?\b[^.,;!?]{0,40}|,? etc\b\.?", re.IGNORECASE)


_CONTRASTS = (
    regex(r"\bnot (?P<aside>[^.,;!?]{1,40}?),? but(?: rather)?\b"),
    regex(r"(?:, (?:and |but )?| and | but )not (?P<aside>(?:in |on |at |the |a )?[A-Z][^.,;!?]{0,40})(?=[.,;!?]|$)"),
)


def _of_place(word: str, asked: frozenset[str]) -> bool:
    """Whether it is the adjective of a name in the question: Jamaican, Canadian, Japanese."""
    return word.endswith(("an", "ese", "ish", "i")) and any(
        len(name) > 4 and word.startswith(name[:-1]) and 0 < len(word) - len(name) <= 3 for name in asked
    )


def _tokens(text: str) -> list[str]:
    """The words and marks of an answer; a Roman numeral after a name, and a year in two words, as figures."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        before = found[-1] if found else ""
        if word in _ROMAN and before[:1].isupper() and before not in STARTERS:
            word = _ROMAN[word]
        elif (value(before) or "") in _CENTURIES and not before.isdecimal() and len(value(word) or "") == 2:
            found.pop()
            word = f"{value(before)}{value(word)}"
        elif word == "s" and before.isdecimal() and len(before) == 4 and text[match.start() - 1].isdigit():
            found.pop()
            word = f"{before}s"
        found.append(word)
    return found


_ROMAN = {
    word: str(at)
    for at, word in enumerate(
        ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI"], 1
    )
}
_CENTURIES = frozenset(map(str, range(13, 21)))


def _word(word: str) -> str:
    """A word as it is compared: without accents, in lower case, its stem, one word for several that mean the same."""
    word = _UNITS.get(word, word)
    plain = "".join(char for char in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(char))
    plain = plain.replace("’", "'").rstrip(".").removesuffix("'s").removesuffix("'")
    number = value(plain)
    if number is not None:
        return number
    if plain in SYNONYMS:
        return SYNONYMS[plain]
    plain = _ENDS.sub("y", plain).replace("tch", "ch")  # Tolstoy and Tolstoi, Tchaikovsky and Chaikovskii
    found = stem(plain) if len(plain) > 3 else plain
    return SYNONYMS.get(found, found) if any(map(str.isalnum, found)) else ""


_ENDS = regex(r"(?<=[^\W\d_]{3})(?:ii|iy|yi|i)$")


def _numbers(at: list[tuple[int, str]]) -> tuple[list[str], list[int]]:
    """(the numbers, where the other words stand)."""
    found: list[str] = []
    rest: list[int] = []
    number, last, last_word = None, -2, ""
    for place, word in at:
        mine = value(word) or (None if word == "second" and last_word == "per" else ordinal(word))
        last_word = word
        if mine is None or (word in ("one", "a") and number is None and word != "one"):
            rest.append(place)
            continue
        if number is not None and place == last + 1 and _scales(mine) and found:
            found[-1] = _times(found[-1], mine)
        else:
            found.append(mine)
        number, last = mine, place
    return found, rest


def _scales(number: str) -> bool:
    return number in ("100", "1000", "1000000", "1000000000", "1000000000000")


def _times(one: str, other: str) -> str:
    return f"{float(one) * float(other):.15g}"


def _dates(words: list[str]) -> tuple[list[tuple[str, int]], list[tuple[int, str]]]:
    """(year, month and day as they are given, the other words with their places)."""
    dates: list[tuple[str, int]] = []
    used: set[int] = set()
    for at, word in enumerate(words):
        month = _MONTH.get(word.rstrip("."))
        beside = [place for place in (at - 1, at + 1, at - 2, at + 2) if 0 <= place < len(words)]
        days = [place for place in beside if (day := _digits(words[place])) and 1 <= day <= 31]
        years = [
            place for place in (*beside, at + 3) if place < len(words) and 1000 <= (_digits(words[place]) or 0) <= 2999
        ]
        if month and (days or years or (word not in ("may", "march", "mar") and len(word) > 2)):
            dates.append(("month", month))
            used.add(at)
            for kind, places in (("day", days[:1]), ("year", years[:1])):
                dates += [(kind, _digits(words[place]) or 0) for place in places]
                used.update(places)
    for at, word in enumerate(words):
        if at not in used and word[-1:] == "s" and word[:-1].isdecimal():
            dates.append(("decade", int(word[:3])))
            used.add(at)
        elif at not in used and word.isdecimal() and 1000 <= int(word) <= 2199:
            dates.append(("year", int(word)))
            used.add(at)
    return dates, [(at, _UNITS.get(word, word)) for at, word in enumerate(words) if at not in used and _counts(word)]


def _digits(word: str) -> int | None:
    bare = re.sub(r"(?:st|nd|rd|th)$", "", word)
    return int(bare) if bare.isdecimal() and len(bare) <= 4 else None


def _counts(word: str) -> bool:
    return word[0].isalnum() or word in _UNITS


def _said(row: Claim) -> bool:
    return bool(row.words or row.numbers or row.dates)


def _asks_whether(question: str) -> bool:
    """Whether a question is answered by yes or no."""
    last = re.split(r"(?<=[.!?])\s+", question.strip())[-1]
    starts = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b"
    return re.match(starts, last, re.IGNORECASE) is not None and not re.search(r"\bor\b", last)


def _polarity(row: Claim) -> bool:
    """Whether it says no: in so many words, or by a negation. `No, it is not` says it twice."""
    return row.answers == "no" or (row.answers != "yes" and row.negated)


def _agree(one: Claim, other: Claim, *, lenient: bool) -> bool:
    """Whether numbers, dates, names and the rest go together; `lenient` where yes or no has decided already."""
    if not (_fit(one, other) and _dates_fit(one.dates, other.dates)):
        return False
    left, right = _known_as(one, other), _known_as(other, one)
    if not left or not right:
        return lenient or bool((one.numbers & other.numbers) or (one.dates and other.dates)) or left == right
    few, many = sorted((frozenset(left), frozenset(right)), key=len)
    if few == many:
        return not _swapped(one, other)
    if few < many:
        return lenient or not (one.listed or other.listed)
    if lenient and not (one.names or other.names):
        return True
    return _alike(left, right)


def _fit(one: Claim, other: Claim) -> bool:
    """Whether numbers can be the same: one may have more, but no list of them, and no date in their place."""
    few, many = sorted((one.numbers, other.numbers), key=len)
    if not few:
        return not many or not (one.dates or other.dates)
    return few == many or (few < many and not (one.listed or other.listed))


def _dates_fit(one: frozenset[tuple[str, int]], other: frozenset[tuple[str, int]]) -> bool:
    """Whether two dates can be the same: what both give is equal."""
    left, right = _fields(one), _fields(other)
    for decade, year in ((left, right), (right, left)):
        if "decade" in decade and "year" in year and "decade" not in year:
            return any(value // 10 in decade["decade"] for value in year["year"])
    return all(left[kind] == right[kind] for kind in left.keys() & right.keys())


def _fields(dates: frozenset[tuple[str, int]]) -> dict[str, frozenset[int]]:
    return {kind: frozenset(value for name, value in dates if name == kind) for kind, _ in dates}


def _known_as(one: Claim, other: Claim) -> tuple[str, ...]:
    """The words of `one`, initials and acronyms written as `other` has them in full."""
    found: list[str] = []
    names = [word for word in other.words if word in other.names]
    for at, word in enumerate(one.words):
        bare = word.replace(".", "")
        more = at + 1 < len(one.words) and one.words[at + 1] in one.names
        full = [
            name
            for name in (names[:-1] if more else names)
            if len(bare) == 1 and name.startswith(bare) and name != bare
        ]
        initials = "".join(name[0] for name in names)
        if full:
            found.append(full[0])
        elif 2 <= len(bare) <= 5 and word in one.names and bare not in other.words and bare == initials:
            found += names
        else:
            found.append(word)
    return tuple(found)


def _swapped(one: Claim, other: Claim) -> bool:
    """Whether two names that are no list, with something said between them, have changed places."""
    left = [word for word in one.words if word in one.names]
    right = [word for word in other.words if word in other.names]
    if one.listed or other.listed or one.passive != other.passive:
        return False
    return len(left) >= 2 and left != right and sorted(left) == sorted(right) and one.linked and other.linked


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two longer answers share most words, and neither has a word where the other has another."""
    shared = len(set(one) & set(other))
    if 2 * shared / (len(set(one)) + len(set(other))) < SAME:
        return False
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return not any(kind == "replace" for kind, *_ in steps)
