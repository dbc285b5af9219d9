"""Corpora behind servers: the answers of one index over all documents, and a sentence for whatever goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay.corpus
from assay import uncertainty
from assay.corpus import serving, wire
from assay.corpus.building import Options, build
from assay.corpus.index import Found, Query
from assay.corpus.several import Several
from assay.errors import UsageError
from assay.execution import executor
from assay.facts.codec import Mismatch, canonical
from assay.facts.trace import Standing, Trace
from assay.network.serving import listening
from assay.probes.memorisation import Plan, memorisation
from tests.builders.command import run
from tests.builders.corpus import opened
from tests.builders.runtimes import Memory, Sure

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx2")

from tests.builders.corpus_server import answered, between, served

words = st.sampled_from(("a", "b", "c", "dd", "Ee", "fü", "ggg", "h", "i", "jj", "k", "日", "l.", "m,"))
documents = st.lists(st.lists(words, min_size=1, max_size=12), min_size=2, max_size=5)  # no span occurs over 50 times
LICENCE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy "
    "of this software and associated documentation files."
)
ANSWER = (
    f"{LICENCE} The weather in spring was unlike that of any other year in the valley. Cats like warm windows much."
)
FIRST = [f"Intro text. {LICENCE} More.", "Something else entirely about gardens."]
SECOND = ["Diary: the weather in spring was unlike that of any other year in the valley, they said.", "Nothing here."]


def one(trace: Trace) -> bytes:
    """A trace without the names of the corpora, which may differ."""
    sources = tuple(replace(source, corpus="") for source in trace.sources)
    return canonical(replace(trace, corpora=(), sources=sources))


@given(rows=documents, query=st.lists(words, min_size=1, max_size=25), cuts=st.sets(st.integers(1, 4)), data=st.data())
@settings(max_examples=10)
def test_servers_answer_as_one_index_over_all_documents_does(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    query: list[str],
    cuts: set[int],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("split")
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    texts, prompt = [" ".join(row) for row in rows], data.draw(st.sampled_from(("", "dd a k")))
    (folder / "in").mkdir()
    for number, (start, stop) in enumerate(pairwise(edges)):
        lines = [json.dumps({"text": texts[at], "id": f"d{at}"}) + "\n" for at in range(start, stop)]
        (folder / f"in/{number}.jsonl").write_text("".join(lines))
        build((str(folder / f"in/{number}.jsonl"),), folder / str(number), Options(), executor("local", 0))
    build((str(folder / "in"),), folder / "whole", Options(), executor("local", 0))
    whole, text = assay.corpus.open(folder / "whole"), " ".join(query)
    parts = [folder / str(number) for number in range(len(edges) - 1)]
    with served(*parts[:1], limits=serving.Limits(page=2)) as near, served(*(parts[1:] or parts)) as far:
        corpus = assay.corpus.open(f"{near},{far}")
        assert corpus.count(text) == whole.count(text)
        assert one(corpus.trace(text, prompt=prompt)) == one(whole.trace(text, prompt=prompt))
        assert [row.tolist() for row in corpus.longest(text)] == [row.tolist() for row in whole.longest(text)]
        hits = [replace(hit, corpus="") for hit in corpus.find(text, 1000)]
        assert sorted(map(repr, hits)) == sorted(repr(replace(hit, corpus="")) for hit in whole.find(text, 1000))
        assert corpus.complete


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    opened(tmp_path / "one", FIRST, license="MIT", dataset="licences")
    opened(tmp_path / "two", SECOND, dataset="diary")
    return tmp_path / "one/index", tmp_path / "two/index"


def nobody() -> str:
    """A URL at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_sources_say_which_server_they_are_from(two: tuple[Path, Path]) -> None:
    with served(two[0]) as first, served(*two) as both:
        trace = assay.corpus.open(first).trace(ANSWER)
        assert [row.corpus for row in trace.sources] == [first]
        trace = assay.corpus.open(both).trace(ANSWER)
        assert {row.corpus for row in trace.sources} == {f"{both}#index"}
        assert [row.standing for row in trace.sentences] == [Standing.QUOTED, Standing.QUOTED, Standing.NOTHING]


