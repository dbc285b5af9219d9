"""Is a benchmark in the corpus? Question and answer apart: the longest match, and what lies in runs of 13 words.

Thirteen words are the unit of Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from assay.corpus.collection import Corpus
from assay.corpus.documents import Made
from assay.corpus.inputs import listed
from assay.corpus.items import QUESTION, Asked
from assay.corpus.matching import covered, maximal, split
from assay.corpus.parsed import Parsed
from assay.corpus.row import NotRead
from assay.errors import UsageError
from assay.facts.trace import Contamination, Item, ItemPart
from assay.progress import Progress, Steps

RUN = 13  # words
WHOLE = 5  # words of the shortest part that counts when the corpus holds all of it: shorter ones are anywhere


def contamination(
    corpus: Corpus, benchmark: Path, question: str = "", answer: str = "", progress: Progress | None = None
) -> Contamination:
    """Every item of a benchmark (jsonl, json, csv, parquet) beside the corpora.

    Raises:
        UsageError: the file cannot be read or has no questions.
    """
    items: list[Item] = []
    skipped, rows = 0, list(_rows(benchmark, Asked(question, answer)))
    steps = Steps(progress, "looking", len(rows), "items")
    for row in rows:
        steps.add()
        if isinstance(row, NotRead):
            skipped += 1
        else:
            items.append(_item(corpus, row))
    if not items:
        names = question or ", ".join(QUESTION)
        raise UsageError(
            f"{benchmark}: no item has a question; looked for {names}: name the field with --question-field"
        )
    return Contamination(benchmark.name, corpus.records, tuple(items), skipped)


def _rows(benchmark: Path, asked: Asked) -> Iterator[Made | NotRead]:
    inputs = listed((str(benchmark),), lambda reason, place: None)
    with closing(Parsed(inputs, asked, "utf-8")) as parsed:
        for source in inputs:
            yield from parsed.rows(source, lambda _: None)


def _item(corpus: Corpus, row: Made) -> Item:
    (question, source), (answer, other) = (_part(corpus, text.decode()) for text in row.texts)
    dirty = [part for part in (question, answer) if part.overlap > 0]
    return Item(row.said[0], question, answer, not dirty, source or other)


def _part(corpus: Corpus, text: str) -> tuple[ItemPart, str]:
    """The numbers of one part, and the id of a document that holds its longest match if it counts."""
    found, _ = split(text)
    if not len(found):
        return ItemPart(0, 0, 0.0), ""
    rows = corpus.look(found)
    lengths = np.maximum.reduce([row.lengths for row in rows])
    least = RUN if len(found) >= RUN else max(len(found), WHOLE)
    spans = maximal(lengths, least)
    overlap = float(covered(spans, lengths[spans], len(found)).mean())
    return ItemPart(len(found), int(lengths.max()), round(overlap, 4)), _source(
        corpus, text, int(lengths.argmax()), int(lengths.max())
    ) if overlap else ""


def _source(corpus: Corpus, text: str, start: int, count: int) -> str:
    found, raw = split(text)
    run = raw[int(found.starts[start]) : int(found.stops[start + count - 1])].decode("utf-8", "replace")
    hits = corpus.find(run, 1)
    return hits[0].document.id if hits else ""
