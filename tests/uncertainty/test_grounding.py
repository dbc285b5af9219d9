"""Sentences beside documents, and names in a corpus: supported, unsupported, and unsupported but confident."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import uncertainty
from assay.corpus.support import MOST_PLACES
from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.uncertainty import Label, ScoredText
from assay.render.record.scored import lines
from assay.render.record.scored_page import page
from assay.uncertainty.checking import check
from assay.uncertainty.grounding import Documents, stem
from assay.uncertainty.sources import document, source
from tests.builders.command import run
from tests.builders.runtimes import Sure, Words
from tests.builders.scored import record

ROOT = Path(__file__).resolve().parents[2]
CURIE = (
    "Marie Curie was born in Warsaw on 7 November 1867. "
    "She moved to Paris in 1891, where she studied at the Sorbonne. "
    "In 1898 she and her husband Pierre Curie discovered polonium and radium. "
    "She won the Nobel Prize in Physics in 1903 together with Pierre Curie and Henri Becquerel, "
    "and the Nobel Prize in Chemistry in 1911. She died in 1934 in Passy."
)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Marie Curie was born in Warsaw.", "Marie Curie was born in Vienna."),
        ("She discovered radium in 1898 with Pierre Curie.", "She discovered uranium in 1898 with Albert Einstein."),
        ("Curie moved to Paris in 1891.", "Curie moved to Paris in 1911."),
        ("She studied at the Sorbonne.", "She taught at Harvard University for thirty years."),
        ("She died in Passy in 1934.", "She did not die in 1934."),
        ("She won the Nobel Prize in Chemistry in 1911.", "She won the Nobel Prize in Chemistry in 1903."),
    ],
)
def test_what_is_not_so_is_doubted_more_than_what_is(true: str, false: str) -> None:
    said = [check(sentence, [source("d", CURIE)]).sentences[0].absent for sentence in (true, false)]
    assert said[0] < said[1]


@settings(max_examples=500)
@given(st.lists(st.text(max_size=80), max_size=3), st.text(max_size=80))
def test_any_text_gives_overlaps_from_0_to_1(texts: list[str], sentence: str) -> None:
    documents = Documents(texts)
    found = documents.overlap(sentence)
    assert all(0 <= value <= 1.0001 for value in (found.nearest, found.words, found.pairs, found.triples))
    assert -0.0001 <= found.absent <= 1


def test_many_characters_are_cut_and_that_is_known() -> None:
    found = Documents(["a. " * 10, "b " * (3 << 20)])
    assert found.cut and sum(map(len, found.texts)) == 4 << 20


def test_words_are_compared_without_their_endings() -> None:
    assert stem("Discovered") == stem("discovery")
    assert stem("12,500") == "12500" and stem("Curie's") == stem("Curie")


@pytest.fixture
def curie(tmp_path: Path) -> Path:
    (tmp_path / "curie.txt").write_text(CURIE)
    return tmp_path / "curie.txt"


@pytest.fixture
def scored(curie: Path) -> ScoredText:
    held = uncertainty.against([curie])
    return uncertainty.score(
        Sure(), "Who was she?", "Marie Curie was born in Warsaw. She taught at Harvard.", held=held
    )


def test_each_sentence_stands_beside_the_documents(scored: ScoredText) -> None:
    one, other = scored.grounding
    first, second = one.sentence, other.sentence
    assert first.absent < 0.2 and second.absent > 0.9 and second.reason == "none of its words is in the documents"
    assert first.seen.startswith("Marie Curie was born in Warsaw") and one.gain == other.gain == pytest.approx(0.2)
    assert [row.label for row in scored.judged] == [Label.SUPPORTED, Label.DOUBTFUL]
    by_id = {row.id: row.value for row in scored.scores}
    assert by_id["documents.absent"] == second.absent and by_id["documents.gain"] == pytest.approx(-0.2)
    (document,) = scored.documents
    assert (document.name, document.characters) == ("curie.txt", len(CURIE))


def test_what_the_model_is_sure_of_without_support_is_marked(scored: ScoredText) -> None:
    (mark,) = scored.marks
    assert scored.text[mark.start : mark.stop].strip() == "She taught at Harvard."
    assert mark.because == "none of its words is in the documents"
    said = "\n".join(lines(scored, False))
    assert "sure, and not supported by what was given" in said and "0.200 nats a token likelier" in said
    html = page(scored).decode()
    assert "Sure, and not supported" in html and "Beside the documents" in html
    words = uncertainty.score(
        Words(), "Who?", "She taught at Harvard.", held=uncertainty.Against(scored.documents, Documents([CURIE]))
    )
    assert words.marks == ()  # surprised by every word: it is not sure


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    pytest.importorskip("zstandard")
    rows = [
        {"id": "curie", "text": CURIE},
        {"id": "einstein", "text": "Albert Einstein was born in Ulm in 1879, and taught in Berlin."},
        {"id": "travel", "text": "Ulm and Warsaw are towns. Marie Curie is known in one of them."},
    ]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("corpus", "build", str(tmp_path / "d.jsonl"), "-o", str(tmp_path / "index"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "index"


def test_a_corpus_says_how_rare_names_are_and_which_never_meet(corpus: Path) -> None:
    held = uncertainty.against(corpora=[str(corpus)])
    found = uncertainty.score(
        Sure(), "Who?", "Marie Curie was born in Ulm. Albert Einstein went to Warsaw with Niels Bohr.", held=held
    )
    assert found.known is not None
    told = {found.text[row.start : row.stop]: (row.count, row.documents) for row in found.known.held}
    assert told == {
        "Marie Curie": (2, 2),
        "Ulm": (2, 2),
        "Albert Einstein": (1, 1),
        "Warsaw": (2, 2),
        "Niels Bohr": (0, 0),
    }
    met = {
        (found.text[row.start : row.stop], found.text[row.other_start : row.other_stop]): (row.documents, row.example)
        for row in found.known.pairs
    }
    assert met["Marie Curie", "Ulm"] == (1, "travel") and met["Albert Einstein", "Warsaw"] == (0, "")
    said = {(found.text[row.start : row.stop], row.because) for row in found.marks}
    assert said == {
        ("Niels Bohr", "the corpora do not hold 'Niels Bohr'"),
        ("Warsaw", "no document of the corpora holds it together with 'Albert Einstein'"),
    }
    assert [(row.label, row.because) for row in found.judged][1] == (
        Label.DOUBTFUL,
        "'Niels Bohr' is nowhere in the training data; "
        "'Albert Einstein' and 'Warsaw' stand together in no document of the training data",
    )
    by_id = {row.id: row.value for row in found.scores}
    assert by_id["corpus.apart"] == pytest.approx(3 / 4)
    shown = "\n".join(lines(found, False))
    assert (
        "0 times in 0 documents  Niels Bohr" in shown
        and "'Albert Einstein' and 'Warsaw' together in no document" in shown
    )
    assert "In the training data" in page(found).decode()


def test_names_whose_places_were_not_all_looked_at_are_not_said_to_be_apart(tmp_path: Path) -> None:
    pytest.importorskip("zstandard")
    rows = [
        {"id": "often", "text": "Ulm aa " * (MOST_PLACES + 1)},
        {"id": "once", "text": "Ulm zz has Warsaw beside it."},
    ]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("corpus", "build", str(tmp_path / "d.jsonl"), "-o", str(tmp_path / "index"))
    assert done.returncode == 0, done.stderr
    held = uncertainty.against(corpora=[str(tmp_path / "index")])
    found = uncertainty.score(Sure(), "Who?", "He left Ulm for Warsaw.", held=held)
    assert found.known is not None
    assert [(row.documents, row.complete) for row in found.known.pairs] == [(0, False)]
    assert "corpus.apart" not in {row.id for row in found.scores}
    assert not found.marks
    found = uncertainty.score(Sure(), "Who?", "He left Ulm for Warsaw. Warsaw has Niels Bohr.", held=held)
    assert {row.id: row.value for row in found.scores}["corpus.apart"] == 1


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("absent.txt", None, "cannot read"),
        ("c.txt", b" -- ", "document c.txt has no words"),
        ("b.txt", b"\xff\xfe", "is not UTF-8 text: byte 0 is 0xff; give UTF-8 text, Markdown, HTML, PDF"),
    ],
)
def test_a_document_that_is_none_is_one_sentence(name: str, raw: bytes | None, said: str, tmp_path: Path) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(UsageError, match=said):
        uncertainty.against([tmp_path / name])


def test_a_document_beyond_the_limit_leaves_the_others_read(tmp_path: Path, curie: Path) -> None:
    (tmp_path / "long.txt").write_text("nothing " * (1 << 19))
    text = "Marie Curie was born in Madrid in 1867."
    held = uncertainty.against([curie, tmp_path / "long.txt", curie])
    found = uncertainty.score(Words(), "Who?", text, held=held)
    assert [row.label for row in found.judged] == [Label.CONTRADICTED]
    assert "the rest of the documents, beyond 4 Mi characters" in found.missing
    beside = check(text, [document(path) for path in (curie, tmp_path / "long.txt", curie)])
    assert found.documents == beside.documents
    assert [row.characters for row in found.documents] == [len(CURIE), (4 << 20) - len(CURIE), 0]
    assert found.documents[0].sha256 == found.documents[2].sha256 == hashlib.sha256(CURIE.encode()).hexdigest()


def test_a_page_is_read_as_check_reads_it(tmp_path: Path, curie: Path) -> None:
    path = tmp_path / "curie.html"
    path.write_text(f"<!doctype html><html><body><p class='Madrid'>{curie.read_text()}</p></body></html>")
    held = uncertainty.against([path])
    found = uncertainty.score(Words(), "Who?", "Marie Curie was born in Madrid in 1867.", held=held)
    assert [row.label for row in found.judged] == [Label.CONTRADICTED]
    assert all("<" not in row.sentence.seen for row in found.grounding)
    assert found.documents[0].sha256 == check(found.text, [document(path)]).documents[0].sha256


def test_documents_are_given_on_the_command_line(tmp_path: Path, curie: Path) -> None:
    (tmp_path / "r.json").write_bytes(canonical(record()))
    done = run("score", str(tmp_path / "r.json"), "--prompt", "Q:", "--text", record().text, "--document", str(curie))
    assert done.returncode == 0, done.stderr
    assert "beside curie.txt" in done.stdout
    assert (
        "whether the documents make the text likelier: this prompt and text are not in the record"
        in done.stdout.replace("\n", " ")
    )


def test_overlaps_do_not_depend_on_the_order_of_a_set() -> None:
    """Each process hashes words its own way; what it says of a sentence must be the same to the last bit."""
    import os
    import subprocess
    import sys

    program = (
        "from assay.uncertainty.grounding import Documents\n"
        "from pathlib import Path\n"
        "text = Path('README.md').read_text()\n"
        "found = Documents([text[:6000]])\n"
        "print([found.overlap(row) for row in text[3000:].split('. ')])\n"
    )
    command = [sys.executable, "-c", program]
    said = set()
    for seed in ("1", "2", "3", "4"):
        hashing = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=hashing)
        said.add(done.stdout)
    assert len(said) == 1
