"""Kinds of files that hold documents: their text is found, what is beside it is not, and what is left is said."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay.corpus.unpacking as unpacking
from assay.corpus.collection import Corpus
from assay.corpus.inputs import Input, kind_of
from assay.corpus.kinds.wikitext import plain
from assay.corpus.row import NotRead
from assay.corpus.rows import Reading
from assay.facts.corpus import Document
from tests.builders.corpus import indexed, skipped
from tests.builders.inputs import ASIDE, EXTRAS, FILES, PAGE, SAID, docx, epub, record, tar, warc, wat, zipped
from tests.builders.rows import tried

LEFT = {
    "a.warc": {"a record of type warcinfo": 1, "a record of type request": 1, "a record of content image/png": 1},
    "wiki.xml": {
        "a redirect": 1, "a page of namespace 1": 1, "templates, tables, references and files of a page": 1,
    },
    "a.ipynb": {"outputs of a cell": 1},
    "a.tex": {"comments in LaTeX": 1},
    "a.vtt": {"notes in subtitles": 1},
    "a.pdf": {"a page of a PDF without text": 1},
    "a.docx": {"comments of a document": 1, "pictures of a document": 1},
    "a.wat.gz": {
        "a WAT record of something that is no page": 1, "addresses, headers and other metadata of a page": 1,
    },
    "a.zip": {"no reader for .xyz": 1, "not a regular file": 1},
    "a.tar": {"no reader for .xyz": 1, "not a regular file": 1},
}  # fmt: skip
LEFT |= {"a.warc.gz": LEFT["a.warc"], "wiki.xml.bz2": LEFT["wiki.xml"]}
LEFT |= {"a.tgz": LEFT["a.tar"], "a.tar.zst": LEFT["a.tar"]}


def needs(name: str) -> None:
    """Skip where the library for this kind is not installed."""
    for ending, library in EXTRAS.items():
        if f".{ending}" in name:
            pytest.importorskip(library)


def built(folder: Path, name: str, raw: bytes) -> Corpus:
    needs(name)
    (folder / name).write_bytes(raw)
    return indexed(folder / "index", folder / name)


def documents(corpus: Corpus) -> list[Document]:
    return [shard.document(number) for shard in corpus.shards for number in range(shard.documents)]


@pytest.mark.parametrize("name", FILES)
def test_the_text_of_every_kind_is_found(tmp_path: Path, name: str) -> None:
    corpus = built(tmp_path, name, FILES[name]())
    assert corpus.count(SAID) == 1
    assert corpus.count(ASIDE) == 0
    assert skipped(corpus.records[0]) == LEFT.get(name, {})


def test_what_a_crawl_and_a_wiki_say_of_a_document(tmp_path: Path) -> None:
    (page,) = documents(built(tmp_path, "a.warc", warc()))
    assert (page.id, page.url, page.date) == ("<urn:uuid:2>", "http://example.org/a", "2024-05-01T00:00:00Z")
    assert page.title == "Walrus"
    (article,) = documents(built(tmp_path, "wiki.xml", FILES["wiki.xml"]()))
    assert (article.id, article.title, article.language) == ("12", "The Walrus", "en")
    assert article.url == "https://en.wikipedia.org/wiki/The_Walrus" and article.date == "2024-01-02T00:00:00Z"


def test_a_book_is_in_its_order_and_says_its_licence(tmp_path: Path) -> None:
    corpus = built(tmp_path, "a.epub", epub())
    assert corpus.count("in Vorkhamstead the second chapter") == 1
    (book,) = documents(corpus)
    assert (book.id, book.title, book.licence.spdx) == ("a.epub", "The Walrus", "CC-BY-4.0")


def test_files_in_an_archive_have_names_of_their_own(tmp_path: Path) -> None:
    found = {row.id: row for row in documents(built(tmp_path, "a.tar", tar()))}
    assert sorted(found) == ["a.tar/in/a.txt", "a.tar/in/b.jsonl.gz:1"]
    assert found["a.tar/in/b.jsonl.gz:1"].licence.spdx == "MIT"


def test_files_in_a_zip_have_names_of_their_own(tmp_path: Path) -> None:
    found = {row.id for row in documents(built(tmp_path, "a.zip", zipped()))}
    assert found == {"a.zip/in/a.txt", "a.zip/b.jsonl:1"}


def test_what_a_word_document_and_a_record_about_a_page_say(tmp_path: Path) -> None:
    corpus = built(tmp_path, "a.docx", docx())
    assert corpus.count("in Vorkhamstead in a box a note below") == 1
    assert documents(corpus)[0].title == "On walruses"
    (tmp_path / "b").mkdir()
    corpus = built(tmp_path / "b", "b.wat", wat())
    assert corpus.count("a link to teapots") == 1
    (page,) = documents(corpus)
    assert (page.title, page.url) == ("Walrus", "http://example.org/a")


def test_accents_and_percent_signs_in_latex(tmp_path: Path) -> None:
    corpus = built(tmp_path, "a.tex", FILES["a.tex"]())
    assert corpus.count("Vorkhamstead. Naïve café, 5% of it") == 1
    assert documents(corpus)[0].title == "On walruses"


def test_only_the_main_text_of_pages_where_that_is_wanted(tmp_path: Path) -> None:
    pytest.importorskip("resiliparse")
    menu = "".join(f"<li><a href='/{n}'>menu entry number {n}</a></li>" for n in range(20))
    page = PAGE.replace("<nav>Home About</nav>", f"<nav><ul>{menu}</ul></nav>").replace(SAID, f"{SAID} " * 20)
    (tmp_path / "a.html").write_text(page)
    whole, main = (indexed(tmp_path / f"{wanted}", tmp_path / "a.html", main_text=wanted) for wanted in (False, True))
    assert whole.count("menu entry number 7") == 1 and main.count("menu entry number 7") == 0
    assert whole.count(SAID) == main.count(SAID) == 20
    assert skipped(whole.records[0]) == {}
    assert skipped(main.records[0]) == {"a page of which only the main text is indexed": 1}


BOMB = bytes(6 << 20)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.txt.bz2", bz2.compress(BOMB)),
        ("a.txt.xz", lzma.compress(BOMB)),
        ("a.tar", tar(*((f"{n}.txt.gz", gzip.compress(b"a bomb " * 200_000)) for n in range(4)))),
        ("a.epub", epub("<p>" + "a " * (3 << 20))),
        ("a.tar.gz", tar(("a.txt", BOMB), mode="w:gz")),
        ("a.zip", zipped(("a.txt", BOMB))),
        ("a.zip", zipped(*((f"{n}.txt.gz", gzip.compress(b"a bomb " * 200_000)) for n in range(4)))),
    ],
)
def test_what_a_file_stands_for_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, raw: bytes
) -> None:
    monkeypatch.setattr(unpacking, "LEAST", 2 << 20)
    monkeypatch.setattr(unpacking, "TIMES", 1)
    (tmp_path / name).write_bytes(raw)
    kind = kind_of(name)
    assert kind is not None and len(raw) < 1 << 20
    rows = list(Reading(Input(str(tmp_path / name), len(raw), *kind, name), "utf-8", lambda _: None).rows())
    assert any(isinstance(row, NotRead) and "it unpacks to more than 2 MiB" in row.reason for row in rows)


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'x'>]><mediawiki>&b;</mediawiki>", "declares a document type"),
        ("a.xml", b"<tei><p>text</p></tei>", "XML that is no dump of a wiki"),
        ("a.xml", b"<mediawiki>" + b"<a>" * 50, "nested more than 16 deep"),
        ("a.xz", b"", ""),
        ("a.txt.xz", lzma.compress(b"some text")[:-9], "ends before its last block"),
        ("a.tar", tar(("b.tar", tar())), "an archive in an archive"),
        ("a.ipynb", b"[]", "a notebook without cells"),
        ("a.epub", b"PK\x03\x04", "cannot be read on"),
        ("a.pdf", b"%PDF-1.4 nothing", "cannot be read on"),
        ("a.zip", zipped(("b.zip", zipped())), "an archive in an archive"),
        ("a.zip", zipped(("b.tar", tar())), "an archive in an archive"),
        ("a.zip", zipped(("a.txt", b"x"))[:-9], "cannot be read on"),
        ("a.docx", zipped(("word/other.xml", b"<a/>")), "word/document.xml cannot be read"),
        ("a.docx", zipped(("word/document.xml", b"<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;")), "cannot be read on"),
        ("a.wat", record("metadata", "application/json", b"[1, {"), "a WAT record that is no JSON"),
        ("a.warc", b"WARC/1.0\r\nnothing", ""),
        ("a.warc", record("response", "application/http; msgtype=response", b"\xff" * 90), ""),
    ],
)
def test_hostile_and_damaged_files_give_a_reason(tmp_path: Path, name: str, raw: bytes, reason: str) -> None:
    needs(name)
    (tmp_path / name).write_bytes(raw)
    kind = kind_of(name)
    if kind is None:
        assert name == "a.xz"
        return
    rows = list(Reading(Input(str(tmp_path / name), len(raw), *kind, name), "utf-8", lambda _: None).rows())
    assert rows and any(isinstance(row, NotRead) and reason in row.reason for row in rows)


def test_a_member_with_a_false_size_ends_the_archive_and_keeps_what_was_before(tmp_path: Path) -> None:
    raw = bytearray(tar(("a.txt", SAID.encode()), ("b.txt", b"more")))
    member = tarfile.TarInfo("b.txt")
    member.size = 1 << 40
    raw[1024:1536] = member.tobuf(tarfile.GNU_FORMAT)
    corpus = built(tmp_path, "a.tar", bytes(raw))
    assert corpus.count(SAID) == 1 and any("cannot be read on" in reason for reason in skipped(corpus.records[0]))


@given(st.text(alphabet="[]{}|=<>'\n!-/ ref:a", max_size=200))
def test_any_wikitext_has_a_plain_form(text: str) -> None:
    assert isinstance(plain(text)[0], str)


@pytest.mark.parametrize("piece", ["{{", "}}", "{|\n", "[[", "[[a|", "<ref>", "<!--", "[http://", "==", "''", "<a "])
def test_wikitext_that_never_ends_takes_time_in_proportion(piece: str) -> None:
    begun = time.process_time()
    plain(piece * 50_000)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("name", FILES)
def test_damaged_files(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    needs(name)
    folder = tmp_path_factory.mktemp("rows")
    whole = FILES[name]()

    @given(st.integers(0, len(whole) - 1), st.integers(1, 255), st.integers(0, len(whole)))
    def run(at: int, change: int, stop: int) -> None:
        raw = bytearray(whole)
        raw[at] ^= change
        tried(folder / name, bytes(raw[:stop] if stop % 3 == 0 else raw))

    run()


@pytest.mark.parametrize("name", FILES)
def test_arbitrary_bytes(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    needs(name)
    folder = tmp_path_factory.mktemp("rows")

    @given(st.binary(max_size=300))
    def run(raw: bytes) -> None:
        tried(folder / name, raw)

    run()
