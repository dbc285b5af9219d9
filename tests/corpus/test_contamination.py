"""Question sets beside a corpus: which parts are looked at, what counts as found, and what does not."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from assay.corpus.contamination import contamination
from assay.facts.trace import Contamination, Item
from tests.builders.command import run
from tests.builders.corpus import opened

LONG = (
    "Which of the 17 glimmering vat inspectors of old Trentholm painted the harbour fence twice before noon on a rainy "
    "market day?"
)
SHORT = "Who painted the crooked harbour fence of Trentholm?"
CODE = (
    "    for kettle in sorted(lanterns):\n        if kettle.weight > ribbon:\n            parcels.append(kettle)\n"
    "    return parcels\n"
)
FILLER = ["a text about nothing in particular that has no part of any question in it at all"] * 3


def looked(tmp_path: Path, texts: list[str], *rows: dict[str, object]) -> Contamination:
    path = tmp_path / "bench.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return contamination(opened(tmp_path / "corpus", [*texts, *FILLER]), path)


def only(tmp_path: Path, texts: list[str], row: dict[str, object]) -> Item:
    (found,) = looked(tmp_path, texts, row).items
    return found


SCHEMAS: dict[str, tuple[dict[str, object], str]] = {
    "DROP": ({"passage": LONG, "question": "how many", "answers_spans": {"spans": ["3"]}}, LONG),
    "SQuAD": ({"context": LONG, "question": "who", "answers": {"text": ["x"], "answer_start": [3]}}, LONG),
    "RACE": ({"article": LONG, "question": "who", "options": ["a", "b"], "answer": "A"}, LONG),
    "HumanEval": ({"task_id": "HumanEval/0", "prompt": "def f():", "canonical_solution": CODE, "test": "x"}, CODE),
    "MT-Bench": ({"question_id": 81, "category": "writing", "turns": ["Write a blog post.", LONG]}, LONG),
    "HellaSwag": ({"ctx": LONG, "endings": ["one", "two"], "label": "1"}, LONG),
    "AIME": ({"ID": "2024-I-1", "Problem": LONG, "Solution": "x", "Answer": 204}, LONG),
    "GPQA": ({"Question": "who", "Correct Answer": LONG, "Incorrect Answer 1": "y"}, LONG),
    "MMLU": ({"question": "who was it", "choices": ["no", LONG], "answer": 1}, LONG),
    "ARC": ({"question": "who", "choices": {"text": ["no", LONG], "label": ["A", "B"]}, "answerKey": "B"}, LONG),
    "chat": ({"messages": [{"role": "user", "content": LONG}, {"role": "assistant", "content": "no"}]}, LONG),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_parts_of_sets_in_use_are_looked_at(tmp_path: Path, name: str) -> None:
    row, leaked = SCHEMAS[name]
    assert not only(tmp_path, [f"before it {leaked} after it"], row).clean
    assert only(tmp_path, ["another text"], row).clean


def test_text_that_lies_too_deep_and_fields_that_are_too_many_are_said(tmp_path: Path) -> None:
    deep: object = "a text that nobody looks for"
    for _ in range(14):
        deep = [deep]
    many = {f"extra{number}": "a text" for number in range(150)}
    found = looked(tmp_path, [], {"question": "who", "answer": "x", "passage": deep}, {"question": "who", **many})
    reasons = [left.reason for left in found.left]
    assert "field passage below 12 levels: not known as passage, question or answer" in reasons
    assert "field and 50 more of a row: not known as passage, question or answer" in reasons and len(reasons) == 102


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    row = {"Question": "who", "Correct Answer": "x", "Incorrect Answer 1": "y", "Subdomain": "z", "n": 3}
    found = looked(tmp_path, [], row, {**row, "Subdomain": ""})
    assert {left.reason: left.count for left in found.left} == {
        "field Incorrect Answer 1: not known as passage, question or answer": 2,
        "field Subdomain: not known as passage, question or answer": 1,
    }
    done = run("corpus", "contamination", str(tmp_path / "bench.jsonl"), "--corpus", str(tmp_path / "corpus/index"))
    assert "not looked at  field Incorrect Answer 1: not known as passage, question or answer: 2 items" in done.stdout


@pytest.mark.parametrize(
    "leaked",
    [
        LONG,
        textwrap.fill(LONG, 30),
        LONG.upper(),
        LONG.replace("17", "4"),
        LONG.replace("harbour", "old harbour"),
        LONG.replace("harbour ", ""),
        LONG.replace("harbour", "garden"),
    ],
)
def test_copies_and_near_copies_are_found(tmp_path: Path, leaked: str) -> None:
    item = only(tmp_path, [f"before it {leaked} after it"], {"id": "q", "question": LONG})
    assert not item.clean and item.source == "d0"
    assert item.question.overlap > 0 or item.question.near >= 0.9


def test_many_numbers_changed_at_once(tmp_path: Path) -> None:
    asked = "Ilse sold 48 red pots, 12 blue pots and 7 pans to 31 bakers; how many pots did she sell?"
    other = "Ilse sold 5 red pots, 90 blue pots and 3 pans to 8 bakers; how many pots did she sell?"
    assert not only(tmp_path, [other], {"question": asked}).clean


@pytest.mark.parametrize("at", range(1, 8))
def test_a_short_question_with_one_word_inserted(tmp_path: Path, at: int) -> None:
    words = SHORT.split()
    leaked = " ".join([*words[:at], "indeed", *words[at:]])
    assert not only(tmp_path, [f"before it {leaked} after it"], {"question": SHORT}).clean


def test_a_question_that_shares_a_phrase_is_clean(tmp_path: Path) -> None:
    texts = ["Who painted the crooked windows of a house in Brixholm?", "the harbour fence of Trentholm is long gone"]
    assert only(tmp_path, texts, {"question": SHORT}).clean
    assert only(tmp_path, [LONG.replace("painted the harbour fence", "sold all their")], {"question": LONG}).clean


def test_what_many_items_share_makes_none_of_them_dirty(tmp_path: Path) -> None:
    shown = "Answer with a single letter and nothing else. Example: what is the capital of the far island of Ombria? B."
    subjects = ["owls", "kilns", "rafts", "looms", "pears", "wells", "gulls", "bells", "moths", "ferns"]
    rows: list[dict[str, object]] = [
        {"question": f"{shown} Why do {subject} matter to {subject} keepers in {n} towns"}
        for n, subject in enumerate(subjects)
    ]
    found = looked(tmp_path, [f"A guide to prompts. {shown} And so on."], *rows)
    assert all(item.clean for item in found.items)
    leaked = looked(tmp_path, [str(rows[3]["question"])], *rows)
    assert [item.clean for item in leaked.items].count(False) == 1


def test_a_passage_of_many_questions_counts_for_each(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"passage": LONG, "question": f"how many {n}"} for n in range(8)]
    assert not any(item.clean for item in looked(tmp_path, [LONG], *rows).items)


def test_a_list_of_numbers_is_no_prose(tmp_path: Path) -> None:
    numbers = " ".join(map(str, range(1, 40)))
    assert only(tmp_path, [numbers], {"question": f"What comes next: {numbers}", "answer": numbers}).clean
