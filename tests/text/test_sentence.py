"""Sentences as a reader sees them, in texts of many kinds; and what holds for any text at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.text.sentence import bounds, split
from assay.uncertainty.grounding import Documents
from assay.uncertainty.scores import sentences
from tests.builders.corpus import opened

# each ¶ is where a reader ends a sentence
READ = (
    # titles, initials, companies, degrees, places
    "Dr. Smith met J. Doe in Rome; he paid 3.5 million.",
    "Mr. and Mrs. Jones vs. Prof. Dr. Miller. ¶Jones won.",
    "J. R. R. Tolkien wrote it. ¶Dr. Who did not!",
    "I saw J.R.R. Tolkien and C. S. Lewis. ¶They wrote.",
    "Gen. Lee and Col. John Smith Jr. met Sen. Warren. ¶Sgt. Pepper came.",
    "Apple Inc. is big. ¶He works for Apple Inc. ¶She works for IBM Corp. too.",
    "Tim Cook, who runs Apple Inc. Chief of all, smiled.",
    "He has a Ph.D. in physics. ¶She got her Ph.D. ¶She left.",
    "The U.S. Army was there. ¶He left the U.S. ¶He came back.",
    "Washington, D.C. is humid. ¶He moved to Washington, D.C. ¶The weather was bad.",
    "He lives on Main St. in Boston. ¶He lives on Main St. ¶The house is red. ¶St. Mary's is near.",
    "Mt. Everest is high. ¶So is Mt. Fuji. ¶We climbed it.",
    "Brown v. Board of Education was decided in 1954. ¶It mattered.",
    "A Python interface to zlib written by A.M. Kuchling is there.",
    "Vitamin C. ¶It is good. ¶Plan B. ¶Next.",
    "You are taller than J. ¶He is not. ¶You and I. ¶We know.",
    "It has mass. ¶Gravity does the rest near Boston, Mass. ¶We saw it in Wash. Park.",
    "Louis XIV. ¶Then came Louis XV. ¶He ruled.",
    # other abbreviations
    "He studied e.g. physics, i.e. the best. ¶Then he slept.",
    "See Fig. 3. ¶It shows Eq. (2) and Sec. 4.1. ¶Figs. 3 and 4 differ.",
    "Smith et al. (2010) found it. ¶See Smith et al. ¶The rest follows.",
    "The test ran for 10 min. and failed after 5 sec. on average.",
    "It weighs approx. 5 kg. ¶It costs ca. 10 EUR.",
    "We sell apples, pears, etc. ¶Anna buys them. ¶We sell apples, etc. to Anna.",
    "No. ¶That is wrong. ¶No. 5 is alive.",
    "Dec. 25 is Christmas. ¶It happened on Dec. 25. ¶It rained in Jan. ¶Smith left.",
    "At 5 a.m. Mr. Smith went to the bank. ¶He left the bank at 6 P.M. ¶Mr. Smith then went to the store.",
    "At 5 p.m. on Monday. ¶He came at 9 a.m. Monday.",
    "Am 5. Mai 1950 wurde er geboren. ¶Er starb am 3. Juni, z.B. in Bonn. ¶Vgl. Müller, Bd. 3, S. 45.",
    # numbers, addresses, code
    "It cost 3.5 million. ¶It was new.",
    "He paid $3.50. ¶20 people came.",
    "The temperature was -3.5 °C. ¶It snowed.",
    "Python 3.11.4 is out. ¶Version v2.0. ¶Then came v2.1!",
    "Visit https://example.org/a.b?c=d. ¶Then mail me@x.org. ¶Thanks.",
    "See example.org now.",
    "Foo.Bar is a class. ¶os.path is a module. ¶Call foo(). ¶It returns x.y!",
    "The header is config.h and nothing else. ¶dpkg reads it. ¶See man(1). ¶pg_ctl then runs.",
    "This was measured from the standard and the research behind it. ¶sRGB is defined so.",
    # questions, exclamations, ellipses
    "What?! ¶Really?? ¶Yes!!! ¶OK.",
    "Yahoo! is a company. ¶He works at Yahoo! ¶It is old.",
    "do you know who wrote it? ¶no i don't. ¶it was me.",
    "¿Cómo estás? ¶¡Muy bien! ¶Gracias.",
    "Well... ¶I don't know. ¶I... I left... ¶Then nothing",
    "One, two, ... ten. ¶And so on … and on. ¶He waited… ¶Nobody came.",
    "[...] The rest is lost. ¶He said [...] and left.",
    "She was born in 1950 (?) in Rome (!) and left.",
    # quotations and brackets
    'He said "Go home." ¶Then he left.',
    '"Go home," he said. ¶"I will stay."',
    '"Why?" she asked. ¶"Because!" John said.',
    "He asked: “Are you there? I am.” and left.",
    'He whispered, "Is it time? It is." and she nodded.',
    "“It is red. ¶It is big.” ¶The crowd cheered.",
    "“It is red. It is big,” she said. ¶The crowd cheered.",
    'See it now. ¶"Never." ¶Then he left...',
    "It failed (see Sect. 3. It is long) and stopped. ¶Then it worked.",
    "He left. ¶(He was tired. ¶He slept.) ¶Then he woke.",
    "The output (from foo).  ¶The input (from bar.) ¶The rest.",
    "He said that (a) it works; (b) it is cheap; and (c) it is fast. ¶Good.",
    "It was founded in 1823.[1] ¶It grew.[2][3] ¶Then it fell.¹ ¶Now.",
    "**Bold sentence.** ¶*Another one.* ¶Plain.",
    "It's OK. ¶'Tis fine. ¶'Go.' ¶He went.",
    "He finished. ¶— Then he left.",
    "Great! 🎉",
    # lines, lists, paragraphs
    "This is text that\nis wrapped at Dr.\nSmith's. ¶It goes\r\non here.",
    "One paragraph\n\n¶another; with semicolons; in it\n \n¶and a third",
    "Bring:\n¶- one\n¶- two\n  that goes on\n¶* three. ¶Four.",
    "Steps\n¶1. Install the package. ¶Then wait.\n¶2. Run it.\n¶10) Stop.",
    "1. Install the package. ¶2. Run it. ¶IV. Stop.",
    "a) first\n¶b) second\n¶(iii) third",
    "# Heading\n¶Text below\n¶## Another\n¶More",
    "Title\n=====\n¶Text below.",
    "| a | b |\n¶|---|---|\n¶| c | d |\n\n¶Done",
    "Name: assay\n¶Licence: Apache-2.0\n¶Home page: none",
    "Question: Where?\n¶Answer: There.",
    "He met three people:\n¶Anna, Bob and Carl.",
    "Page one\f¶Page two",
    # other scripts
    "一。¶二！¶three",
    "“你好。”他说。¶然后他走了。¶他说：“走吧。”¶天黑了。",
    "你好!¶我是小明。¶你呢?¶很好",
    "これはペンです。¶「行こう。」と言った。¶彼は来た！",
    "यह एक वाक्य है। ¶यह दूसरा है।¶क्या यह तीसरा है?",
    "هل أنت بخير؟ ¶نعم. ¶میں ٹھیک ہوں۔ ¶شکریہ۔",
    "Это г. Москва. ¶Он жил там. ¶«Да!» ¶Всё.",
    "Είναι εδώ. ¶Ναι!",
    "한국어입니다. ¶좋아요! ¶네?",
    # nothing to split
    "",
    "   \n ",
    "* * *",
    "one",
)


def test_a_score_a_trace_and_a_document_see_the_same_sentences(tmp_path: Path) -> None:
    """Three splitters saw 1, 2 and 3 sentences in this."""
    text = "Dr. Smith met J. Doe in Rome; he paid 3.5 million."
    pytest.importorskip("zstandard")
    found = opened(tmp_path, ["Another text about something else."]).trace(text)
    traced = [(row.start, row.stop) for row in found.sentences]
    scored = [(row.start, row.stop) for row in sentences(text, ())]
    held = [(row.start, row.stop) for row in Documents([text]).passages]
    assert traced == scored == held == [(0, len(text))]


@pytest.mark.parametrize("text", READ)
def test_sentences_end_where_a_reader_ends_them(text: str) -> None:
    assert list(split(text.replace("¶", ""))) == [part.strip() for part in text.split("¶") if part.strip()]


# what sentences are made of, a row for each kind: marks, white space, words, lines
PIECES = st.sampled_from(
    [
        *".!?…。।;:,-–*#|=()[]“”\"«»「」\n\r\f\t 1aA'’你と说",
        *("\r\n", "\n\n", " ", " ", "...", " . . .", "[1]", "12", "3.5", "x.y", "है", "é", "🎉"),
        *("Dr.", "e.g.", "U.S.", "a.m.", "No.", "Inc.", "J.", "IV.", "John", "The", "said", "foo", "bar", "he"),
        *("- ", "1. ", "a) ", "# ", "| ", "```", "Name: ", "---"),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join))


@settings(max_examples=1500)
@given(TEXTS)
def test_nothing_is_lost_and_a_sentence_is_one_sentence(text: str) -> None:
    at = 0
    for start, stop in bounds(text):
        assert at <= start < stop <= len(text)
        assert not text[at:start].strip() and text[start:stop] == text[start:stop].strip()
        assert list(bounds(text[start:stop])) == [(0, stop - start)]
        at = stop
    assert not text[at:].strip()


HOSTILE = (
    *("a. ", ".", ". ", "! ", "(", ")", "- \n", "\n", " ", '"', ' "a', "a", "(a. B ", ". . ", "a.\n\n", ".\"'", "[1]."),
    *("。", "A.B.", "(a. B) ", "“a. B” ", "#\n", "-", "---\n", "x: \n", "\r", "Foo: ", "U.S. ", "J. ", "a.''''''''' "),
    *("你!", "\u2028", "a.m. ", " \n a", ".*", "¹", ". a_", "\f.", "x.y.", "| ", "“", ".”"),
)


def spent(text: str) -> float:
    start = time.process_time()
    for _ in bounds(text):
        pass
    return time.process_time() - start


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    """A quarter and a whole: what is quadratic takes sixteen times as long for the whole, and a megabyte minutes."""
    small, large = (piece * (size // len(piece)) for size in (1 << 14, 1 << 16))
    assert spent(large) < 0.3 + 8 * spent(small)


def test_a_megabyte_of_prose_takes_seconds() -> None:
    text = "Dr. Smith (of Rome) paid 3.5 million. “Why? Because.” It was late;\nhe left... Then J. Doe came.\n\n"
    assert spent(text * ((1 << 20) // len(text))) < 10