def test_what_a_server_has_is_asked_by_its_address_and_verified_in_its_folder(two: tuple[Path, Path]) -> None:
    with served(*two) as both:
        said = run("corpus", "info", both)
        assert said.returncode == 0 and said.stdout.count("INDEXED  index holds 2 documents") == 2
        assert len(json.loads(run("corpus", "info", f"{both}/", "-o", "json").stdout)) == 2
        refused = run("corpus", "verify", both)
        assert refused.returncode == 2 and "is a server, whose files are not here" in refused.stderr
    gone = run("corpus", "info", nobody())
    assert gone.returncode == 2 and "no corpus here" not in gone.stderr


def test_a_server_that_is_down_is_said_in_every_format(two: tuple[Path, Path], tmp_path: Path) -> None:
    down = nobody()
    with served(two[0]) as up:
        outputs = [f"{name}={tmp_path / name}" for name in ("text", "json", "html")]
        done = run("trace", ANSWER, "--corpus", f"{up},{down}", *(part for row in outputs for part in ("-o", row)))
    assert done.returncode == 3, done.stderr
    for name in ("text", "json", "html"):
        said = " ".join((tmp_path / name).read_text().split())
        assert down in said and "is it running?" in said, name
        assert "nothing found" not in said and "NOT FOUND" not in said, name
    trace = json.loads((tmp_path / "json").read_text())
    assert [row["standing"] for row in trace["sentences"]] == ["quoted", "unknown", "unknown"]
    assert [bool(row.get("unasked")) for row in trace["corpora"]] == [False, True]
    with served(two[1]) as up:
        missed = run("trace", "words that nobody has written down", "--corpus", f"{up},{down}", "-q")
        assert missed.returncode == 3 and missed.stdout.startswith("UNKNOWN")
    with pytest.raises(UsageError, match="is it running"):
        assay.corpus.open(down)


def test_a_server_that_is_lost_in_the_middle_is_left_out_of_the_whole_answer(two: tuple[Path, Path]) -> None:
    def gone(path: str, number: int, answer: bytes) -> bytes | None:
        return None if path == "/v1/passages" else answer

    with served(two[0]) as up, served(two[1]) as behind, between(behind, gone) as breaking:
        corpus = assay.corpus.open([up, breaking])
        trace = corpus.trace(ANSWER)
        alone = assay.corpus.open(up).trace(ANSWER)
    assert trace.spans == alone.spans and trace.sources == alone.sources
    assert [row.standing for row in trace.sentences] == [Standing.QUOTED, Standing.UNKNOWN, Standing.UNKNOWN]
    (lost,) = [row for row in trace.corpora if row.unasked]
    assert lost.name == breaking and lost.documents == 2 and not corpus.complete


def test_a_server_that_is_slow_is_given_up(two: tuple[Path, Path]) -> None:
    def slow(path: str, number: int, answer: bytes) -> bytes:
        time.sleep(3 if number > 1 else 0)
        return answer

    with served(two[0]) as up, served(two[1]) as behind, between(behind, slow) as waiting:
        corpus = assay.corpus.open([up, waiting], wait=0.5)
        began = time.monotonic()
        trace = corpus.trace(ANSWER)
        assert time.monotonic() - began < 2.9
    assert "did not answer within 0.5 s" in str(trace.corpora[1].unasked)


