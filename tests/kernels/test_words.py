"""Words, suffix arrays and shards: the native kernels against the reference, and the reference against naive scans."""

from __future__ import annotations

import unicodedata
import zlib
from typing import Any

import numpy as np
import openassay_native as native
import pydivsufsort
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.kernels import _unicode, _words_reference, words

# what the splitter has to get right: case, marks, ligatures, scripts without spaces, invisible characters, long runs
PIECES = (
    "a",
    "B",
    "c1",
    "the",
    "The",
    "naïve",
    "NAI\u0308VE",
    "ﬁ",
    "x²",
    "中",
    "文字",
    "ก",
    "\u200b",
    "a\u200bb",
    "\u00ad",
    "½",
    "ß",
    "SS",
    "İ",
    "😀",
    "_",
    "-",
    ",",
    "\n",
    "é",
    "e\u0301",
    "q" * 300,
    "é" * 200,
    "\0",
    "ｶﾞ",
    "ＡＢＣ",
    "\u0301",
    "Ω",
    "Ω",
)
texts = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(("", " ", "\n"))), max_size=40).map(
    lambda rows: "".join(piece + gap for piece, gap in rows).encode()
)
repetitive = st.lists(st.sampled_from(("a", "b", "a b", "a b a")), max_size=12).map(
    lambda rows: " ".join(rows).encode()
)
corpora = st.lists(st.one_of(texts, repetitive), max_size=6)
symbols = st.one_of(
    st.lists(st.integers(0, 3), max_size=80),
    st.lists(st.integers(0, 200), max_size=80),
    st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=4), st.integers(1, 30)).map(lambda row: row[0] * row[1]),
)


def built(module: Any, documents: list[bytes]) -> Any:
    indexer = module.Indexer(words.classes(), words.fold)
    for document in documents:
        indexer.add(document)
    indexer.finish()
    return indexer


def shard(module: Any, indexer: Any) -> Any:
    body, sections = b"", []
    for name in words.SECTIONS:
        raw, width, count = indexer.section(name)
        sections.append((len(body), len(raw), count, width))
        body += bytes(raw)
    checks = [zlib.crc32(body[at : at + words.BLOCK]) for at in range(0, len(body), words.BLOCK)]
    return module.Shard(body, words.uint32(checks), sections)


