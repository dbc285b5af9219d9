"""Is a benchmark in the corpus? Question and answer apart: the longest match, and what lies in runs of 13 words.

Thirteen words are the unit of Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from assay.corpus.collection import Corpus
from assay.corpus.inputs import listed
from assay.corpus.matching import covered, maximal, split
from assay.corpus.row import NotRead, Row
from assay.corpus.rows import Reading
from assay.errors import UsageError
from assay.facts.trace import Contamination, Item, ItemPart
from assay.progress import Progress, Steps

RUN = 13  # words
WHOLE = 5  # words of the shortest part that counts when the corpus holds all of it: shorter ones are anywhere
QUESTION = ("question", "prompt", "query", "input", "problem", "instruction", "text", "goal", "context")
ANSWER = ("answer", "answers", "completion", "response", "output", "solution", "target", "chosen")


def contamination(
    corpus: Corpus, benchmark: Path, question: str = "", answer: str = "", progress: Progress | None = None
) -> Contamination:
    """Every item of a benchmark (jsonl, json, csv, parquet) beside the corpora.

    Raises:
        UsageError: the file cannot be read or has no questions.
    """
    items: list[Item] = []
    skipped, rows = 0, list(_rows(benchmark))
    steps = Steps(progress, "looking", len(rows), "items")
    for row in rows:
        steps.add()
        asked = "" if isinstance(row, NotRead) else _text(row, question, QUESTION)
        if isinstance(row, NotRead) or not asked:
            skipped += 1
            continue
        items.append(_item(corpus, row, asked, _text(row, answer, ANSWER)))
    if not items:
        names = question or ", ".join(QUESTION)
        raise UsageError(
            f"{benchmark}: no item has a question; looked for {names}: name the field with --question-field"
        )
    return Contamination(benchmark.name, corpus.records, tuple(items), skipped)


def _rows(benchmark: Path) -> Iterator[Row | NotRead]:
    for source in listed((str(benchmark),), lambda reason, place: None):
        yield from Reading(source, "utf-8", lambda _: None).rows()


def _text(row: Row, given: str, usual: tuple[str, ...]) -> str:
    for name in (given,) if given else usual:
        value = row.fields.get(name)
        if isinstance(value, dict):  # SQuAD: {"text": [...], "answer_start": [...]}
            value = value.get("text")
        if isinstance(value, list):
            value = next((entry for entry in value if isinstance(entry, str)), None)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _item(corpus: Corpus, row: Row, asked: str, told: str) -> Item:
    question, source = _part(corpus, asked)
    answer, other = _part(corpus, told)
    id = next(
        (str(row.fields[name]) for name in ("id", "question_id", "qid") if row.fields.get(name) is not None),
        str(row.number),
    )
    dirty = [part for part in (question, answer) if part.overlap > 0]
    return Item(id, question, answer, not dirty, source or other)


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
