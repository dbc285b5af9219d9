"""Read sets of labelled questions: assay's own JSON lines, NQ-open, SelfAware, relations of LRE, or one's own texts.

A line is `{"question": "...", "answers": ["..."]}`, optionally with `topic`; `answer` for one or several is read as
well. `"answerable": false` instead of answers says that nobody can know, and `"form": "continue"` that the question
is a text to be continued as it is. Three questions of each topic are shown to the model with their answers before
each other one (few-shot examples of the form); they are not asked.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.facts.calibration import Question
from assay.facts.uncertainty import SpanKind
from assay.files import as_text, content, json_lines
from assay.lazy import dataclass
from assay.text.sentence import split
from assay.text.span import spans
from assay.uncertainty.sources import document, is_packed

# assay's own: general knowledge, and questions that nobody can answer
GENERAL = Path(__file__).with_name("general.jsonl")
MOST = 256 << 20  # bytes of a file
_WHAT, _LINE = "question set", '{"question": ..., "answers": [...]}'
MOST_QUESTIONS = 100_000
LEAST = 10  # questions below which nothing can be said
SHOWN = 3
LEAST_BEFORE = 5  # words of a sentence before its gap


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions ready to be asked: name, SHA-256 of the files, how many duplicates were left out, what was not read."""

    name: str
    sha256: str
    questions: tuple[Question, ...]
    duplicates: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    topic: str
    asked: str
    answers: tuple[str, ...]
    relation: bool


def load(paths: Sequence[Path], most: int = 0) -> QuestionSet:
    """The questions in these files, in an order that depends on their text only; at most `most`, if that is not 0.

    Raises UsageError: a file cannot be read or holds no questions, a question has no right answer, or there are too
    few.
    """
    items: list[_Item] = []
    digest = hashlib.sha256()
    for path in paths:
        raw = content(path, MOST, _WHAT)
        digest.update(hashlib.sha256(raw).digest())
        items += _items(path, as_text(raw, path, _WHAT))
    return _set("+".join(path.stem for path in paths), digest.hexdigest(), items, paths, most)


def _set(name: str, digest: str, items: list[_Item], paths: Sequence[Path], most: int) -> QuestionSet:
    """The questions in an order that only their text decides, duplicates left out."""
    unique = {(item.topic, item.asked): item for item in items}
    ordered = sorted(unique.values(), key=lambda item: hashlib.sha256(f"{item.topic}\0{item.asked}".encode()).digest())
    questions = list(_questions(ordered))
    if len(questions) < LEAST:
        names = ", ".join(path.name for path in paths)
        raise UsageError(
            f"{names}: {len(questions)} questions to ask; fewer than {LEAST} say nothing about an error rate"
        )
    return QuestionSet(name, digest, tuple(_limited(questions, most or MOST_QUESTIONS)), len(items) - len(unique))


def _limited(questions: list[Question], most: int) -> list[Question]:
    """The first `most`, in their order; as many that can be answered among them as an error rate takes."""
    chosen = questions[:most]
    lacking = LEAST - sum(bool(row.answers) for row in chosen)
    if lacking <= 0:
        return chosen
    more = [row for row in questions[most:] if row.answers][:lacking]
    without = [row for row in reversed(chosen) if not row.answers][: len(more)]
    return [row for row in questions if (row in chosen and row not in without) or row in more]


def cloze(paths: Sequence[Path], most: int = 0) -> QuestionSet:
    """Cloze questions from one's own texts: a sentence up to a name, number or date, which is the answer.

    No judge is needed for the labels. A sentence is used if it names somebody or something before the gap and has the
    answer nowhere else. Texts are plain, documents of PDF, Word or EPUB, or JSON lines with `text`.

    Raises UsageError: a file cannot be read, or too few sentences can be used.
    """
    items: list[_Item] = []
    missing: list[str] = []
    digest = hashlib.sha256()
    for path in paths:
        raw = content(path, MOST, "document")
        digest.update(hashlib.sha256(raw).digest())
        if is_packed(path):
            found = document(path)
            texts, missing = iter((found.text,)), [*missing, *found.missing]
        else:
            texts = _plain(path, as_text(raw, path, "document"))
        items += [row for text in texts for row in _gaps(path.stem, text)]
    made = _set(f"gaps in {'+'.join(path.stem for path in paths)}", digest.hexdigest(), items, paths, most)
    return replace(made, missing=tuple(missing))


def _plain(path: Path, text: str) -> Iterator[str]:
    if path.suffix != ".jsonl":
        yield text
        return
    yield from (str(row["text"]) for _, row in json_lines(text, path, '{"text": ...}', ("text",)))


