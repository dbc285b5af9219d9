"""Whether two answers mean the same, by rules on pairs that were judged by hand, and whether samples vary."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.facts.uncertainty import Capability, Sample
from assay.uncertainty import Draw, calibration, questions, samples
from assay.uncertainty.meaning import same
from assay.uncertainty.scoring import room
from tests.builders.questions import CAPITALS, capitals
from tests.builders.scored import tokens

PAIRS = Path(__file__).with_name("meanings.tsv")
AUSTRALIA = "What is the capital of Australia?"


def judged() -> list[dict[str, str]]:
    """Pairs of answers; `same` is 1 where they claim the same.

    Written for this, sampled from SmolLM2-135M, or, as `other kinds`, in two spellings of dates, abbreviations, units,
    names, lists and numbers, or with a negation in a clause.
    """
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_rules_agree_with_people_on_pairs_that_were_judged_by_hand() -> None:
    rows = judged()
    for kinds, most in ((("written", "sampled"), 0.03), (("other kinds",), 0.12)):
        mine = [row for row in rows if row["from"] in kinds]
        wrong = [row for row in mine if same(row["one"], row["other"], row["question"]) is not (row["same"] == "1")]
        assert mine and len(wrong) <= most * len(mine), [(row["one"], row["other"]) for row in wrong]


def test_it_does_not_matter_which_comes_first() -> None:
    for row in judged():
        one, other, question = row["one"], row["other"], row["question"]
        assert same(one, other, question) is same(other, one, question), (one, other)


def test_five_capitals_are_five_meanings_and_one_said_in_two_ways_is_one() -> None:
    names = ("Canberra", "Sydney", "Melbourne", "Perth", "Hobart")
    texts = [f"The capital of Australia is {name}." for name in names] + ["Canberra."]
    drawn = tuple(Sample(text, -1.0, 1) for text in texts)
    found = samples.clustered(drawn, lambda one, other: same(one, other, AUSTRALIA))
    assert [row.meaning for row in found] == [0, 1, 2, 3, 4, 0]
    entropy = {row.id: row.value for row in samples.scores("Canberra", -1.0, found, lambda a, b: same(a, b), "claims")}
    sizes = (2, 1, 1, 1, 1)
    assert entropy["meaning.entropy"] == pytest.approx(sum(n / 6 * math.log(6 / n) for n in sizes))


@pytest.mark.parametrize("country", CAPITALS)
def test_every_capital_in_a_word_and_in_a_sentence(country: str) -> None:
    city, question = CAPITALS[country], f"What is the capital of {country}?"
    other = next(name for name in CAPITALS.values() if name != city)
    assert same(city, f"The capital of {country} is {city}.", question)
    assert not same(city, f"The capital of {country} is {other}.", question)
    assert not same(f"The capital of {country} is {city}.", f"The capital of {country} is not {city}.", question)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_any_texts_can_be_compared(one: str, other: str, question: str) -> None:
    assert same(one, one, question) and same(one, other, question) is same(other, one, question)


def test_what_differs_far_into_a_long_answer_counts() -> None:
    long = "The river rises in the hills and flows to the sea. " * 60
    assert same(long, long.replace("sea. ", "sea.  ", 1).replace("  ", " "))
    assert not same(f"{long}It was crossed in 1911.", f"{long}It was crossed in 1934.")
    assert not same(long, f"{long}{long}It was crossed in 1934.")


def test_a_sample_has_room_for_a_sentence() -> None:
    assert room(tokens("Paris")) >= 64 and room(tokens(" ".join(["word"] * 100))) == 200


class Server:
    """A server that answers alike whatever is asked for: it has no digest, as any endpoint."""

    name, model, sha256 = "endpoint", "stuck at 127.0.0.1", ""
    can = frozenset({Capability.SAMPLE})

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        return tuple(Sample(self.texts[(seed + at) % len(self.texts)], -1.0, 1) for at in range(count))


def test_a_server_that_ignores_temperature_and_seed_gives_no_entropy() -> None:
    from assay.uncertainty import generated

    found = generated(Server("Paris."), "Q: capital of France?", draw=Draw(5))
    assert not found.samples and not any("entropy" in row.id for row in found.scores)
    why = "how other answers differ: stuck at 127.0.0.1 answers alike whatever the temperature and the seed"
    assert any(text.startswith(why) for text in found.missing)
    varied = generated(Server("Paris.", "Rome."), "Q: capital of France?", draw=Draw(5))
    assert len(varied.samples) == 5


def test_a_server_that_does_not_vary_is_not_calibrated_by_samples(tmp_path: Path) -> None:
    pack = questions.load([capitals(tmp_path / "q.jsonl")])
    with pytest.raises(UsageError, match=r"answers alike whatever the temperature and the seed.*leave --samples out"):
        calibration.asked(Server("Paris."), pack, draw=Draw(5))