def test_the_same_corpus_is_asked_once_and_a_copy_stands_in(two: tuple[Path, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(two[0], tmp_path / "copy")
    state = {"gone": False}

    def gone(path: str, number: int, answer: bytes) -> bytes | None:
        return None if state["gone"] else answer

    with served(two[0]) as behind, between(behind, gone) as first, served(copy) as second:
        corpus = assay.corpus.open([first, second])
        assert corpus.count("free of charge") == 1
        assert corpus.records[1].remark == f"the same corpus as {first}: it is counted once"
        state["gone"] = True
        assert corpus.count("free of charge") == 1 and corpus.complete
        assert str(corpus.records[0].remark).endswith(f"{second} is the same corpus, and did")
    same = assay.corpus.open([two[0], copy])
    assert same.count("free of charge") == 1 and "counted once" in str(same.records[1].remark)


def test_shards_that_two_corpora_share_are_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    more = shutil.copytree(two[0], tmp_path / "more")
    (tmp_path / "new.txt").write_text("a text of its own")
    build((str(tmp_path / "new.txt"),), more, Options(), executor("local", 0), add=True)
    with served(two[0]) as first, served(more) as second:
        corpus = assay.corpus.open([first, second])
        assert corpus.count("free of charge") == 2
        assert corpus.records[1].remark == f"1 shard of it is in {first} too: their documents count twice"


def test_a_corpus_that_is_rebuilt_or_removed_while_it_is_served_gives_a_sentence(two: tuple[Path, Path]) -> None:
    with served(two[0]) as first, served(two[1]) as second:
        corpus = assay.corpus.open([first, second])
        assert corpus.count("the weather") == 1
        shutil.rmtree(two[1])
        assert corpus.count("the weather") == 0 and not corpus.complete
        assert "changed, rebuilt or removed while it was served" in str(corpus.records[1].unasked)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("version", 2, "speaks version 2 of the protocol, this assay 1"),
        ("normaliser", "words/9", "serves a corpus built with 'words/9'"),
        ("format", "other", "is no server of corpora"),
        ("documents", -1, "is no server of corpora"),
        ("words", 1 << 60, "is no server of corpora"),
        ("corpora", [{}], "is no server of corpora"),
    ],
)
def test_another_version_or_something_else_is_refused(
    two: tuple[Path, Path], field: str, value: object, said: str
) -> None:
    def other(path: str, number: int, answer: bytes) -> bytes:
        return json.dumps({**json.loads(answer), field: value}).encode()

    with served(two[0]) as up, between(up, other) as odd, pytest.raises(UsageError, match=said):
        assay.corpus.open([up, odd])


