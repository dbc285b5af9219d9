"""Helpers of `assay check`: who passes the trial has a say, who guesses has none, and a model's numbers are its own."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from assay.errors import UsageError
from assay.facts.checked import Checked, Heard, Helper, Support
from assay.facts.codec import canonical, decode
from assay.facts.uncertainty import Alternative, Capability, Sample, TokenScore
from assay.progress import Steps
from assay.render.record.checked import lines
from assay.render.record.checked_page import page
from assay.runtime.entailment import Entailer
from assay.uncertainty import grounding, judging
from assay.uncertainty.checking import check
from assay.uncertainty.grounding import Documents
from assay.uncertainty.helping import helped, log_odds, weight
from assay.uncertainty.judging import TRIAL, Judge
from assay.uncertainty.sources import source

FERRY = (
    "The ferry to Skerrow sails again from 3 June. It carries 180 passengers. The harbour board expects that islanders "
    "will pay half of the fare."
)
TRUE = {row["true"] for row in map(json.loads, TRIAL.read_text().splitlines())}
KNOWN = {
    **dict.fromkeys(TRUE, True),
    "Skerrow's people get a discount of fifty per cent.": True,
    "Auf der Fähre ist Platz.": True,
}


class Knows:
    """Says yes to what it knows to be true, with 0.9, through the likeliest tokens of one step."""

    name, model = "knows", "knows"
    can = frozenset({Capability.GENERATE, Capability.ALTERNATIVES})

    def __init__(self, sha256: str = "", right: int = 40) -> None:
        self.sha256, self.asked, self.right = sha256, 0, right

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        said = prompt.rpartition("Claim: ")[2].partition("\n")[0]
        yes = KNOWN.get(said, False) is (self.asked >= 40 - self.right)
        self.asked += 1
        first, second = (" Yes", "No") if yes else (" no", " YES")
        yield TokenScore("\n", 0, 1, -0.1, 0.1, 1.0, 1, ())
        yield TokenScore(first, 1, 5, math.log(0.72), 0.1, 1.0, 1, (Alternative(second, math.log(0.08)),))


class Speaks:
    """Gives words alone: a sampled text, without log-probabilities."""

    name, model, sha256 = "speaks", "speaks", ""
    can = frozenset({Capability.SAMPLE})

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        said = prompt.rpartition("Claim: ")[2].partition("\n")[0]
        return (Sample("Yes, it does." if KNOWN.get(said) else "No.", None, 0),)


def asked(text: str, judge: Judge, keep: Path | None = None) -> Checked:
    sources = [source("ferry.txt", FERRY)]
    return helped(check(text, sources), sources, [judge], keep)


def test_a_judge_that_passes_the_trial_has_a_say() -> None:
    text = "Skerrow's people get a discount of fifty per cent. It carries 180 passengers. Die Fähre hat ein Deck."
    alone = check(text, [source("ferry.txt", FERRY)])
    assert [row.support for row in alone.sentences] == [Support.NOT_FOUND, Support.SUPPORTED, Support.NOT_JUDGED]
    found = asked(text, Judge(Knows()))
    (helper,) = found.helpers
    assert (helper.asked, helper.accepted, helper.refused, helper.heeded) == (40, 20, 20, True)
    first, second, third = found.sentences
    assert (first.support, first.heard) == (Support.SUPPORTED, Heard(yes=0.9))
    assert "knows finds it supported (90%), though " in first.reason
    # words that stand in the passage do not outweigh a judge that is right of every claim of its trial
    assert (second.support, second.heard) == (Support.NOT_FOUND, Heard(yes=0.1))
    assert third.support is Support.NOT_FOUND and "its words were not compared: it is in German" in third.reason
    assert all(row.chance is not None for row in found.sentences)
    shown = "\n".join(lines(found, colour=False, verbose=True))
    assert "knows, the judge, is right of 40 of 40 claims of a trial: it has a say." in shown
    assert "yes 90%" in shown
    assert "No model of language was asked" not in page(found).decode()
    assert decode(Checked, json.loads(canonical(found))) == found


FILLER = " ".join(f"Sentence number {number} speaks of nothing in particular." for number in range(30))


def test_what_a_judge_did_not_read_is_not_said_to_be_missing() -> None:
    """Words choose what a judge reads of long documents: of another language they choose nothing."""
    sources = [source("ferry.txt", f"{FERRY} {FILLER}")]
    text = "Die Fähre hat ein Deck. Auf der Fähre ist Platz."
    first, second = helped(check(text, sources), sources, [Judge(Knows())]).sentences
    assert (first.support, first.heard, first.chance) == (Support.NOT_JUDGED, Heard(yes=0.1), None)
    assert "did not read the rest; its words were not compared: it is in German" in first.reason
    assert second.support is Support.SUPPORTED  # what it read is enough for that
    (other,) = helped(check("It carries 180 passengers.", sources), sources, [Judge(Knows())]).sentences
    assert other.support is Support.NOT_FOUND  # its words are in what it read


def test_a_judge_does_not_miss_what_lies_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "MOST_CHARACTERS", len(FERRY))
    sources = [source("ferry.txt", f"{FERRY} And more.")]
    text = "It carries 180 passengers. Nobody speaks of a lighthouse there."
    found = helped(check(text, sources), sources, [Judge(Knows())])
    assert [row.support for row in found.sentences] == [Support.NOT_JUDGED] * 2
    assert all(grounding.UNREAD in row.reason and row.chance is None for row in found.sentences)
    assert not any("not compared" in row.reason for row in found.sentences)  # they were


@pytest.mark.parametrize("right", [0, 20, 26])
def test_a_judge_that_guesses_or_errs_has_no_say(right: int) -> None:
    text = "Skerrow's people get a discount of fifty per cent. It carries 180 passengers."
    alone = check(text, [source("ferry.txt", FERRY)])
    found = asked(text, Judge(Knows(right=right)))
    assert not found.helpers[0].heeded and found.helpers[0].accepted + found.helpers[0].refused == right
    assert [row.support for row in found.sentences] == [row.support for row in alone.sentences]
    assert "no better than guessing, so it has no say" in "\n".join(lines(found, colour=False))


def test_a_server_that_gives_words_alone_may_judge() -> None:
    found = asked("It carries 180 passengers.", Judge(Speaks()))
    assert found.helpers[0].heeded and found.sentences[0].heard == Heard(yes=0.0)


def test_of_how_many_sentences_a_heeded_helper_says_nothing_is_said() -> None:
    class Shy(Speaks):
        def sample(self, prompt: str, *more: object, **_: object) -> tuple[Sample, ...]:
            said = prompt.rpartition("Claim: ")[2].partition("\n")[0]
            if said not in KNOWN and "passengers" in said:
                return (Sample("Hm.", None, 0),)
            return (Sample("Yes." if KNOWN.get(said) else "No.", None, 0),)

    found = asked("It carries 180 passengers. The ferry sails from 3 June.", Judge(Shy()))
    assert [row.support for row in found.sentences] == [Support.SUPPORTED, Support.NOT_FOUND]
    said = "it has a say, and says nothing of 1 of 2 sentences"
    assert said in " ".join("\n".join(lines(found, colour=False)).split()) and said in page(found).decode()


def test_a_judge_that_says_neither_yes_nor_no_is_not_heeded() -> None:
    class Mumbles(Speaks):
        def sample(self, *_: object, **__: object) -> tuple[Sample, ...]:
            return (Sample("That is hard to say.", None, 0),)

    found = asked("It carries 180 passengers.", Judge(Mumbles()))
    assert not found.helpers[0].heeded and found.sentences[0].heard == Heard()
    assert found.sentences[0].support is Support.SUPPORTED


def test_a_trial_is_kept_by_the_digest_of_the_model(tmp_path: Path) -> None:
    first = Knows("d" * 64)
    asked("It carries 180 passengers.", Judge(first), tmp_path)
    assert first.asked == 41
    again = Knows("d" * 64)
    found = asked("It carries 180 passengers.", Judge(again), tmp_path)
    assert again.asked == 1 and found.helpers[0].accepted == 20
    (kept,) = tmp_path.iterdir()
    for damaged in (b"", b"[1]", b'{"asked": 40, "accepted": 99, "refused": 1}', b'{"asked": 40, "accepted": "a"}'):
        kept.write_bytes(damaged)
        assert judging.tried(Judge(Knows("d" * 64)), keep=tmp_path).accepted == 20
    unknown = Knows()  # of a server nothing says that it is the same the next time
    asked("It carries 180 passengers.", Judge(unknown), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_helper_weighs_what_its_trial_is_worth() -> None:
    def made(accepted: int, refused: int) -> Helper:
        return Helper("judge", "a", "", 40, accepted, refused, heeded=True)

    assert weight(made(20, 20), 1.0) == pytest.approx(math.log(21 / 1))
    assert weight(made(20, 20), 0.0) == pytest.approx(-math.log(21 / 1))
    assert weight(made(20, 20), 0.75) == pytest.approx(math.log(21) / 2)
    assert weight(made(20, 0), 1.0) == 0  # it accepts everything
    assert weight(made(20, 10), 1.0) > 0 > weight(made(20, 10), 0.0)


def test_what_a_helper_reads_is_what_is_near() -> None:
    long = [
        f"Sentence number {number} speaks of nothing in particular and goes on for a while." for number in range(60)
    ]
    text = " ".join([*long[:30], "Ada Lovelace wrote a note on the engine.", *long[30:]])
    first, *single = judging.nearest(Documents([text]), "Lovelace wrote about the engine.")
    assert "Ada Lovelace wrote a note" in first and len(first) <= judging.MOST_READ
    assert single[0] == "Ada Lovelace wrote a note on the engine."
    # a script without words that can be compared: the beginning is read
    (whole,) = judging.nearest(Documents(["天" * 2000]), "狗")
    assert whole == "天" * judging.MOST_READ


def test_what_a_model_of_entailment_cannot_read_may_entail_a_sentence() -> None:
    class Short:
        """Reads 100 characters of a text, and finds in them what is there word for word."""

        name, sha256 = "short", ""

        def judged(self, premise: str, hypothesis: str) -> tuple[float, float | None]:
            if len(premise) > 100:
                raise UsageError("longer than it reads")
            return (0.9 if hypothesis in premise else 0.1), 0.2

    documents = Documents([FERRY])
    pairs = [(judging.nearest(documents, said), said) for said in ("It carries 180 passengers.", "It carries sheep.")]
    there, absent = judging.Entails(cast(Entailer, Short())).hear(pairs, Steps(None, "", 2, ""))
    assert (there, absent) == (Heard(entailed=0.9, denied=0.2), Heard())


@pytest.mark.parametrize(("knows", "support"), [(True, Support.CONTRADICTED), (False, Support.NOT_FOUND)])
def test_only_a_heeded_model_of_entailment_contradicts(knows: bool, support: Support) -> None:
    class Denies:
        name, kind, sha256 = "denies", "entailment", ""

        def hear(self, pairs: Sequence[judging.Pair], steps: Steps) -> tuple[Heard, ...]:
            return tuple(Heard(entailed=0.9 if said in KNOWN or not knows else 0.1, denied=0.9) for _, said in pairs)

    sources = [source("ferry.txt", FERRY)]
    found = helped(check("It carries 180 passengers.", sources), sources, [Judge(Knows()), Denies()])
    assert [row.heeded for row in found.helpers] == [True, knows]
    assert found.sentences[0].support is support and "words, names and numbers are in" in found.sentences[0].reason


class Reads(Speaks):
    """Finds a word likelier that the passages hold, and a long one less likely."""

    can = frozenset({Capability.SCORE, Capability.SAMPLE})

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        rows, at = [], 0
        for word in text.replace(" ", "\0 ").split("\0"):
            if word:
                logprob = -0.5 if word.strip(" .") in prompt else -float(len(word))
                rows.append(TokenScore(word, at, at + len(word), logprob, None, None, None, ()))
                at += len(word)
        return tuple(rows)


def test_what_a_model_expects_counts_beside_words() -> None:
    rows = asked("It carries 180 sheep. It carries 180 hippopotamuses.", Judge(Reads())).sentences
    first, second = (row.heard for row in rows)
    assert first is not None and second is not None
    # " It" and " carries" and " 180" are in the passage, " sheep." is not
    assert (first.unexpected, second.unexpected) == (7.0, 16.0)
    assert first.gain == pytest.approx((-0.5 * 3 - 7) / 4 - (-3 - 8 - 4 - 7) / 4)
    assert rows[0].chance is not None and rows[1].chance is not None and rows[0].chance < rows[1].chance
    assert log_odds(0.5, 10.0) == pytest.approx(-2.29 + 1.17 + 0.65) and log_odds(0.5, None) < log_odds(0.9, None)
