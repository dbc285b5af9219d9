"""The text of a row: which of its fields are indexed, and for every other one that holds something the reason.

A row has one field of text (`text`, `content` and the like), or it is made of several: turns of a conversation, prompt
and completions, passage, question and answer. Then all its text is indexed, in the order in which it would be read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from typing import Any

from assay.lazy import dataclass

TEXT = ("text", "content", "raw_content", "body", "document", "page_content", "markdown", "code", "contents")
# the fields of rows that are made of several, in the order of reading; those with other names come after them
ORDER = (
    "system", "system_prompt", "instruction", "passage", "article", "prompt", "context", "story", "ctx", "sentence",
    "question", "query", "problem", "inputs", "input", "messages", "conversations", "conversation", "dialog",
    "dialogue", "turns", "choices", "options", "endings", "output", "outputs", "response", "completion", "answer",
    "answers", "solution", "canonical_solution", "targets", "target", "reference_answer", "chosen", "rejected",
    "explanation", "rationale",
)  # fmt: skip
# of a turn or a part of one: who speaks and which part it is, not what is said
_ABOUT = {
    "role", "from", "type", "id", "name", "speaker", "author", "index", "weight", "train", "loss", "tool_call_id",
    "call_id", "finish_reason", "created_at", "timestamp", "model", "mime_type", "media_type", "format", "lang",
    "language",
}  # fmt: skip
MOST_DEPTH = 12  # lists and objects inside each other
LEAST_WORDS = 3  # of a field with a name not in use: shorter ones are labels and ids

NO_TEXT, LABEL, DEEP = "holds no text", f"fewer than {LEAST_WORDS} words", f"nested more than {MOST_DEPTH} levels deep"
ABOUT = "says of what kind a part is"


@dataclass(slots=True)
class Content:
    """The text of a row (None: it has none), the fields that it came from, and (field, reason) of what is left."""

    text: str | None
    used: tuple[str, ...] = ()
    left: list[tuple[str, str]] = field(default_factory=list)


def content(row: Mapping[str, Any], given: str, known: Collection[str]) -> Content:
    """What is indexed of a row.

    Args:
        row: its fields.
        given: the field with the text as the user names it, or several with commas between; empty to find out.
        known: fields that were read as something else than text.
    """
    left: list[tuple[str, str]] = []
    if given:
        names = tuple(name for entry in given.split(",") if (name := entry.strip()) in row)
        text = _joined(row, names, left)
        _count_rest(row, {*names, *known}, f"beside the text in {given}", left)
        return Content(text if names else None, names, left)
    for name in TEXT:
        if (text := _joined(row, (name,), left) if row.get(name) else None) and not text.isspace():
            _count_rest(row, {name, *known}, f"beside the text in {name}", left)
            return Content(text, (name,), left)
    names = tuple(sorted((name for name in row if _is_part(name, row[name], known)), key=_rank))
    text = _joined(row, names, left)
    _count_rest(row, {*names, *known}, LABEL, left)
    empty = any(row.get(name) is not None for name in TEXT)
    return Content("" if empty and not text else text, names, left)


def _rank(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _is_part(name: str, value: object, known: Collection[str]) -> bool:
    """Whether a field of a row without a field of text is text: by its name, or by what it holds."""
    if not value or name in TEXT:
        return False
    if name in ORDER:
        return isinstance(value, str | list | Mapping)
    return name not in known and any(_is_prose(text) for text in _spoken(value, name, []))


def _is_prose(text: str) -> bool:
    """Three words, or as much in a script that is written without spaces."""
    head = text[:4000]
    return len(head.split(None, LEAST_WORDS)) >= LEAST_WORDS or sum(letter > "\u2e7f" for letter in head[:200]) >= 6


def _joined(row: Mapping[str, Any], names: tuple[str, ...], left: list[tuple[str, str]]) -> str | None:
    """The text of some fields, with an empty line between two; None where they hold no text at all."""
    if len(names) == 1 and isinstance(row[names[0]], str):
        return str(row[names[0]])
    pieces = [text for name in names for text in _spoken(row[name], name, left)]
    return "\n\n".join(pieces) if pieces else None


def _spoken(value: object, path: str, left: list[tuple[str, str]], depth: int = 0) -> Iterator[str]:
    """Every text in a value, however it is nested; what is no text is added to `left`."""
    if isinstance(value, str):
        if value and not value.isspace():
            yield value
    elif depth > MOST_DEPTH:
        left.append((path, DEEP))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _spoken(entry, f"{path}[]", left, depth + 1)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            name = f"{path}.{key}"
            if key in _ABOUT and not isinstance(inner, list | Mapping):
                if inner is not None and inner != "":
                    left.append((name, ABOUT))
            elif key == "arguments" and isinstance(inner, str):
                yield from _spoken(_arguments(inner), name, left, depth + 1)
            else:
                yield from _spoken(inner, name, left, depth + 1)
    elif value is not None:
        left.append((path, NO_TEXT))


def _arguments(text: str) -> object:
    """The arguments of a call of a tool, which are JSON in a string; the string where they are not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _count_rest(row: Mapping[str, Any], seen: Collection[str], reason: str, left: list[tuple[str, str]]) -> None:
    """Add to `left` every field that was neither indexed nor read as something else, and is not empty."""
    for name, value in row.items():
        if name in seen or value is None or value == "" or value == [] or value == {}:
            continue
        left.append((str(name), reason if isinstance(value, str) or _has_text(value) else NO_TEXT))


def _has_text(value: object) -> bool:
    return isinstance(value, list | Mapping) and next(_spoken(value, "", []), None) is not None
