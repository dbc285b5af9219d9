"""The first line of a scored text, the label of each sentence with its reason, and what is usual for a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.facts.uncertainty import (
    SENTENCE,
    SHORT,
    Alternative,
    Capability,
    Label,
    Sample,
    ScoredText,
    TokenScore,
    Usual,
)
from assay.render.record.scored import headline, lines
from assay.render.record.scored_page import page
from assay.runtime import Runtime
from assay.text.chance import named, number
from assay.text.language import foreign
from assay.uncertainty import Draw, against, score
from assay.uncertainty.short import own, question
from assay.uncertainty.usual import usual
from tests.builders.scored import record

FRANCE = "Question: What is the capital of France?\nAnswer:"


class Reader:
    """Finds each word as unlikely as a table says, else likely; it would rather say Paris."""

    name, model, sha256 = "reader", "made up", "b" * 64
    can = frozenset({Capability.SCORE})

    def __init__(self, **unlikely: float) -> None:
        self.unlikely, self.read = unlikely, 0

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        self.read += 1
        rows, at = [], 0
        for word in text.replace(" ", "\0 ").split("\0"):
            if word:
                logprob = -self.unlikely.get(word.strip(" .,"), 0.1)
                rows.append(
                    TokenScore(word, at, at + len(word), logprob, 0.5, None, None, (Alternative(" Paris", -0.05),))
                )
                at += len(word)
        return tuple(rows)


def judged(text: str, runtime: Reader, prompt: str = "Tell me.", **more: object) -> ScoredText:
    return score(runtime, prompt, text, **more)  # type: ignore[arg-type]


def labels(found: ScoredText) -> list[Label]:
    return [row.label for row in found.judged]


def test_the_first_line_says_what_is_doubtful_and_why() -> None:
    found = judged("Paris is old. Minotonia was a king. It rained in Berlin.", Reader(Minotonia=9.0))
    assert labels(found) == [Label.SUPPORTED, Label.DOUBTFUL, Label.SUPPORTED]
    said = next(iter(lines(found, False, 400)))
    assert said == (
        " DOUBTFUL  1 of 3 sentences is doubtful: 'Minotonia was a king.' "
        "(the model gives 'Minotonia' 1 in 8,103 and would rather say 'Paris' (95 %))."
    )
    assert headline(found).sentence in page(found).decode().replace("&#39;", "'")


def test_nothing_stands_out_and_the_line_says_by_what() -> None:
    several = judged("Paris is old. It rained in Berlin.", Reader())
    assert (
        headline(several).sentence == "Nothing here stands out in 2 sentences: by the model alone, no source was asked."
    )
    one = judged("Paris is old.", Reader())
    assert headline(one).sentence == "Nothing here stands out: by the model alone: it gives 'Paris' 90 %."
    other = judged("It rained in Kyoto.", Reader(Kyoto=3.0))  # not doubtful by the mark, and not what it would say
    assert labels(other) == [Label.SUPPORTED]
    assert "it gives 'Kyoto' 5 %, though it would rather say 'Paris' (95 %)" in headline(other).sentence


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("東京は日本の首都です。", "Japanese"),
        ("北京是中国的首都。", "Chinese characters"),
        ("Berlin ist die Hauptstadt von Deutschland.", "German"),
        ("Столица Франции — Париж.", "Cyrillic letters"),
    ],
)
def test_what_no_rule_reads_is_not_judged(text: str, language: str) -> None:
    found = judged(text, Reader(Berlin=9.0))
    assert labels(found) == [Label.NOT_JUDGED]
    assert headline(found).sentence == f"It is written in {language}, which assay does not read."


@pytest.mark.parametrize(
    "text",
    [
        "Paris.",
        "Los Angeles",
        "São Paulo.",
        "Simón Bolívar",
        "Ludwig Mies van der Rohe",
        "Lycée Louis-le-Grand",
        "She met Van Gogh's brother Theo van Gogh.",
        "He wrote Das Kapital.",
        "cellos, violins, harps, lutes, pianos, drums, flutes",
    ],
)
def test_a_name_alone_has_no_language(text: str) -> None:
    assert not foreign(text)


def test_noise_is_not_judged() -> None:
    text = "xqz wvb jkl mnp rts dfg hjk"
    found = judged(text, Reader(**dict.fromkeys(text.split(), 9.5)))
    assert (
        labels(found) == [Label.NOT_JUDGED] and "o this model it is noise: 9.5 nats a token" in headline(found).sentence
    )


def test_what_the_question_says_already_is_not_held_against_the_answer() -> None:
    found = judged("The king of Minotonia lives in Paris.", Reader(Minotonia=9.0), "Where does Minotonia's king live?")
    assert labels(found) == [Label.SUPPORTED]


def test_an_answer_is_asked_for_shortly() -> None:
    runtime = Reader(Berlin=9.0)
    found = judged("The capital of France is Berlin.", runtime, FRANCE)
    value = next(row.value for row in found.scores if row.id == "short")
    assert value == pytest.approx(0.5 * 9.0) and found.judged[0].value == pytest.approx(value)
    assert headline(found).sentence == ("The model gives 'Berlin' 1 in 8,103 and would rather say 'Paris' (95 %).")


@pytest.mark.parametrize(
    ("asked", "text", "words"),
    [
        ("What is the capital of France?", "The capital of France is Berlin.", "Berlin"),
        ("What is the capital of France?", "Paris is the capital of France.", "Paris"),
        ("What is 3 plus 4?", "3 plus 4 is 7.", "7"),
        ("Which tool is used for hitting nails?", "The tool used for hitting nails is a hammer.", "hammer"),
        ("Is it positive, negative or neutral?", "Positive.", "Positive"),
        ("What is the capital of Italy?", "It is not Rome.", None),
        ("Is Paris big?", "Yes.", None),
        ("", "Berlin.", None),
    ],
)
def test_the_own_words_of_an_answer(asked: str, text: str, words: str | None) -> None:
    extent = own(text, asked)
    assert (text[slice(*extent)] if extent else None) == words


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("<|im_start|>user\nWho is it?<|im_end|>\n<|im_start|>assistant\n", "Who is it?"),
        ("Question: Who is it?\nAnswer:", "Who is it?"),
        ("[INST] Who is it? [/INST]", "Who is it?"),
        ("The capital of France is", ""),
        ("", ""),
    ],
)
def test_the_question_of_a_prompt(prompt: str, asked: str) -> None:
    assert question(prompt) == asked


def test_other_answers_that_differ_are_a_doubt() -> None:
    differing = tuple(Sample(text, -1.0, 1, at) for at, text in enumerate(("Rome", "Oslo", "Bern", "Paris.")))

    class Sampler(Reader):
        can = frozenset({Capability.SCORE, Capability.SAMPLE})

        def sample(
            self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
        ) -> tuple[Sample, ...]:
            return differing[:count]

    found = judged("Paris.", Sampler(), FRANCE, draw=Draw(4))
    assert headline(found).sentence == "3 of 4 other answers differ."


def test_what_is_usual_is_read_once_a_model_and_kept(tmp_path: Path) -> None:
    runtime = Reader()
    for form in (SHORT, SENTENCE):
        found = usual(runtime, form, tmp_path)
        assert found is not None and found.form == form and found.count == 120 and len(found.right) == 21
    read = runtime.read
    assert usual(runtime, SHORT, tmp_path) is not None and runtime.read == read
    file = next(tmp_path.glob("*asked-for-shortly-*.json"))
    file.write_text("{}")
    assert usual(runtime, SHORT, tmp_path) is not None and runtime.read > read
    shut = tmp_path / "file"
    shut.write_text("")
    assert usual(runtime, SHORT, shut / "folder") is not None


def test_labels_go_by_what_is_usual_for_the_model() -> None:
    def common(doubtful: float) -> Usual:
        steps = tuple(float(at) for at in range(21))
        return Usual("general", "d" * 64, SHORT, 120, steps, tuple(row + 10 for row in steps), 0.9, 0.8, 1.0, doubtful)

    def known(doubtful: float) -> ScoredText:
        def usually(runtime: Runtime, form: str) -> Usual | None:
            return common(doubtful) if form == SHORT else None

        return judged("Berlin.", Reader(Berlin=9.0), FRANCE, usual=usually)

    assert labels(known(4.0)) == [Label.DOUBTFUL] and labels(known(7.0)) == [Label.SUPPORTED]
    said = " ".join(" ".join(lines(known(4.0), False)).split())
    assert "4.500 nats, asked for shortly, is more than 24 % of right answers have, and than 0 % of invented" in said
    assert "a tenth of the right ones and 100 % of the invented ones lie above 4.000, and are doubtful" in said


def test_a_model_that_knows_no_answer_doubts_none_that_a_right_one_could_be() -> None:
    steps = tuple(float(at) for at in range(21))
    common = Usual("general", "d" * 64, SHORT, 120, steps, steps, 0.9, 0.8, 1.0, 2.0)

    def found(surprise: float, rather: float) -> ScoredText:
        class Unsure(Reader):
            def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
                others = (Alternative(" Paris", rather),)
                return tuple(replace(row, alternatives=others) for row in super().score(prompt, text))

        return judged("Berlin.", Unsure(Berlin=surprise), FRANCE, usual=lambda runtime, form: common)

    assert labels(found(9.0, -0.05)) == [Label.DOUBTFUL]
    assert labels(found(9.0, -2.5)) == [Label.NOT_JUDGED]
    assert headline(found(9.0, -2.5)).sentence == (
        "The model knows no answer: it gives 'Berlin' 1 in 8,103, and no other an even chance."
    )
    assert labels(found(50.0, -2.5)) == [Label.DOUBTFUL]  # 25 nats: no right answer is as unlikely


def test_numbers_and_tokens_read_as_a_person_reads_them() -> None:
    assert number(-0.0) == number(-0.0004) == "0.000"
    assert [named(Alternative(text, -1.0)) for text in ("", "\n", "  ", " a")] == [
        "to end here",
        "a line break",
        "a space",
        "'a'",
    ]
    rows = tuple(replace(row, alternatives=(Alternative("", -0.01),)) for row in record().tokens)
    said = "\n".join(lines(replace(record(), tokens=rows), False))
    assert "more likely to end here" in said and "''" not in said


def test_documents_support_contradict_and_leave_in_doubt(tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text(
        "Ada Lovelace was born in London on 10 December 1815. She wrote notes on the Analytical Engine.\n"
    )
    text = "Ada Lovelace was born in London on 10 December 1815. Ada Lovelace was born in 1820. Oslo has a harbour."
    found = judged(text, Reader(), held=against([source]))
    assert labels(found) == [Label.SUPPORTED, Label.CONTRADICTED, Label.DOUBTFUL]
    assert headline(found).word == "CONTRADICTED"
    said = headline(found).sentence
    assert said.startswith(
        "1 of 3 sentences is contradicted, 1 of 3 sentences is doubtful: 'Ada Lovelace was born in 1820.'"
    )
