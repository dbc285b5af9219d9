"""What of a row is indexed: every text of a chat, a comparison or a question; and what is not is counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from assay.corpus.documents import Fields
from tests.builders.corpus import indexed, skipped

SAID = "the purple walrus number {} juggles nineteen glass teapots"


def said(number: int) -> str:
    return SAID.format(number)


CALL = {"function": {"name": "search", "arguments": json.dumps({"query": [said(3)]})}}
ROWS: dict[str, dict[str, object]] = {
    "chat with a string": {
        "messages": [{"role": "user", "content": said(1)}, {"role": "assistant", "content": said(2)}]
    },
    "chat with parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": said(1)}, said(2)]}]},
    "chat with a call": {
        "messages": [{"role": "user", "content": said(1)}, {"role": "assistant", "content": None, "tool_calls": [CALL]}]
    },
    "chat with thinking": {"messages": [{"role": "assistant", "reasoning_content": said(1), "content": said(2)}]},
    "sharegpt with system": {"system": said(1), "conversations": [{"from": "human", "value": said(2)}]},
    "preference": {"prompt": said(1), "chosen": said(2), "rejected": said(3)},
    "preference as chats": {
        "chosen": [{"role": "user", "content": said(1)}, {"role": "assistant", "content": said(2)}],
        "rejected": [{"role": "user", "content": said(1)}, {"role": "assistant", "content": said(3)}],
    },
    "prompt and completion": {"prompt": [{"role": "user", "content": said(1)}], "completion": said(2)},
    "passage and question": {"question": said(1), "passage": said(2), "answers_spans": {"spans": [said(3)]}},
    "choices": {"ctx": said(1), "endings": [said(2), said(3)], "label": "2"},
    "text in languages": {"text": {"en": said(1), "de": said(2)}},
    "text in pieces": {"text": [said(1), said(2)]},
    "empty text beside a full one": {"text": "", "content": said(1)},
    "names not in use": {"prologue": said(1), "epilogue": said(2), "grade": "A"},
    "pandas": {"meta": {"license": "mit", "note": 3}, "text": said(1)},
}


@pytest.mark.parametrize("name", ROWS)
def test_every_text_of_a_row_is_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROWS[name]) + "\n")
    corpus = indexed(tmp_path / "index", path)
    held = json.dumps(ROWS[name])
    assert corpus.records[0].documents == 1
    for number in (1, 2, 3):
        assert bool(corpus.count(said(number))) == (said(number) in held), number


def test_what_is_left_of_a_row_is_counted_by_field_and_reason(tmp_path: Path) -> None:
    rows = [
        {
            "text": said(1), "summary": said(2), "score": 0.5, "ok": True, "none": None, "tags": ["a"], "id": "x",
            "meta": {"id": "y", "license": "mit", "deep": {"n": [1]}},
        },
        {"text": said(3), "summary": said(4), "title": "t" * 3000},
        {"messages": [{"role": "user", "content": [{"type": "image", "image": b"x".hex(), "size": 3}, said(5)]}]},
    ]  # fmt: skip
    nested: object = said(6)
    for _ in range(20):
        nested = [nested]
    rows.append({"messages": [said(7), nested]})
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = indexed(tmp_path / "index", tmp_path / "a.jsonl")
    assert skipped(corpus.records[0]) == {
        "field summary not indexed: beside the text in text": 2,
        "field score not indexed: holds no text": 1,
        "field ok not indexed: holds no text": 1,
        "field tags not indexed: beside the text in text": 1,
        "field meta.id not indexed: the row has another field of this name": 1,
        "field deep not indexed: holds no text": 1,
        "field title not indexed: what follows after 2,000 characters": 1,
        "field messages[].role not indexed: says of what kind a part is": 1,
        "field messages[].content[].type not indexed: says of what kind a part is": 1,
        "field messages[].content[].size not indexed: holds no text": 1,
        f"field messages{'[]' * 13} not indexed: nested more than 12 levels deep": 1,
    }
    assert corpus.count(said(5)) == corpus.count(said(7)) == 1 and corpus.count(said(6)) == 0


def test_the_fields_that_a_user_names_are_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": said(1), "b": said(2), "c": said(3)}) + "\n")
    corpus = indexed(tmp_path / "index", tmp_path / "a.jsonl", fields=Fields(names={"text": "b, c"}))
    assert [corpus.count(said(number)) for number in (1, 2, 3)] == [0, 1, 1]
    assert skipped(corpus.records[0]) == {"field text not indexed: beside the text in b, c": 1}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_a_table_is_read_whole_and_without_a_note(tmp_path: Path, separator: str, packing: str) -> None:
    raw = f'id{separator}"a, title"{separator}text\n1{separator}t{separator}"{said(1)}, with; all"\n'.encode()
    raw = {"": raw, ".gz": gzip.compress(raw), ".zst": zstandard.compress(raw)}[packing]
    path = tmp_path / f"a.{'tsv' if separator == chr(9) else 'csv'}{packing}"
    path.write_bytes(raw)
    corpus = indexed(tmp_path / "index", path)
    assert corpus.count(said(1)) == 1
    assert skipped(corpus.records[0]) == {"field a, title not indexed: beside the text in text": 1}


def test_a_table_from_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(f"text;n\n{said(1)};1\n{said(2)};2;more\n".encode("utf-16"))
    corpus = indexed(tmp_path / "index", tmp_path / "a.csv")
    assert corpus.count(said(1)) == corpus.count(said(2)) == 1
    assert skipped(corpus.records[0])["cells beyond those that the header names are not indexed"] == 1