def wrong(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same answer with one field after the other that cannot be."""
    for name, value in answer.items():
        yield {key: row for key, row in answer.items() if key != name}
        longer = [*value, value[0]] if isinstance(value, list) and value else []
        for other in (None, -1, [1 << 60], ["\ud800"], [[0, "", "\ud800", ""]], longer):
            if other != value:
                yield {**answer, name: other}


def test_an_answer_that_cannot_be_is_a_server_that_did_not_answer(two: tuple[Path, Path]) -> None:
    with served(two[0]) as up, served(two[1]) as behind:
        expected = one(assay.corpus.open([up, behind]).trace(ANSWER))
        alone = assay.corpus.open(up).trace(ANSWER)
        seen: dict[str, list[dict[str, Any]]] = {}

        def note(path: str, number: int, answer: bytes) -> bytes:
            seen.setdefault(path, list(wrong(json.loads(answer))))
            return answer

        with between(behind, note) as honest:
            assert one(assay.corpus.open([up, honest]).trace(ANSWER)) == expected
        del seen["/v1/corpus"]
        assert {"/v1/match", "/v1/tally", "/v1/passages", "/v1/documents"} <= set(seen)
        for path, answers in seen.items():
            for answer in answers:

                def lie(asked: str, number: int, honest: bytes, path: str = path, answer: Any = answer) -> bytes:
                    return json.dumps(answer).encode() if asked == path else honest

                with between(behind, lie) as liar:
                    corpus = assay.corpus.open([up, liar])
                    trace = corpus.trace(ANSWER)
                    canonical(trace)
                    if not corpus.complete:
                        assert trace.spans == alone.spans, (path, answer)
                        assert "/v1/" in str(trace.corpora[1].unasked)
                    else:  # it may lie within the bounds, as any corpus may
                        assert "next" in answer or path != "/v1/match", (path, answer)


TOLD = wire.Told(wire.FORMAT, wire.VERSION, "", "", "", 5, 9, (), ())
FIELDS = ("lengths", "counts", "times", "documents", "hits", "sizes", "rows", "passages", "format", "version")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from((*FIELDS, "next", "extents")), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(value=VALUES)
def test_no_answer_breaks_who_reads_it(value: Any) -> None:
    for read in (
        lambda row: wire.as_found(row, 3, TOLD),
        lambda row: wire.as_counts(row, 3),
        lambda row: wire.as_tally(row, 2, 3, 400),
        lambda row: wire.as_seen(row, 2, 200),
        lambda row: wire.as_documents(row, 1),
        lambda row: wire.as_extents(row, 1),
        wire.as_told,
    ):
        try:
            read(value)
        except Mismatch as refused:
            assert str(refused)


def test_a_client_gets_a_sentence_for_what_is_not_answered(two: tuple[Path, Path]) -> None:
    limits = serving.Limits(body=20_000, text=300, answer=5000)
    with served(two[0], limits=limits) as url:
        _, told = answered(f"{url}/v1/corpus")
        name = told["corpus"]
        assert answered(f"{url}/v1/count", {"corpus": name, "text": "free of charge"})[1] == {
            "counts": [1], "hits": [], "next": None}  # fmt: skip
        assert answered(f"{url}/v1/trace", {"text": "free of charge to any person obtaining"})[1]["covered"] == 7
        for path, question, status, said in (
            ("count", b"{", 400, "not JSON"),
            ("count", [], 400, "no JSON object"),
            ("count", {"text": "x"}, 400, "no field 'corpus'"),
            ("count", {"corpus": "other", "text": "x"}, 409, "another corpus"),
            ("count", {"corpus": name, "text": 1}, 400, "not a text"),
            ("count", {"corpus": name, "text": "x" * 301}, 400, "not a text of up to 300"),
            ("count", {"corpus": name, "text": "\ud800"}, 400, "surrogate"),
            ("count", {"corpus": name, "text": "a b", "pieces": [1, 2]}, 400, "leaves the text"),
            ("count", {"corpus": name, "text": "a b", "pieces": [0, 0]}, 400, "no words"),
            ("count", {"corpus": name, "text": "a b", "limit": 1 << 40}, 400, "not a number"),
            ("match", {"corpus": name, "text": "a b", "after": -1}, 400, "not a number"),
            ("count", {"corpus": name, "text": "a", "pieces": [0, 1] * 501, "limit": 20_000}, 400, "10,000,000 places"),
            ("tally", {"corpus": name, "text": "a", "places": [99, 0]}, 400, "out of bounds"),
            ("tally", {"corpus": name, "text": ".", "places": [0, 0]}, 400, "without words"),
            ("passages", {"corpus": name, "extents": [0, 0, 1 << 31]}, 400, "more than"),
            ("documents", {"corpus": name, "numbers": [2]}, 400, "out of bounds"),
            ("documents", {"corpus": name, "numbers": [0] * 200}, 413, "ask for less"),
            ("count", b"x" * 20_001, 413, "more than"),
        ):
            found, value = answered(f"{url}/v1/{path}", question)
            assert (found, said in value["error"]) == (status, True), (path, question, value)
        assert answered(f"{url}/v1/corpus", Host="evil.example")[0] == 421


@pytest.mark.parametrize(("unread", "searches"), [(1000, 1), (10, 3)])
def test_pages_of_one_question_come_from_one_search_as_far_as_places_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unread: int, searches: int
) -> None:
    opened(tmp_path / "many", ["one two three four five"] * 25)
    run, looks = Several.look, list[Query]()

    def look(index: Several, query: Query, least: int) -> Found:
        looks.append(query)
        return run(index, query, least)

    monkeypatch.setattr(Several, "look", look)
    limits = serving.Limits(page=10, unread=unread)
    with served(tmp_path / "many/index", limits=limits) as url:
        question = {"corpus": answered(f"{url}/v1/corpus")[1]["corpus"], "text": "one two three four five"}
        pages, after = [], 0
        while after is not None:
            _, page = answered(f"{url}/v1/match", {**question, "after": after})
            pages.append(page)
            after = page["next"]
    rows = [tuple(page["hits"][at : at + 3]) for page in pages for at in range(0, len(page["hits"]), 3)]
    assert [len(page["hits"]) // 3 for page in pages] == [10, 10, 5]
    assert len(set(rows)) == 25 and {document for _, document, _ in rows} == set(range(25))
    assert "lengths" in pages[0] and not any("lengths" in page for page in pages[1:])
    assert len(looks) == searches


def test_who_has_no_token_gets_no_answer(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    token = "a-token-of-this-test"
    with served(two[0], token=token) as url:
        assert answered(f"{url}/v1/corpus")[0] == 401
        assert answered(f"{url}/v1/corpus", Authorization="Bearer other")[0] == 401
        with pytest.raises(UsageError, match=r"401.*read from ASSAY_CORPUS_KEY"):
            assay.corpus.open(url)
        monkeypatch.setenv("ASSAY_CORPUS_KEY", token)
        assert assay.corpus.open(url).count("free of charge") == 1
        with pytest.raises(UsageError, match="in clear"):
            assay.corpus.open("http://corpus.invalid")


def test_who_has_no_token_is_refused_before_the_question_comes_in(two: tuple[Path, Path]) -> None:
    head = b"POST /v1/match HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"
    with served(two[0], token="a-token-of-this-test") as url:
        at = "127.0.0.1", int(url.rpartition(":")[2])
        line = socket.create_connection(at, timeout=10)
        line.sendall(head)
        said = line.recv(4096)
        line.close()
    assert said.startswith(b"HTTP/1.1 401 ")


def test_too_many_questions_at_once_are_told_to_come_again(two: tuple[Path, Path]) -> None:
    limits = serving.Limits(at_once=1, waiting=-1)
    with served(two[0], limits=limits) as url:
        assert answered(f"{url}/v1/corpus")[0] == 200
        status, said = answered(f"{url}/v1/trace", {"text": "x"})
        assert (status, said["error"]) == (503, "too many questions at once")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /v1/corpus HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
        b"GET /v1/corpus HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nG",
    ],
    ids=["nothing", "half a question", "one question and a bit"],
)
def test_a_connection_without_a_question_does_not_keep_its_place(two: tuple[Path, Path], sent: bytes) -> None:
    with served(two[0], limits=serving.Limits(idle=0.2)) as url:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as idle:
            idle.sendall(sent)
            idle.settimeout(20)
            try:
                while idle.recv(1 << 16):
                    pass
            except ConnectionResetError:
                pass
        assert answered(f"{url}/v1/corpus")[0] == 200


def test_an_answer_that_is_not_fetched_does_not_keep_its_place(two: tuple[Path, Path]) -> None:
    limits = serving.Limits(idle=0.2)
    with served(two[0], limits=limits) as url, socket.socket() as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        asked = b"GET /v1/corpus HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        idle.settimeout(20)
        with pytest.raises(ConnectionError):  # the answers fill what lies between the two, and the server ends it
            for _ in range(1 << 20):
                idle.sendall(asked * 1000)
        assert answered(f"{url}/v1/corpus")[0] == 200


def test_corpora_of_more_words_than_can_be_counted_are_no_server_of_corpora(two: tuple[Path, Path]) -> None:
    def many(path: str, number: int, answer: bytes) -> bytes:
        told = json.loads(answer)
        row = {**told["corpora"][0], "documents": 1, "words": wire.MOST}
        return json.dumps({**told, "corpora": [row] * 3, "documents": 3, "words": 3 * wire.MOST}).encode()

    def share(path: str, number: int, answer: bytes) -> bytes:
        told = json.loads(answer)
        told["corpora"][0]["datasets"][0]["words"] = 10**4000
        return json.dumps(told).encode()

    for lie in (many, share):
        with (
            served(two[0]) as behind,
            between(behind, lie) as liar,
            pytest.raises(UsageError, match=r"no server of corpora \(not a number from 0"),
        ):
            assay.corpus.open(liar)


def test_the_command_serves_until_it_is_told_to_end(two: tuple[Path, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assay", "corpus", "serve", *map(str, two), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert process.stderr is not None
    said = process.stderr.readline()
    assert "4 documents in 2 corpora at http://127.0.0.1:" in said
    url = said.split(" at ")[1].split(";")[0]
    try:
        assert assay.corpus.open(url).trace(ANSWER).covered
        corpus = assay.corpus.open([url, two[0]])
        assert corpus.count("the weather in spring") == 1
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stderr.close()
    assert corpus.count("the weather in spring") == 0 and not corpus.complete


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "--allow-host"),
        (["--host", "0.0.0.0", "--allow-host", "x"], "--token-file, or let anyone ask with --no-token"),
        (["--token-file", "short"], "a token has 16 characters"),
        (["--host", "203.0.113.7", "--no-token"], "cannot listen at 203.0.113.7"),
    ],
)
def test_serving_others_needs_a_decision(
    two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("short").write_text("abc\n")
    done = run("corpus", "serve", str(two[0]), *options)
    assert done.returncode == 2 and said in " ".join(done.stderr.split()), done.stderr


def test_contamination_behind_servers_is_that_of_the_folders(two: tuple[Path, Path], tmp_path: Path) -> None:
    rows = [{"id": "q1", "question": LICENCE}, {"id": "q2", "question": "What is the capital of a land far away?"}]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ask = ("corpus", "contamination", str(tmp_path / "set.jsonl"), "-q")
    local = json.loads(run(*ask, "--corpus", str(two[0]), "-o", "json").stdout)
    with served(two[0]) as url:
        far = json.loads(run(*ask, "--corpus", url, "-o", "json").stdout)
        assert far["items"] == local["items"] and [row["clean"] for row in far["items"]] == [False, True]
        partial = run(*ask, "--corpus", f"{url},{nobody()}")
        assert partial.returncode == 3 and "1 of 2 items are not clean, of 1 it is unknown" in " ".join(
            partial.stdout.split()
        )
        assert "did not answer" in partial.stdout


def test_memorisation_behind_servers_is_that_of_the_folders(tmp_path: Path) -> None:
    texts = [" ".join(f"w{at}x{n}" for n in range(24)) for at in range(30)]
    texts += [" ".join(f"verse{n}" for n in range(24))] * 8
    opened(tmp_path / "one", texts[:20])
    opened(tmp_path / "two", texts[20:])
    folders = [tmp_path / "one/index", tmp_path / "two/index"]
    runtime, plan = Memory(texts[-1]), Plan(10, 12, 8, 0)
    local = memorisation(runtime, [str(row) for row in folders], plan=plan)
    with served(folders[0]) as first, served(folders[1]) as second:
        far = memorisation(runtime, [f"{first},{second}"], plan=plan)
        partial = memorisation(runtime, [f"{second},{nobody()}"], plan=plan)
    assert replace(far, corpora=()) == replace(local, corpora=())
    assert partial.groups and partial.missing[-1].endswith("counts are those of the other corpora")


def test_a_name_is_not_called_absent_where_a_server_did_not_answer(two: tuple[Path, Path]) -> None:
    text = "The diary of Niels Bohr."
    with served(two[1]) as up:
        known = uncertainty.score(Sure(), "Who?", text, held=uncertainty.against(corpora=[up]))
        found = uncertainty.score(Sure(), "Who?", text, held=uncertainty.against(corpora=[f"{up},{nobody()}"]))
    assert known.marks[0].because == "the corpora do not hold 'Niels Bohr'"
    assert not found.marks and not any(row.id.startswith("corpus.") for row in found.scores)
    assert any("counts are those of the other corpora" in row for row in found.missing)
    assert all("training data" not in row.because for row in found.judged)


def test_answers_are_not_held_back_for_the_next_packet() -> None:
    """asyncio turns Nagle's algorithm off (40 ms for each answer) where a socket says that it is of TCP."""
    with listening("127.0.0.1", 0) as found:
        assert found.proto == socket.IPPROTO_TCP


def test_a_query_of_no_words_asks_nothing(two: tuple[Path, Path]) -> None:
    with served(two[0]) as url:
        corpus = assay.corpus.open(url)
        assert corpus.count("...") == 0 and not corpus.trace("...").spans and not len(Query.of("..."))
