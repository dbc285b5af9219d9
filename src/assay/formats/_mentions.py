"""What a document offers and what it denies: sentences that name a component of the model, and lines that withhold.

A heuristic over English (and the negations of a few other languages): what offers is a claim, never evidence that
something is there, and a word that denies in the clause that names a component takes even the claim away.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from assay.facts.openness import OPEN_SOURCE, Mention
from assay.formats._denials import WITHHELD, Stance, stance
from assay.formats._few import few
from assay.lazy import regex

MOST = 100  # mentions of one document for each component, that offer it and that deny it
MOST_SENTENCE = 2000  # characters; what is longer goes on in another
EXCERPT = 240
_SUBJECTS = {
    "research_paper": r"\b(?:research |our |the )?papers?\b|\barxiv\b|\bpreprint\b",
    "technical_report": r"\btech(?:nical)?[- ]reports?\b|\bwhite ?papers?\b",
    "training_code": r"\btraining (?:code|scripts?|recipes?)\b|\bcode (?:used )?(?:for|to) (?:pre-?)?train",
    "inference_code": r"\binference (?:code|scripts?|examples?)\b",
    "evaluation_code": r"\beval(?:uation)? (?:code|scripts?|harness)\b|\blm[-_ ]eval",
    "data_preprocessing_code": r"\b(?:pre-?processing|preparation|cleaning|filtering|dedup\w*|curation) "
    r"(?:code|scripts?|pipeline)\b",
    "datasets": r"\b(?:training|pre-?training|fine-?tuning) (?:data|data ?sets?|corp(?:us|ora))\b|\bdata ?sets?\b",
    "evaluation_data": r"\b(?:evaluation|test|benchmark) (?:data|sets?|data ?sets?|splits?)\b",
    "evaluation_results": r"\b(?:evaluation|benchmark) (?:results?|scores?)\b|\bresults\b",
    "parameters_intermediate": r"\b(?:intermediate|training) checkpoints?\b",
    "parameters_final": r"\b(?:model )?(?:weights|parameters)\b",
    "data_card": r"\bdata ?(?:sheets?|cards?)\b",
    "sample_outputs": r"\b(?:sample|example) outputs?\b",
}
_CALLED_OPEN = regex(
    r"\b(?:this|our|the|is an?|are|fully|truly|completely)\s+(?:\w+[- ]){0,3}?open[- ]?source[d]?\b"
    r"|\bopen[- ]?sourced?\s+(?:\w+[- ]){0,3}?(?:models?|llms?|weights|release)\b",
    re.IGNORECASE,
)
_SUBJECT = {id: regex(pattern, re.IGNORECASE) for id, pattern in _SUBJECTS.items()}
# in a line of a section "not" alone says too little: it must be that something is not published (English only)
_WITHHOLDS = regex(
    r"\b(?:not|never|no longer|cannot be|won't be|isn't|aren't)\s+(?:\w+\s+)?"
    r"(?:released?|disclosed?|published?|public|available|shared?|provided?|documented)\b"
    rf"|\b(?:{WITHHELD}|n/a)\b",
    re.IGNORECASE,
)
_OFFERS = regex(
    r"\b(?:released?|available|published|open[- ]?sourced?|provided?|provides?|found|shared?|download\w*|access\w*|see"
    r"|hosted|host|reported?)\b",
    re.IGNORECASE,
)
_LINK = regex(r"https?://[^\s)>\]\"']{4,300}")
_END = regex(r"(?<=[.!?。！？])\s+(?=[^\s])|(?<=[。！？])")
_BREAK = regex(r"\s*(?:[-*+]|\d+[.)]|#{1,6}|>|\|)(?:\s|$)")


def fence(line: str) -> bool:
    """Whether code begins or ends at this line."""
    return line.lstrip().startswith(("```", "~~~"))


def uncommented(lines: list[str]) -> list[str]:
    """The lines without what stands in comments of HTML, which no reader sees; code between fences keeps its own."""
    rows, hidden, fenced = [], False, False
    for line in lines:
        fenced ^= not hidden and fence(line)
        kept, at = "", 0
        while not fenced and at < len(line):
            mark = "-->" if hidden else "<!--"
            found = line.find(mark, at)
            kept += "" if hidden else line[at : found if found >= 0 else len(line)]
            if found < 0:
                break
            at, hidden = found + len(mark), not hidden
        rows.append(line if fenced else kept)
    return rows


def withholds(line: str) -> bool:
    """Whether a line says that something is held back, or that it still has to be written."""
    return _WITHHOLDS.search(line) is not None


def mentions(artifact: str, said: Iterable[tuple[int, str]]) -> Iterator[Mention]:
    """Every sentence, given with its line, that offers or denies a component."""
    rows = (row for line, sentence in said for row in _mentioned(artifact, line, sentence))
    yield from few(rows, lambda row: (row.component, row.denies), MOST)


def _mentioned(artifact: str, line: int, sentence: str) -> Iterator[Mention]:
    links = [(match.start(), match[0].rstrip(".,;:!?*_")) for match in _LINK.finditer(sentence)]
    if _CALLED_OPEN.search(sentence):
        said = stance(sentence, _CALLED_OPEN)
        yield Mention(artifact, OPEN_SOURCE, line, sentence[:EXCERPT], said is not Stance.SPEAKS)
    offers = bool(links) or _OFFERS.search(sentence) is not None
    for id, subject in _SUBJECT.items():
        if match := subject.search(sentence):
            said = stance(sentence, subject)
            denies = said is Stance.DENIES
            if said is Stance.NEITHER or not (denies or offers):
                continue
            after = [link for at, link in links if at > match.start()] or [link for _, link in links[:1]]
            yield Mention(artifact, id, line, sentence[:EXCERPT], denies, after[0] if after else "")


def sentences(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """(line where it begins, sentence) of the prose; code between fences is none."""
    for line, text in _paragraphs(lines, start):
        rows = text.split("\n")
        flat, places = " ".join(rows), list(accumulate((len(row) + 1 for row in rows), initial=0))
        begin = 0
        for match in (*_END.finditer(flat), None):
            stop = match.start() if match else len(flat)
            while begin < stop:
                end = _cut(flat, begin, stop)
                if sentence := flat[begin:end].strip():
                    yield line + bisect_right(places, begin) - 1, sentence
                begin = end
            begin = match.end() if match else stop


def _cut(text: str, begin: int, stop: int) -> int:
    """Where a sentence is parted that is longer than a sentence may be: behind a space, where there is one."""
    if stop - begin <= MOST_SENTENCE:
        return stop
    space = text.rfind(" ", begin + 1, begin + MOST_SENTENCE)
    return space + 1 if space > 0 else begin + MOST_SENTENCE


def _paragraphs(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """(first line, text) of each run of lines; a heading, a list item or a table row begins a new one."""
    block: list[str] = []
    first, fenced = start + 1, False
    for number, text in enumerate(lines, start + 1):
        turns = fence(text)
        if turns or fenced or not text.strip() or _BREAK.match(text):
            if block:
                yield first, "\n".join(block)
            block, first = [], number
            fenced ^= turns
            if turns or fenced or not text.strip():
                first = number + 1
                continue
        if not block:
            first = number
        block.append(text)
    if block:
        yield first, "\n".join(block)
