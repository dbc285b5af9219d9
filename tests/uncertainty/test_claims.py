"""Claims that may stay, questions made from a user's own texts, and distribution shift."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.filtering import Filtering
from assay.render.record.claims import lines
from assay.uncertainty import claims, drift, questions
from assay.uncertainty.scores import sentences, spans
from assay.uncertainty.statistics import kept_below, shift
from tests.builders.command import run
from tests.builders.inputs import docx
from tests.builders.questions import relation
from tests.builders.runtimes import Judge, calibrated
from tests.builders.scored import record


def labelled(path: Path, texts: int = 40) -> Path:
    """False claims are the unlikelier ones, but for one text in five."""
    rows = []
    for number in range(texts):
        told = [{"text": f"claim {1 + at}.{number:02d}", "true": at < 3} for at in range(5)]
        if number == 1:
            told.append({"text": "unreadable", "true": True})
        if number % 5 == 0:
            told.append({"text": f"claim 0.{number:02d}", "true": False})
        rows.append({"prompt": "Tell me.", "claims": told})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def filtered(path: Path) -> Filtering:
    texts, digest = claims.load(labelled(path))
    return claims.filtering(Judge(), texts, "c", digest)


def test_claims_that_may_stay_by_hand(tmp_path: Path) -> None:
    found = filtered(tmp_path / "c.jsonl")
    assert (found.texts, found.claims, found.false, found.skipped) == (40, 208, 88, 1)
    by_alpha = {row.alpha: row for row in found.filters}
    first = by_alpha[0.1]
    assert first.threshold is not None and first.threshold < 1  # below every surely false claim of the odd texts
    half = by_alpha[0.5]
    assert half.threshold is not None and 4 <= half.threshold < 5 and half.kept > first.kept
    assert all(row.all_true >= 1 - row.alpha - 0.03 for row in found.filters)
    said = "\n".join(lines(found))
    assert (
        "208 claims of 40 texts in c" in said
        and "1 claims could not be scored" in said
        and "all claims of a text true in 90 % of texts: keep claims" in said
    )


def test_a_filter_says_which_sentences_stay(tmp_path: Path) -> None:
    found = filtered(tmp_path / "c.jsonl")
    text = "It is 0.001. It is 3.5. It is 9.5. It is unreadable."
    parts = sentences(text, spans(text, ()))
    rows = claims.kept(Judge(), "Tell me.", text, parts, found)
    assert [row.score for row in rows] == [0.001, 3.5, 9.5, None]
    assert rows[0].alpha == 0.1 and rows[1].alpha == 0.3
    assert rows[2].alpha is None and rows[3].score is None
    other = Judge()
    other.sha256 = "b" * 64
    with pytest.raises(UsageError, match="the filtering is of made up, not of made up"):
        claims.kept(other, "", text, parts, found)
    (tmp_path / "f.json").write_bytes(canonical(found))
    assert claims.saved(tmp_path / "f.json") == found
    (tmp_path / "r.json").write_bytes(canonical(record()))
    output = ("-o", "text", "-o", f"html={tmp_path / 'page.html'}")
    done = run("score", str(tmp_path / "r.json"), "--prompt", "Q:", "--filter", str(tmp_path / "f.json"), *output)
    assert done.returncode == 0 and "not scored  Paris is old." in done.stdout, done.stderr
    assert "not known: which sentences may stay: recorded" in done.stdout  # it scores no sentence alone
    assert '<td>not scored</td><td data-l="sentence">Paris is old.</td>' in (tmp_path / "page.html").read_text()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.01, 0.9))
def test_the_promise_of_a_filter_holds_for_the_sample_itself(lowest: list[float], alpha: float) -> None:
    threshold = kept_below(np.array(lowest), alpha)
    if threshold is None:
        assert alpha * (len(lowest) + 1) < 1
    else:
        assert sum(row < threshold for row in lowest) <= alpha * (len(lowest) + 1)


def test_the_promise_of_a_filter_holds_over_many_samples() -> None:
    chosen = np.random.default_rng(3)
    broken = 0
    for _ in range(400):
        sample = chosen.exponential(size=51)
        threshold = kept_below(sample[:50], 0.2)
        assert threshold is not None
        broken += sample[50] < threshold
    assert broken / 400 <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / 400)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "0 texts with labelled claims; fewer than 20 allow nothing"),
        ("x\n", "line 1 is not JSON"),
        ("{}\n", 'line 1: expected a line like {"prompt": ..., "claims"'),
    ],
)
def test_a_file_of_claims_that_is_none(raw: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(raw)
    with pytest.raises(UsageError) as refused:
        claims.load(tmp_path / "c.jsonl")
    assert said in str(refused.value)


def test_claims_all_of_a_kind_tell_nothing(tmp_path: Path) -> None:
    rows = [{"prompt": str(at), "claims": [{"text": "claim 1", "true": True}]} for at in range(30)]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UsageError, match="every claim is true, or every one false"):
        claims.filtering(Judge(), *claims.load(tmp_path / "c.jsonl")[:1], "c", "d")


def test_factscore_is_read_as_published(tmp_path: Path) -> None:
    """FActScore's labelled biographies: facts by sentence, with what annotators found irrelevant or left out."""
    groups = ("very rare", "rare", "medium", "freq", "very freq")

    def biography(number: int) -> dict[str, object]:
        labels = ("S", "NS", "IR")
        facts = [{"text": f"Fact {at} of {number}.", "label": labels[at % 3]} for at in range(4)]
        return {
            "input": f"Question: Tell me a bio of Person {number}.",
            "output": "A biography.",
            "topic": f"Person {number}",
            "cat": [groups[number % 5], "Europe"],
            "annotations": [
                {
                    "text": "A sentence.",
                    "is-relevant": True,
                    "model-atomic-facts": [{"text": "Not these."}],
                    "human-atomic-facts": facts,
                },
                {"text": "Another one.", "is-relevant": False, "human-atomic-facts": None},
            ],
        }

    rows = [*map(biography, range(60)), {**biography(60), "annotations": None}]
    (tmp_path / "f.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts, _ = claims.load(tmp_path / "f.jsonl", 50)
    assert len(texts) == 50 and {row.rarity for row in texts} == {1, 2, 3, 4, 5}
    assert texts[0].prompt.startswith("Question: Tell me a bio of ") and texts[0].prompt.endswith("\n")
    assert all([true for _, true in row.claims] == [True, False, True] for row in texts)
    by_prompt = {row.prompt: row for row in texts}
    assert {row.rarity for prompt, row in by_prompt.items() if prompt.endswith(("0.\n", "5.\n"))} == {5}  # very rare
    assert len(claims.load(tmp_path / "f.jsonl")[0]) == 60  # nobody labelled the last one


STORY = "".join(
    f"The harbour of {name} was opened by Captain Hollis in {1800 + at}. It rained. "
    f"Nobody in the town of {name} had ever seen Queen Maud before {1830 + at}.\n"
    for at, name in enumerate(
        (
            "Elbing",
            "Tarn",
            "Osk",
            "Brill",
            "Menz",
            "Quay",
            "Roon",
            "Sund",
            "Vale",
            "Wick",
            "Yarm",
            "Zell",
            "Ansk",
            "Borg",
            "Cray",
            "Dunn",
            "Esk",
            "Fohr",
            "Goch",
            "Husum",
        )
    )
)


def test_questions_are_made_from_ones_own_texts(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(STORY)
    pack = questions.cloze([tmp_path / "story.txt"])
    assert pack.name == "gaps in story" and len(pack.questions) == 37
    first = next(row for row in pack.questions if "Elbing" in row.asked)
    assert first.asked in (
        "The harbour of Elbing was opened by Captain Hollis in",
        "Nobody in the town of Elbing had ever seen Queen Maud before",
    )
    assert first.answers[0] in ("1800", "1830") and first.prompt.endswith(first.asked) and first.prompt.count("\n") == 3
    assert not any("rained" in row.asked for row in pack.questions)
    (tmp_path / "story.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in STORY.splitlines()))
    again = questions.cloze([tmp_path / "story.jsonl"])
    assert [row.id for row in again.questions] == [row.id for row in pack.questions]
    (tmp_path / "short.txt").write_text("Nothing here.")
    with pytest.raises(UsageError, match="0 questions to ask; fewer than 10"):
        questions.cloze([tmp_path / "short.txt"])


def test_what_of_ones_own_texts_is_not_read_is_said(tmp_path: Path) -> None:
    pytest.importorskip("lxml")
    (tmp_path / "story.docx").write_bytes(docx(STORY))
    pack = questions.cloze([tmp_path / "story.docx"])
    assert len(pack.questions) == 37
    assert pack.missing == ("comments of a document in story.docx", "pictures of a document in story.docx")
    done = run("calibrate", str(tmp_path / "none"), "--document", str(tmp_path / "story.docx"))
    assert done.returncode == 2 and f"assay: not read: {'; '.join(pack.missing)}\n" in done.stderr


def test_one_source_of_questions_at_a_time(tmp_path: Path) -> None:
    done = run("calibrate", "x", "--pack", str(tmp_path), "--claims", str(tmp_path))
    assert done.returncode == 2 and "give --questions, --document or --claims, and one of them only" in done.stderr


def test_live_texts_that_are_other_are_noticed(tmp_path: Path) -> None:
    known = calibrated(questions.load([relation(tmp_path / "r.json")]))
    same = [drift.added(tmp_path / "same.txt", known, value) for value in (*known.scores, *known.scores)]
    assert same == [""] * len(same)
    other = [drift.added(tmp_path / "other.txt", known, 9.0 + at / 100) for at in range(40)]
    assert other[: drift.LEAST - 1] == [""] * (drift.LEAST - 1)
    assert other[-1].startswith(
        "distribution shift: the scores of the last 40 texts differ from those of the calibration "
        "(Kolmogorov-Smirnov distance 1.00, p = "
    )
    (tmp_path / "other.txt").write_text('{"model": "x"}\n1.0\n')
    with pytest.raises(
        UsageError, match="holds no live scores of this kind: expected a first line with model, pack, score"
    ):
        drift.added(tmp_path / "other.txt", known, 1.0)
    (tmp_path / "other.txt").write_text("notes\n")
    with pytest.raises(UsageError, match="holds no live scores of this kind"):
        drift.added(tmp_path / "other.txt", known, 1.0)


def test_two_samples_of_one_distribution_differ_as_often_as_is_said() -> None:
    chosen = np.random.default_rng(5)
    chances = [shift(chosen.normal(size=200), chosen.normal(size=100))[1] for _ in range(400)]
    assert 0.02 <= np.mean(np.array(chances) < 0.05) <= 0.08
    assert shift(chosen.normal(size=200), chosen.normal(size=100) + 1)[1] < 1e-6
    assert shift(np.arange(5.0), np.arange(5.0)) == (0.0, 1.0)


def test_claims_are_filtered_by_the_score_that_is_asked_for(tmp_path: Path) -> None:
    texts, digest = claims.load(labelled(tmp_path / "c.jsonl"))
    assert claims.filtering(Judge(), texts, "c", digest, score="sequence").score == "sequence"
    with pytest.raises(UsageError, match=r"no score .luck. of a claim: there are surprise\.max, sequence"):
        claims.filtering(Judge(), texts, "c", digest, score="luck")