def _gaps(topic: str, text: str) -> Iterator[_Item]:
    """One gap of each sentence that can be used."""
    for sentence in split(text):
        named = [row for row in spans(sentence) if row[0] is not SpanKind.WORDS]
        for number, (kind, start, stop) in reversed(list(enumerate(named))):
            before, answer = sentence[:start].rstrip(), sentence[start:stop]
            if (
                any(row[0] is SpanKind.NAME for row in named[:number])
                and kind is not SpanKind.QUOTE
                and len(before.split()) >= LEAST_BEFORE
                and sentence.count(answer) == 1
            ):
                yield _Item(topic, " ".join(before.split()), (" ".join(answer.split()),), relation=True)
                break


def _questions(items: list[_Item]) -> Iterator[Question]:
    """Each item but the examples, after three examples of its topic."""
    groups: dict[tuple[str, bool], list[_Item]] = defaultdict(list)
    for item in items:
        groups[item.topic, item.relation].append(item)
    known = {key: [row for row in rows if row.answers] for key, rows in groups.items()}
    shown = {key: rows[:SHOWN] if len(rows) > 2 * SHOWN else [] for key, rows in known.items()}
    before = {key: "".join(f"{_form(row)} {row.answers[0]}\n" for row in rows) for key, rows in shown.items()}
    for item in items:
        key = (item.topic, item.relation)
        if item not in shown[key]:
            id = hashlib.sha256(f"{item.topic}\0{item.asked}".encode()).hexdigest()[:16]
            yield Question(id, before[key] + _form(item), item.answers, item.topic, item.asked)


def _form(item: _Item) -> str:
    return item.asked if item.relation else f"Question: {item.asked}\nAnswer:"


def _items(path: Path, text: str) -> list[_Item]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and "prompt_templates" in whole:
        return _relation(path, whole)
    if isinstance(whole, dict) and isinstance(whole.get("example"), list):
        return _selfaware(path, whole)
    rows = []
    for where, value in json_lines(text, path, f"{_LINE}, or a relation of LRE"):
        rows.append(_row(path, where, value))
        if len(rows) > MOST_QUESTIONS:
            raise UsageError(f"{path}: more than {MOST_QUESTIONS:,} questions")
    if not rows:
        raise UsageError(f"{path} holds no questions")
    return rows


def _row(path: Path, where: str, value: dict[str, Any]) -> _Item:
    asked = value.get("question")
    if not isinstance(asked, str) or not asked.strip():
        raise UsageError(f"{where}: no question: expected a line like {_LINE}")
    topic = str(value.get("topic") or path.stem)[:100]
    kept = () if value.get("answerable") is False else _accepted(value)
    if not kept and value.get("answerable") is not False:
        raise UsageError(f"{where}: no right answer, so nothing could be right")
    return _Item(topic, asked.strip(), kept, relation=value.get("form") == "continue")


def _accepted(value: dict[str, Any]) -> tuple[str, ...]:
    answers = value.get("answers", value.get("answer", []))
    found = [answers] if isinstance(answers, str) else answers if isinstance(answers, list) else []
    return tuple(answer.strip() for answer in found if isinstance(answer, str) and answer.strip())


def _selfaware(path: Path, whole: dict[str, Any]) -> list[_Item]:
    """SelfAware (arXiv:2305.18153): questions, some of which nobody can answer."""
    rows = []
    for entry in whole["example"][:MOST_QUESTIONS]:
        asked = entry.get("question") if isinstance(entry, dict) else None
        if not isinstance(asked, str) or not asked.strip():
            raise UsageError(f"{path}: an example without a question, so it is not SelfAware as published")
        kept = _accepted(entry) if entry.get("answerable") else ()
        if kept or not entry.get("answerable"):
            rows.append(_Item(path.stem, asked.strip(), kept, relation=False))
    return rows


def _relation(path: Path, whole: dict[str, Any]) -> list[_Item]:
    """A relation of LRE (evandez/relations): subjects put into its first template, to be continued by the object."""
    templates, samples = whole.get("prompt_templates"), whole.get("samples")
    template = templates[0] if isinstance(templates, list) and templates else None
    if not isinstance(template, str) or not isinstance(samples, list):
        raise UsageError(f"{path}: no relation of LRE: it has no templates or no samples")
    name = str(whole.get("name") or path.stem)[:100]
    rows = [
        _Item(name, template.replace("{}", sample["subject"]), (sample["object"].strip(),), relation=True)
        for sample in samples[:MOST_QUESTIONS]
        if isinstance(sample, dict)
        and all(isinstance(sample.get(key), str) and sample[key].strip() for key in ("subject", "object"))
    ]
    if not rows:
        raise UsageError(f"{path} holds no questions")
    return rows