def test_the_classes_are_those_of_the_unicode_database() -> None:
    if unicodedata.unidata_version != _unicode.VERSION:
        pytest.skip(f"this Python has Unicode {unicodedata.unidata_version}; the table is frozen at {_unicode.VERSION}")
    table = words.classes()
    for point in range(0x110000):
        letter = unicodedata.category(chr(point))[0] in "LNM"
        assert letter == (table[point] in (words.WORD, words.SINGLE)) or table[point] == words.SILENT, hex(point)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It's the FIRST time.", ["it", "s", "the", "first", "time"]),
        ("\u201cNaïve\u201d\u2014nai\u0308ve", ["naïve", "naïve"]),
        ("ﬁne ＦＩＮＥ", ["fine", "fine"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("日本語 text", ["日", "本", "語", "text"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("x" * 300, ["x" * 255, "x" * 45]),
        ("", []),
        ("--- ... \u200b", []),
    ],
)
def test_words_are_folded_and_split(text: str, found: list[str]) -> None:
    row = words.split(text.encode())
    assert [row.text(index) for index in range(len(row))] == found


@given(texts)
def test_native_words_equal_the_reference(text: bytes) -> None:
    assert native.split_words(text, words.classes(), words.fold) == _words_reference.split_words(
        text, words.classes(), words.fold
    )


@given(texts)
def test_reading_may_begin_at_any_word(text: bytes) -> None:
    whole = words.split(text)
    for index in range(len(whole)):
        start = int(whole.starts[index])
        rest = words.split(text[start:])
        assert (rest.stops + start).tolist() == whole.stops[index:].tolist()
        assert [rest.text(at) for at in range(len(rest))] == [whole.text(at) for at in range(index, len(whole))]


@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_do_no_harm(raw: bytes) -> None:
    starts, stops, _, _ = native.split_words(raw, words.classes(), words.fold)
    pairs = zip(np.frombuffer(starts, np.uint32).tolist(), np.frombuffer(stops, np.uint32).tolist(), strict=True)
    assert all(0 <= start < stop <= len(raw) for start, stop in pairs)


@given(symbols)
def test_suffix_arrays_equal_naive_sorting_and_the_reference(text: list[int]) -> None:
    raw = words.uint32(text)
    naive = sorted(range(len(text)), key=lambda at: text[at:])
    assert np.frombuffer(native.suffix_array(raw, 201), np.uint32).tolist() == naive
    assert np.frombuffer(_words_reference.suffix_array(raw, 201), np.uint32).tolist() == naive


@pytest.mark.parametrize("alphabet", [2, 50, 60_000])
def test_long_suffix_arrays_equal_divsufsort(alphabet: int) -> None:
    values = np.random.default_rng(alphabet).integers(0, alphabet, 200_000)
    values[50_000:90_000] = values[10_000:50_000]  # a long repeat: what makes other methods slow
    text = values.astype(np.uint32)
    found = np.frombuffer(native.suffix_array(text.tobytes(), alphabet), np.uint32)
    assert (found == pydivsufsort.divsufsort(text)).all()


def test_symbols_outside_the_alphabet_are_refused() -> None:
    with pytest.raises(ValueError, match="alphabet"):
        native.suffix_array(words.uint32([5]), 5)


@given(corpora)
def test_every_section_equals_the_reference(documents: list[bytes]) -> None:
    left, right = built(native, documents), built(_words_reference, documents)
    for name in words.BUILT:
        own, other = left.section(name), right.section(name)
        assert bytes(own[0]) == bytes(other[0]) and own[1:] == other[1:], name


@given(corpora, st.one_of(texts, repetitive), st.integers(0, 63), st.integers(0, 4))
def test_every_answer_equals_the_reference(documents: list[bytes], text: bytes, removed: int, least: int) -> None:
    indexer = built(native, documents)
    left, right = shard(native, indexer), shard(_words_reference, indexer)
    if removed and documents:
        left.remove(bytes([removed & ((1 << len(documents)) - 1)]))
        right.remove(bytes([removed & ((1 << len(documents)) - 1)]))
    query = words.split(text + (documents[0] if documents else b""))
    ids = left.numbers(query.folded, query.ends.tobytes())
    assert ids == right.numbers(query.folded, query.ends.tobytes())
    assert left.longest(ids, least, True) == right.longest(ids, least, True)
    assert left.frequencies(ids) == right.frequencies(ids)
    assert left.rows(ids) == right.rows(ids)
    _, low, high = left.longest(ids, 0, False)
    assert left.hits(low, high, 3) == right.hits(low, high, 3)
    for first, last in zip(
        np.frombuffer(low, np.uint32).tolist(), np.frombuffer(high, np.uint32).tolist(), strict=True
    ):
        assert left.living(first, last) == right.living(first, last)


@given(st.lists(repetitive, max_size=5), repetitive)
def test_the_reference_equals_a_naive_scan(documents: list[bytes], text: bytes) -> None:
    asked = shard(_words_reference, built(_words_reference, documents))
    rows = [document.decode().split() for document in documents]
    query = text.decode().split()
    found = words.split(text)
    lengths = np.frombuffer(asked.longest(asked.numbers(found.folded, found.ends.tobytes()), 0, False)[0], np.uint32)

    def count(piece: list[str]) -> int:
        return sum(row[at : at + len(piece)] == piece for row in rows for at in range(len(row)))

    for start in range(len(query)):
        longest = max(
            (n for n in range(len(query) - start + 1) if n == 0 or count(query[start : start + n])), default=0
        )
        assert lengths[start] == longest


@given(st.lists(st.sampled_from((b"one two three", b"four", "fünf".encode())), min_size=1), st.data())
def test_a_damaged_body_is_refused_or_asked_without_harm(documents: list[bytes], data: st.DataObject) -> None:
    indexer = built(native, documents)
    body, sections = bytearray(), []
    for name in words.SECTIONS:
        raw, width, count = indexer.section(name)
        sections.append((len(body), len(raw), count, width))
        body += bytes(raw)
    at = data.draw(st.integers(0, len(body) - 1))
    flipped = body[at] ^ data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):  # with the old checksum it is found
        checks = words.uint32([zlib.crc32(body[i : i + words.BLOCK]) for i in range(0, len(body), words.BLOCK)])
        body[at] = flipped
        with pytest.raises(native.Damaged):
            asked = native.Shard(bytes(body), checks, sections)
            asked.read(0, len(body))
        return
    body[at] = flipped  # with a checksum that fits, as an attacker would make it, nothing leaves the arrays
    checks = words.uint32([zlib.crc32(body[i : i + words.BLOCK]) for i in range(0, len(body), words.BLOCK)])
    query = words.split(b"one two three four one")
    try:
        asked = native.Shard(bytes(body), checks, sections)
        ids = asked.numbers(query.folded, query.ends.tobytes())
        _, low, high = asked.longest(ids, 0, True)
        asked.hits(low, high, 5)
        asked.frequencies(ids)
        asked.units(0, 1000)
    except ValueError:
        pass
