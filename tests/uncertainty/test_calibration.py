"""Packs of questions, asking a model, and `assay calibrate` on the real one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assay import uncertainty
from assay.errors import UsageError
from assay.facts.calibration import Answered, Question, Value
from assay.facts.codec import canonical
from assay.render.record.calibration import lines
from assay.uncertainty import Draw, calibration, questions, statistics
from tests.builders.command import run
from tests.builders.questions import CAPITALS, capitals, relation
from tests.builders.runtimes import Speaker, calibrated, scripted
from tests.builders.scored import record

if TYPE_CHECKING:
    from assay.runtime.torch_ import TorchRuntime


def test_questions_come_after_three_that_are_shown(tmp_path: Path) -> None:
    pack = questions.load([capitals(tmp_path / "a.jsonl")])
    assert len(pack.questions) == len(CAPITALS) - 3 and pack.duplicates == 0
    first = pack.questions[0]
    assert first.prompt.count("Question: ") == 4 and first.prompt.endswith("?\nAnswer:")
    shown = first.prompt.rpartition("Question: ")[0]
    assert all(question.prompt.startswith(shown) for question in pack.questions)
    assert not any(question.prompt.removeprefix(shown) in shown for question in pack.questions)


def test_a_relation_is_continued(tmp_path: Path) -> None:
    question = questions.load([relation(tmp_path / "r.json")]).questions[0]
    assert question.prompt.splitlines()[-1].startswith("The capital of ") and question.prompt.endswith(" is")
    assert question.prompt.splitlines()[0].split()[-1] in CAPITALS.values()


def test_the_order_is_that_of_the_questions_not_of_the_file(tmp_path: Path) -> None:
    first = questions.load([capitals(tmp_path / "a.jsonl")])
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    (tmp_path / "b.jsonl").write_text("\n".join([*reversed(lines), lines[0]]))
    second = questions.load([tmp_path / "b.jsonl"])
    assert [row.id for row in first.questions] == [row.id for row in second.questions]
    assert (first.sha256 != second.sha256, second.duplicates) == (True, 1)
    assert questions.load([tmp_path / "a.jsonl"], most=31).questions == first.questions[:31]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no questions"),
        (b"\xff\xfe\x00", "p.jsonl is not UTF-8 text: byte 0 is 0xff"),
        (b"hello\n", "line 1 is not JSON"),
        (b'{"answers": ["a"]}\n', "line 1: no question"),
        (b'{"question": "a?", "answers": []}\n', "line 1: no right answer, so nothing could be right"),
        (b'{"question": "a?", "answers": [""]}\n', "line 1: no right answer"),
        (b'{"question": "a?", "answers": ["b"]}\n' * 50, "1 questions to ask; fewer than 10 say nothing"),
        (b'{"prompt_templates": [], "samples": []}', "it has no templates or no samples"),
    ],
)
def test_a_pack_that_is_none_is_one_sentence(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        questions.load([tmp_path / "p.jsonl"])
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "answers", "is_right"),
    [
        ("Paris.", ("paris",), True),
        ("It is the Eiffel Tower", ("Eiffel Tower",), True),
        ("Parisian", ("Paris",), False),
        ("the U.S.", ("U.S.",), True),
        ("", ("x",), False),
        ("anything", ("...",), False),
        ("14 December, 1972", ("14 December 1972 UTC", "December 1972"), True),
    ],
)
def test_a_right_answer_is_in_the_text_as_words(text: str, answers: tuple[str, ...], is_right: bool) -> None:
    assert calibration.right(text, answers) is is_right


@pytest.fixture
def pack(tmp_path: Path) -> questions.QuestionSet:
    return questions.load([relation(tmp_path / "r.json")])


def test_a_calibration_by_hand(pack: questions.QuestionSet) -> None:
    found = calibrated(pack)
    assert (found.count, found.errors, found.sha256, found.pack_sha256) == (33, 8, "c" * 64, pack.sha256)
    best = next(row for row in found.worth if row.score == "sequence")
    assert (best.auroc, best.auprc, best.prr) == (1.0, 1.0, 1.0)
    assert [(step.y) for step in found.steps] == [0.0, 1.0] and found.steps[0].x == pytest.approx(0.24)
    assert [row.alpha for row in found.promises if row.threshold is not None] == [
        0.2,
        0.3,
        0.5,
    ]  # 0.8 ** 25 is below 0.05 / 8, and 0.9 ** 25 is not
    assert [row.text for row in found.confident_errors] == ["Atlantis"] * 8
    assert [(row.name, row.count, row.errors) for row in found.topics] == [("capitals", 33, 8)]


def test_the_same_answers_give_the_same_bytes(pack: questions.QuestionSet) -> None:
    assert canonical(calibrated(pack)) == canonical(calibrated(pack))


def test_a_run_that_was_ended_goes_on(tmp_path: Path, pack: questions.QuestionSet) -> None:
    keep, runtime = tmp_path / "keep.jsonl", scripted(pack)
    rows = calibration.asked(runtime, pack, keep)
    whole = keep.read_bytes()
    keep.write_bytes(whole[: len(whole) // 2])  # killed in the middle of a line
    again = scripted(pack)
    assert calibration.asked(again, pack, keep) == rows and 0 < again.asked < len(rows)
    assert keep.read_bytes() == whole
    other = scripted(pack)
    other.sha256 = "d" * 64
    with pytest.raises(UsageError, match="holds answers of another model: expected 'd"):
        calibration.asked(other, pack, keep)


def test_batches_that_were_ended_half_way_are_asked_again_as_they_were(
    tmp_path: Path, smollm2_runtime: TorchRuntime
) -> None:
    """The real model, several questions at a time: what is kept already does not change which are asked together."""
    pack, keep = questions.load((capitals(tmp_path / "capitals.jsonl"),)), tmp_path / "keep.jsonl"
    rows = calibration.asked(smollm2_runtime, pack, keep, draw=Draw(2))
    lines = keep.read_bytes().splitlines(keepends=True)
    assert len(lines) == 1 + len(rows) and all(row.state for row in rows)
    keep.write_bytes(b"".join(lines[: len(lines) // 2]))
    assert calibration.asked(smollm2_runtime, pack, keep, draw=Draw(2)) == rows
    assert keep.read_bytes() == b"".join(lines)


def test_a_file_that_is_no_record_of_answers_is_left_as_it_is(tmp_path: Path, pack: questions.QuestionSet) -> None:
    (tmp_path / "notes.txt").write_text("my notes\nwithout a last line break")
    with pytest.raises(UsageError, match="holds no answers of this kind"):
        calibration.asked(scripted(pack), pack, tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "my notes\nwithout a last line break"


@pytest.mark.parametrize(("right", "certified"), [(True, [0.2, 0.3, 0.5]), (False, [])])
def test_where_all_answers_are_alike_no_score_has_a_worth(
    pack: questions.QuestionSet, right: bool, certified: list[float]
) -> None:
    rows = tuple(
        Answered(question.id, "t", question.asked, "x", question.answers, right, True, (Value("sequence", 1.0),), None)
        for question in pack.questions
    )
    found = calibration.calibration(scripted(pack), pack, rows)
    assert (found.worth, found.errors) == ((), 0 if right else 33)
    assert [row.alpha for row in found.promises if row.threshold is not None] == certified
    assert any("discrimination cannot be measured" in line for line in lines(found))


def test_questions_that_nobody_can_answer_are_apart(tmp_path: Path) -> None:
    def line(name: str, **more: object) -> str:
        return json.dumps({"question": f"The capital of {name} is", "topic": "t", "form": "continue", **more}) + "\n"

    made_up = {"Vendoria": " not known", "Ostmark Minor": " Berlin", "Elbonia": " Mudville", "Quuxistan": " Quux"}
    file = tmp_path / "b.jsonl"
    file.write_text(
        "".join(line(name, answers=[city]) for name, city in CAPITALS.items())
        + "".join(line(name, answerable=False) for name in made_up)
    )
    pack = questions.load([file])
    assert sum(not question.answerable for question in pack.questions) == 4
    assert not any(name in question.prompt.rpartition("\n")[0] for question in pack.questions for name in made_up)
    runtime = scripted(replace(pack, questions=tuple(row for row in pack.questions if row.answerable)))
    runtime.answers |= {f"The capital of {name} is": (said, 9.0) for name, said in made_up.items()}
    found = calibration.calibration(runtime, pack, calibration.asked(runtime, pack), by_topic=True)
    assert found.unanswerable is not None and found.count == 33
    assert (
        found.unanswerable.count,
        found.unanswerable.declined,
        found.unanswerable.auroc,
        found.unanswerable.kept,
    ) == (4, 1, 1.0, 0.0)
    assert any("1 of 4 declined" in row for row in lines(found))
    assert [(row.topic, row.promise.alpha) for row in found.topic_promises] == [("t", 0.2)]


def test_selfaware_is_read_as_published(tmp_path: Path) -> None:
    rows = [{"question": f"Who is {name}?", "answer": [city], "answerable": True} for name, city in CAPITALS.items()]
    rows += [{"question": "Why is there anything?", "answer": None, "answerable": False}]
    (tmp_path / "s.json").write_text(json.dumps({"example": rows}))
    pack = questions.load([tmp_path / "s.json"])
    assert [row.answerable for row in pack.questions].count(False) == 1 and len(pack.questions) == 34
    (tmp_path / "s.json").write_text(json.dumps({"example": [1]}))
    with pytest.raises(UsageError, match="not SelfAware as published"):
        questions.load([tmp_path / "s.json"])


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("I don't know.", True),
        ("It is unknown", True),
        ("There is no such country", True),
        ("", True),
        ("Berlin", False),
        ("Nobody Grey", False),
    ],
)
def test_declining_is_told_by_words(text: str, says_so: bool) -> None:
    assert calibration.declined(text) is says_so


def test_an_answer_without_a_token_is_an_error_with_the_greatest_score(pack: questions.QuestionSet) -> None:
    runtime = scripted(pack)
    rows = calibration.asked(runtime, pack)
    rows = (replace(rows[0], text="", right=False, scores=()), *rows[1:])
    found = calibration.calibration(runtime, pack, rows)
    assert found.scores[-1] == pytest.approx(found.scores[-2] + 1.0) and found.errors == 9


def test_a_score_gets_its_error_rate(tmp_path: Path, pack: questions.QuestionSet) -> None:
    (tmp_path / "r.json").write_bytes(canonical(record()))
    runtime = uncertainty.open(tmp_path / "r.json")
    calibration = replace(calibrated(pack), sha256="a" * 64)
    risk = uncertainty.score(runtime, "Q:", record().text, calibration).risk
    assert risk is not None and (risk.rate, risk.score, risk.count) == (1.0, "sequence", 33)
    assert risk.unlike == "its score lies outside those of the calibration"
    with pytest.raises(UsageError, match="the calibration is of made up"):
        uncertainty.score(runtime, "Q:", record().text, calibrated(pack))


def test_a_longer_text_than_the_answers_of_the_calibration_gets_no_error_rate(
    tmp_path: Path, pack: questions.QuestionSet
) -> None:
    known = replace(calibrated(pack), sha256="e" * 64)
    for text in ("Paris\nIt lies on the Seine.", " ".join(["Paris"] * 30)):
        found = uncertainty.score(Speaker(), "The capital of France is", text, known)
        assert found.risk is None
        assert any("of one line and at most 16 tokens, and this text is longer" in why for why in found.missing)
    ended = uncertainty.score(Speaker(), "The capital of France is", " Paris\n", known).risk
    plain = uncertainty.score(Speaker(), "The capital of France is", " Paris", known).risk
    assert ended == plain is not None


def test_a_question_that_is_not_worded_like_the_calibrated_ones_is_noticed(tmp_path: Path) -> None:
    topics = ("The capital of {} is", "The highest mountain in {} rises at", "Farmers in {} mostly grow")
    rows = [
        {"question": form.format(name), "answers": [city], "topic": form, "form": "continue"}
        for form in topics
        for name, city in CAPITALS.items()
    ]
    file = tmp_path / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    pack = questions.load([file])
    known = replace(calibrated(pack), sha256="e" * 64)
    assert known.vocabulary.noticed == 1.0 and known.vocabulary.mistaken == 0.0
    for prompt, noticed in (("The capital of Ruritania is", False), ("Messi plays in the position of", True)):
        risk = uncertainty.score(Speaker(), prompt, " Paris", known).risk
        said = "worded like those of the calibration (this notices 100% of topics that are left out, 0% by mistake)"
        assert risk is not None and (said in risk.unlike) is noticed


def test_auroc_within_topics_stands_beside_the_pooled_one() -> None:
    """Two topics, one all but wrong: the pooled score tells the topics apart, and nothing within them."""
    scores = np.array([1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0])
    wrong = np.array([False, False, False, True, True, True, True, False])
    row = statistics.discrimination("x", scores, wrong, ["a"] * 4 + ["b"] * 4)
    assert row.auroc == 0.75 and row.within == 0.5
    alone = statistics.discrimination("x", scores, wrong, [str(at) for at in range(8)])
    assert alone.within is None


def test_ten_questions_are_enough_to_be_told_little(tmp_path: Path) -> None:
    rows = [
        json.dumps({"question": f"The capital of {name} is", "answers": [city], "form": "continue"})
        for name, city in list(CAPITALS.items())[:13]
    ]
    (tmp_path / "ten.jsonl").write_text("\n".join(rows))
    pack = questions.load([tmp_path / "ten.jsonl"])
    assert len(pack.questions) == 10
    found = calibrated(pack)
    assert found.count == 10 and [row.alpha for row in found.promises if row.threshold is not None] == [0.5]
    said = "\n".join(lines(found))
    assert "cannot certify with 10 questions" in said and "95 % interval 0.0 to 27.8 %" in said


@pytest.mark.parametrize(
    ("raw", "said"),
    [("{}", "expected schema 'assay-calibration/3'"), ("x", "is not a calibration"), ("[]", "is not a calibration")],
)
def test_a_calibration_that_is_none(raw: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(raw)
    with pytest.raises(UsageError, match=said):
        calibration.load(tmp_path / "c.json")


def test_a_question_of_the_protocol_ends_at_the_line(pack: questions.QuestionSet) -> None:
    found = calibration.answered(
        scripted(pack), Question("i", pack.questions[0].prompt, pack.questions[0].answers, "t", "where?")
    )
    assert (
        found.right
        and "Question" not in found.text
        and {value.id: value.value for value in found.scores}["surprise.max"] == 0.0
    )


def test_the_real_model_is_calibrated_and_scored_by_it(smollm2: Path, smollm2_answers: Path) -> None:
    said = (smollm2_answers / "said.txt").read_text()
    assert "33 questions of capitals" in said and "cannot certify with 33 questions" in said and "*short" in said
    question = ("--prompt", "Question: What is the capital of France?\nAnswer:")
    scored = run(
        "score", str(smollm2), *question, "--text", " Paris", "--no-usual", "--calibration", f"{smollm2_answers}/c.json"
    )
    assert scored.returncode == 0 and "Of answers with this short score" in " ".join(scored.stdout.split()), (
        scored.stderr
    )
