"""Tokens to spans to sentences, the record, and `assay score` as a user runs it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import uncertainty
from assay.errors import UsageError
from assay.facts.codec import canonical, decode
from assay.facts.uncertainty import Capability, Sample, ScoredText, TokenScore
from assay.render.page import carried
from assay.render.record.scored import lines
from assay.render.record.scored_page import page
from assay.runtime.recorded import Recorded
from assay.text.chance import chance
from assay.uncertainty import samples
from assay.uncertainty.meaning import same
from assay.uncertainty.scores import scores, sentences, spans
from tests.builders.command import run
from tests.builders.scored import record, tokens


@given(st.text(max_size=200))
def test_spans_and_sentences_lie_in_the_text_in_order(text: str) -> None:
    rows = (TokenScore(text, 0, len(text), -1.0, None, None, None, ()),) if text else ()
    marked = spans(text, rows)
    assert all(0 <= span.start < span.stop <= len(text) for span in marked)
    assert [span.start for span in marked] == sorted(span.start for span in marked)
    parts = sentences(text, marked)
    assert all(0 <= part.start <= part.stop <= len(text) and part.span < len(marked) for part in parts)


def test_a_span_has_its_onset_and_its_maximum_and_a_sentence_its_worst_span() -> None:
    text = "Paris is old. Berlin was founded by Albert Camus there."
    marked = spans(text, tokens(text, {"Albert": -6.0, "Camus": -2.0, "Berlin": -3.0}))
    camus = next(span for span in marked if "Camus" in text[span.start : span.stop])
    assert (camus.onset, camus.surprise, camus.entropy) == (6.0, 6.0, 0.2)
    first, second = sentences(text, marked)
    assert (text[first.start : first.stop], first.surprise) == ("Paris is old.", 0.1)
    assert second.surprise == 6.0 and text[marked[second.span].start : marked[second.span].stop] == "Albert Camus"


def test_the_scores_of_a_text_by_hand() -> None:
    rows = tuple(
        TokenScore("x", at, at + 1, logprob, entropy, None, None, ())
        for at, (logprob, entropy) in enumerate([(-1.0, 0.5), (-3.0, 2.0), (-0.5, 1.0)])
    )
    by_id = {score.id: score.value for score in scores(rows)}
    assert by_id == pytest.approx(
        {
            "surprise.max": 3.0,
            "sequence": 4.5,
            "surprise.mean": 1.5,
            "surprise.first": 1.0,
            "entropy.max": 2.0,
            "entropy.mean": 3.5 / 3,
            "entropy.first": 0.5,
        }
    )
    assert scores(()) == ()
    without = tuple(TokenScore("x", 0, 1, -1.0, None, None, None, ()) for _ in range(2))
    assert not any(score.id.startswith("entropy") for score in scores(without))


def test_a_record_answers_as_it_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    rows = [record(), record("other", False)]
    file.write_text("".join(json.dumps(json.loads(canonical(row))) + "\n" for row in rows))
    runtime = uncertainty.open(file)
    assert isinstance(runtime, Recorded) and Capability.GENERATE in runtime.can and runtime.name == "recorded (torch)"
    assert uncertainty.score(runtime, "other", rows[1].text).tokens == rows[1].tokens
    assert uncertainty.generated(runtime, "Q:").text == rows[0].text
    with pytest.raises(UsageError, match="not in the record"):
        uncertainty.score(runtime, "Q:", "something else")


def test_a_record_alone_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(canonical(record()))
    done = run("score", str(tmp_path / "r.json"), "-o", "text", "-o", f"json={tmp_path}/again.json")
    assert done.returncode == 0 and "Paris is old." in done.stdout
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "r.json").read_bytes()
    line = json.dumps(json.loads(canonical(record())))
    (tmp_path / "two.json").write_text(f"{line}\n{line}\n")
    assert "holds 2 records: say which one by its --prompt" in run("score", str(tmp_path / "two.json")).stderr


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"{]", "line 1 is not JSON"),
        (b"{}", "is damaged: not a str"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_record_that_is_none(raw: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(raw)
    with pytest.raises(UsageError, match=said):
        uncertainty.open(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("logprob", "said"),
    [
        (-0.01, "99 %"),
        (-2.0, "14 %"),
        (-9.5, "1 in 13,360"),
        (-800.0, "less than 1 in 10^300"),
        (-6.5, "0.15 %"),
        (-0.001, "over 99 %"),
    ],
)
def test_chances_in_words(logprob: float, said: str) -> None:
    assert chance(logprob) == said


def test_what_surprises_is_marked_with_and_without_colour() -> None:
    plain = "\n".join(lines(record(), False))
    assert "[Albert]" in plain and "\x1b" not in plain and "####" in plain
    coloured = "\n".join(lines(record(), True))
    assert "\x1b[30;48;5;203mAlbert\x1b[0m" in coloured


def test_the_page_holds_text_scale_and_record(tmp_path: Path) -> None:
    html = page(record()).decode()
    assert '<b class="s4" title="' in html and "A surprising token is not wrong" in html
    raw = carried(html.encode(), "scored", 1 << 20)
    assert raw is not None and decode(ScoredText, json.loads(raw)) == record()
    hostile = ScoredText(
        "</script><script>alert(1)",
        "",
        "r",
        "",
        "<b>x</b>",
        False,
        tokens("<b>x</b>"),
        (),
        (),
        (),
        scores(tokens("<b>x</b>")),
        (),
        (),
        (),
        None,
        (),
        (),
        None,
        None,
        (),
    )
    assert "<script>alert" not in page(hostile).decode()


def test_other_answers_are_shown_by_meaning(tmp_path: Path) -> None:
    said = "\n".join(lines(record(), False))
    assert "3 other answers, 2 meanings by what they claim" in said and "    2 x  Berlin is old." in said
    assert "Other answers that were sampled" in page(record()).decode()
    (tmp_path / "r.json").write_bytes(canonical(record()))
    runtime = uncertainty.open(tmp_path / "r.json")
    again = uncertainty.generated(runtime, "Q:", draw=uncertainty.Draw(2))
    assert [row.meaning for row in again.samples] == [0, 1]
    with pytest.raises(UsageError, match="the record has 3 samples after this prompt, not 4"):
        runtime.sample("Q:", 4, 1, 0.7, 0)


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=20))
def test_the_scores_of_samples_keep_their_bounds(texts: list[str], text: str) -> None:
    drawn = samples.clustered(tuple(Sample(row, -1.0, 1) for row in texts), same)
    assert [row.meaning for row in drawn][:1] == [0] * bool(texts)
    found = {row.id: row.value for row in samples.scores(text, -2.0, drawn, same, "claims")}
    assert bool(found) is bool(texts)
    if found:
        assert 0 <= found["samples.apart"] <= 1 and -1e-9 <= found["meaning.entropy"] <= math.log(len(texts)) + 1e-9
        assert found["sequence.apart"] == pytest.approx(2 * found["samples.apart"]) and found["samples.entropy"] == 1.0


def test_meanings_by_hand() -> None:
    drawn = samples.clustered(
        tuple(Sample(text, -1.0, 1) for text in ("Paris.", "the Paris", "Rome", "It is Rome", "paris", "")), same
    )
    assert [row.meaning for row in drawn] == [0, 0, 1, 1, 0, 2]
    found = {row.id: row.value for row in samples.scores("Paris", -1.0, drawn[:4], same, "claims")}
    assert found["samples.apart"] == 0.5
    assert found["meaning.entropy"] == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prompt", "a", "--user", "b"), "two ways to say the same"),
        (("--text", "a", "--system", "b"), "--system goes with --user"),
        (("--text", "a", "-o", "pdf"), "unknown format 'pdf'"),
        (("--text", "something else"), "this prompt and text are not in the record"),
        (("--user", "hello"), "renders no conversation"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(canonical(record()))
    done = run("score", str(tmp_path / "r.json"), *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said in done.stderr


def test_a_model_alone_says_nothing(tmp_path: Path) -> None:
    done = run("score", str(tmp_path))
    assert done.returncode == 2 and "give --text to score, or --prompt or --user for the model to answer" in done.stderr


def test_a_record_is_shown_again(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(canonical(record()))
    done = run("score", str(tmp_path / "r.json"), "--prompt", "Q:", "--text", record().text, "-v")
    assert done.returncode == 0 and "[Albert]" in done.stdout and "entropy.mean" in done.stdout
    quiet = run("score", str(tmp_path / "r.json"), "--prompt", "Q:", "-q")
    assert quiet.stdout == "8.000 nats  surprise.max\n"


def test_a_true_and_an_invented_answer_of_the_real_model(smollm2: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    question = ("--user", "What is the capital of France?", "--no-usual")
    true = run("score", str(smollm2), *question, "--text", "The capital of France is Paris.", "-q")
    invented = run("score", str(smollm2), *question, "--text", "The capital of France is Berlin.")
    assert true.returncode == invented.returncode == 0, invented.stderr
    assert float(true.stdout.split()[0]) < 3
    first = " ".join(invented.stdout.split())
    assert first.startswith("DOUBTFUL The model gives 'Berlin' 1 in ") and "would rather say 'Paris'" in first
    assert "[Berlin]" in invented.stdout and "more likely 'Paris'" in invented.stdout
