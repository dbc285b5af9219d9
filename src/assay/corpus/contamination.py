"""Is a question set in the corpus? Passage, question and answer apart: runs of 13 words, whole texts, and near copies.

Thirteen words are the unit of Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C. What many items
share (an instruction, examples that are shown before each) is left out first, and a run of numbers is no prose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from assay.corpus import alignment
from assay.corpus.collection import Corpus
from assay.corpus.documents import Made
from assay.corpus.index import Query
from assay.corpus.inputs import listed
from assay.corpus.items import BETWEEN, QUESTION, Asked
from assay.corpus.matching import covered
from assay.corpus.parsed import Parsed
from assay.corpus.row import NotRead
from assay.corpus.several import Several, pieces
from assay.errors import UsageError
from assay.facts.corpus import Skipped
from assay.facts.trace import Contamination, Item, ItemPart
from assay.lazy import dataclass
from assay.progress import Progress, Steps

RUN = 13  # words
WHOLE = 5  # words of the shortest part that counts when the corpus holds all of it: shorter ones are anywhere
SHARED = 8  # words of a run by which it is seen that items share a text,
MANY, SHARE = 4, 0.1  # and in how many of them: more than this, and more than this share
LEAST_LETTERS = 5  # different words with a letter in a run that counts as prose
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class _Item:
    """An item as it was read: its id, the texts of each part, and the fields that were not looked at."""

    id: str
    passage: tuple[str, ...]
    question: tuple[str, ...]
    answer: tuple[str, ...]
    left: tuple[str, ...]

    @classmethod
    def of(cls, row: Made) -> _Item:
        """The item that a row gave."""
        passage, question, answer = (tuple(filter(None, text.decode().split(BETWEEN))) for text in row.texts)
        return cls(row.said[0], passage, question, answer, tuple(filter(None, row.said[1].split(BETWEEN))))


def contamination(
    corpus: Corpus, benchmark: Path, question: str = "", answer: str = "", progress: Progress | None = None
) -> Contamination:
    """Every item of a question set (jsonl, json, csv, parquet) beside the corpora.

    Raises:
        UsageError: the file cannot be read or has no questions.
    """
    skipped, rows = 0, []
    for row in _rows(benchmark, Asked(question, answer)):
        if isinstance(row, NotRead):
            skipped += 1
        else:
            rows.append(_Item.of(row))
    if not rows:
        names = question or ", ".join(QUESTION)
        raise UsageError(
            f"{benchmark}: no item has a question; looked for {names}: name the field with --question-field"
        )
    shared = _shared(rows)
    steps = Steps(progress, "looking", len(rows), "items")
    items: list[Item] = []
    for item in rows:
        steps.add()
        items.append(corpus.asked(partial(_item, item, shared)))
    if not corpus.complete:
        items = [replace(item, clean=None) if item.clean else item for item in items]
    return Contamination(benchmark.name, corpus.records, tuple(items), skipped, tuple(_left(rows)))


def _rows(benchmark: Path, asked: Asked) -> Iterator[Made | NotRead]:
    inputs = listed((str(benchmark),), lambda reason, place: None)
    with closing(Parsed(inputs, asked, "utf-8")) as parsed:
        for source in inputs:
            yield from parsed.rows(source, lambda _: None)


def _left(rows: list[_Item]) -> Iterator[Skipped]:
    """For each field that was not looked at: in how many items, and in which."""
    counts = Counter(name for row in rows for name in row.left)
    for name in sorted(counts):
        places = [row.id for row in rows if name in row.left][:MOST_PLACES]
        yield Skipped(f"field {name}: not known as passage, question or answer", counts[name], tuple(places))


def _shared(rows: list[_Item]) -> frozenset[tuple[str, ...]]:
    """Runs of words that many items have in question or answer; a passage may well be that of many questions."""
    counts: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counts.update({run for text in (*row.question, *row.answer) for run in _runs(alignment.words(text))})
    least = max(MANY, int(SHARE * len(rows)))
    return frozenset(run for run, count in counts.items() if count > least)


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(len(words) - SHARED + 1):
        yield words[start : start + SHARED]


def _own(texts: Iterable[str], shared: frozenset[tuple[str, ...]]) -> Iterator[str]:
    """The texts without what many items share, as the pieces that are left."""
    for text in texts:
        query, words = Query.of(text), alignment.words(text)
        kept = np.ones(len(words), bool)
        for start, run in enumerate(_runs(words)):
            if run in shared:
                kept[start : start + SHARED] = False
        if kept.all():
            yield text
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], kept.view(np.int8), [0]))))
        for start, stop in edges.reshape(-1, 2).tolist():
            yield query.piece(start, stop - start).decode("utf-8", "replace")


def _item(item: _Item, shared: frozenset[tuple[str, ...]], index: Several) -> Item:
    parts, sources = [], []
    for texts in (item.passage, _own(item.question, shared), _own(item.answer, shared)):
        part, source = _part(index, texts)
        parts.append(part)
        sources.append(source)
    passage, question, answer = parts
    dirty = any(part.overlap > 0 or part.near > 0 for part in parts)
    return Item(item.id, passage, question, answer, not dirty, next(filter(None, sources), ""))


def _part(index: Several, texts: Iterable[str]) -> tuple[ItemPart, str]:
    """The numbers of one part, and the id of a document that holds its longest match or near copy."""
    words = longest = inside = 0
    near, source = 0.0, ""
    for text in texts:
        query = Query.of(text)
        if not len(query):
            continue
        said = alignment.words(text)
        matches = index.match(query)
        words += len(said)
        longest = max(longest, int(matches.longest.max()))
        least = RUN if len(said) >= RUN else max(len(said), WHOLE)
        starts = [
            start
            for start, length in zip(matches.starts.tolist(), matches.lengths.tolist(), strict=True)
            if length >= least and _is_prose(said[start : start + length])
        ]
        if starts:
            inside += int(covered(np.array(starts, np.intp), matches.longest[starts], len(said)).sum())
            best = max(starts, key=lambda start: int(matches.longest[start]))
            source = source or _holder(index, query, best, int(matches.longest[best]))
        elif (copy := alignment.nearest(index, query, matches)) is not None:
            near = max(near, copy.share)
            source = source or copy.document.id
    return ItemPart(words, longest, round(inside / words, 4) if words else 0.0, round(near, 4)), source


def _holder(index: Several, query: Query, start: int, count: int) -> str:
    """The id of a document that holds a run of the query."""
    hits = index.places(query, pieces((start, count)), 1).hits
    return index.described([int(hits[0, 1])])[0].id if len(hits) else ""


def _is_prose(words: tuple[str, ...]) -> bool:
    lettered = [word for word in words if any(letter.isalpha() for letter in word)]
    return len(set(lettered)) >= min(LEAST_LETTERS, len(words)) and 2 * len(lettered) >= len(words)
