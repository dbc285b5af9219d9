"""Rows of question sets into items: which fields are passage, question and answer, and which were not looked at.

Names are those that sets in use have (DROP, SQuAD, RACE, BoolQ, GSM8K, MATH, AIME, GPQA, HumanEval, MBPP, MT-Bench,
HellaSwag, PIQA, MMLU, ARC, TruthfulQA, TriviaQA and others), compared without regard to case, spaces and underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.corpus.content import MOST_DEPTH
from assay.corpus.documents import MOST_NAME, MOST_VALUE, Made
from assay.corpus.row import Row
from assay.lazy import dataclass

PASSAGE = ("passage", "context", "article", "paragraph", "support", "document", "story", "background", "evidence")
QUESTION = (
    "question", "prompt", "query", "problem", "instruction", "input", "inputs", "turns", "ctx", "goal", "sentence",
    "premise", "statement", "text", "questions", "conversations", "messages",
)  # fmt: skip
ANSWER = (
    "answer", "answers", "answersspans", "correctanswer", "correctanswers", "bestanswer", "completion", "response",
    "output", "solution", "canonicalsolution", "target", "targets", "chosen", "reference", "references",
    "referenceanswer", "code", "gold", "rationale", "explanation", "finalanswer",
)  # fmt: skip
CHOICES = ("choices", "options", "endings", "candidates")
LABEL = ("answer", "label", "answerkey", "gold", "target", "correct", "mc1idx")
ID = ("id", "questionid", "qid", "taskid", "uniqueid", "uid")
LETTERS = "ABCDEFGHIJ"
PARTS = 3  # texts of an item: passage, question, answer; and of each its own texts, with this between two
BETWEEN = "\x1e"  # the record separator of ASCII, which separates words like a space
MOST_LEFT = 100  # fields that are named as not looked at


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of question and answer as the user names them; empty for the usual names."""

    question: str = ""
    answer: str = ""


def made(row: Row, names: Asked) -> Made | str:
    """Passage, question and answer as UTF-8, the id of an item and the fields not looked at, or why the row is none."""
    fields = {_plain(name): name for name in row.fields}
    used: set[str] = set()

    def texts(usual: tuple[str, ...], given: str, *, every: bool) -> tuple[str, ...]:
        found: list[str] = []
        for name in (given,) if given else [fields[plain] for plain in usual if plain in fields]:
            said = [] if name in used else list(_texts(row.fields.get(name)))
            if said:
                used.add(name)
                found += said
                if not every:
                    break
        return tuple(found)

    passage = texts(PASSAGE, "", every=True)
    question = texts(QUESTION, names.question, every=False)
    if not question and not names.question:  # a set whose only text is its passage, such as a cloze
        question, passage = passage, ()
    if not question:
        return "no question"
    answer = (*_chosen(row.fields, fields, used), *texts(ANSWER, names.answer, every=not names.answer))
    known = used | {fields[name] for name in ID if name in fields}
    left = [str(name)[:MOST_NAME] for name in row.fields if name not in known and _has_text(row.fields[name])]
    left += [f"{str(name)[:MOST_NAME]} below {MOST_DEPTH} levels" for name in row.fields if _is_deep(row.fields[name])]
    if len(left) > MOST_LEFT:
        left[MOST_LEFT:] = [f"and {len(left) - MOST_LEFT} more of a row"]
    id = next((str(row.fields[fields[name]]) for name in ID if row.fields.get(fields.get(name, "")) is not None), "")
    return Made(
        row.number,
        tuple(
            _bytes(BETWEEN.join(text.replace(BETWEEN, " ") for text in part)) for part in (passage, question, answer)
        ),
        (_shown(id or str(row.number))[:MOST_VALUE], BETWEEN.join(map(_shown, left))),
        row.damaged,
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _shown(text: str) -> str:
    return _bytes(text.replace(BETWEEN, " ")).decode()


def _has_text(value: object) -> bool:
    return next(_texts(value), None) is not None


def _is_deep(value: object, depth: int = 0) -> bool:
    """Whether lists and objects lie in each other deeper than texts are looked for."""
    if not value or not isinstance(value, list | tuple | Mapping):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return depth == MOST_DEPTH or any(_is_deep(entry, depth + 1) for entry in inner)


def _plain(name: object) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _chosen(row: Mapping[str, Any], fields: Mapping[str, str], used: set[str]) -> tuple[str, ...]:
    """The right one of several choices, by the number or letter that tells which it is."""
    name = next((fields[plain] for plain in CHOICES if plain in fields), None)
    if name is None:
        return ()
    value = row[name]
    labels = value.get("label") if isinstance(value, Mapping) else None  # ARC: {"text": [...], "label": [...]}
    listed = value.get("text") if isinstance(value, Mapping) else value
    for plain in LABEL:
        told = row.get(fields.get(plain, ""))
        at = _index(told, labels, len(listed) if isinstance(listed, list) else 0)
        if at is not None and isinstance(listed, list) and isinstance(listed[at], str):
            used.update((name, fields[plain]))
            return (listed[at],)
    return ()


def _index(told: object, labels: object, count: int) -> int | None:
    if isinstance(labels, list) and told in labels:
        at = labels.index(told)
    elif isinstance(told, str) and told.strip().isdigit():
        at = int(told)
    elif isinstance(told, str) and len(told.strip()) == 1 and told.strip().upper() in LETTERS:
        at = LETTERS.index(told.strip().upper())
    elif isinstance(told, int) and not isinstance(told, bool):
        at = told
    else:
        return None
    return at if 0 <= at < count else None


def _texts(value: object, depth: int = 0) -> Any:
    """Every text in a value; of turns of a conversation what is said."""
    if isinstance(value, str):
        if value and not value.isspace():
            yield value
    elif depth < MOST_DEPTH and isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry, depth + 1)
    elif depth < MOST_DEPTH and isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in ("role", "from", "type", "id"):
                yield from _texts(inner, depth + 1)
