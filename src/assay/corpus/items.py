"""Rows of a benchmark into items: which field is the question, which the answer, by option or else by usual names."""

from __future__ import annotations

from dataclasses import dataclass

from assay.corpus.documents import MOST_VALUE, Made
from assay.corpus.row import Row

QUESTION = ("question", "prompt", "query", "input", "problem", "instruction", "text", "goal", "context")
ANSWER = ("answer", "answers", "completion", "response", "output", "solution", "target", "chosen")
_ID = ("id", "question_id", "qid")


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of question and answer as the user names them; empty for the usual names."""

    question: str = ""
    answer: str = ""


def made(row: Row, asked: Asked) -> Made | str:
    """Question and answer as UTF-8 and the id of an item, or why the row is none."""
    question = _text(row, asked.question, QUESTION)
    if not question:
        return "no question"
    id = next((str(row.fields[name]) for name in _ID if row.fields.get(name) is not None), str(row.number))
    texts = (question, _text(row, asked.answer, ANSWER))
    return Made(
        row.number,
        tuple(text.encode("utf-8", "replace") for text in texts),
        (id.encode("utf-8", "replace").decode()[:MOST_VALUE],),
        row.damaged,
    )


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
