"""What goes in: every kind of input, what is known of each document, what was skipped, and bad input."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

import assay.corpus
from assay.corpus import croissant, manifest
from assay.corpus.building import Options, build
from assay.corpus.collection import Corpus
from assay.corpus.documents import Fields
from assay.errors import UsageError
from assay.execution import executor
from assay.facts.corpus import Document, LicenceBasis, LicenceClass
from assay.licence.statement import of_document
from tests.builders.corpus import indexed, skipped
from tests.builders.rows import ROWS, WRITERS, as_arrow_stream, as_jsonl


def everything(corpus: Corpus) -> list[Document]:
    return [shard.document(number) for shard in corpus.shards for number in range(shard.documents)]


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_rows_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    corpus = indexed(tmp_path / "index", tmp_path / name)
    found = everything(corpus)
    assert [row.id for row in found] == [f"r{n}" for n in range(5)]
    assert {(row.licence.spdx, row.licence.basis, row.licence.kind) for row in found} == {
        ("MIT", LicenceBasis.DOCUMENT, LicenceClass.PERMISSIVE)
    }
    assert [row.url for row in found] == [f"https://x.org/{n}" for n in range(5)]
    assert (
        corpus.records[0].datasets[0].first_date == "2021-01-01"
        and corpus.records[0].datasets[0].last_date == "2021-05-01"
    )
    assert corpus.count("quick brown fox number 3") == 1


def test_a_folder_of_texts(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "guide").mkdir(parents=True)
    (folder / "guide/a.txt").write_text("plain text here")
    (folder / "b.md").write_text("# Heading\n\nmarkdown *text* here")
    (folder / "c.html").write_text(
        "<html><title>The title</title><style>p{}</style>"
        "<p>first paragraph</p><p>second <b>bold</b> one</p><script>alert(1)</script>"
    )
    (folder / "d.txt").write_bytes("\ufeffmarked äöü".encode("utf-16"))
    (folder / "e.txt").write_bytes(b"broken \xff\xfe utf-8 here")
    (folder / "f.txt").write_bytes(b"binary \0\0 data")
    (folder / "g.txt").write_text("   \n")
    (folder / "h.xyz").write_text("who knows")
    corpus = indexed(tmp_path / "index", folder)
    found = {row.id: row for row in everything(corpus)}
    assert sorted(found) == ["b.md", "c.html", "d.txt", "e.txt", "guide/a.txt"]
    assert found["c.html"].title == "The title" and found["guide/a.txt"].dataset == "guide"
    assert (
        corpus.count("marked äöü") == 1
        and corpus.count("first paragraph second bold one") == 1
        and corpus.count("alert") == 0
    )
    assert skipped(corpus.records[0]) == {
        "empty text": 1,
        "no reader for .xyz": 1,
        "not text: it holds NUL bytes": 1,
        "indexed, with bytes that are no text in its encoding replaced": 1,
    }


def test_a_dataset_saved_to_disk_with_its_card(tmp_path: Path) -> None:
    folder = tmp_path / "my-dataset"
    folder.mkdir()
    as_arrow_stream(folder / "data-00000-of-00001.arrow")
    (folder / "dataset_info.json").write_text("{}")
    (folder / "state.json").write_text("{}")
    (folder / "README.md").write_text("---\nlicense: cc-by-sa-4.0\n---\n# My data\n")
    found = everything(indexed(tmp_path / "index", folder))
    assert len(found) == 5
    assert {(row.licence.spdx, row.licence.kind) for row in found} == {("MIT", LicenceClass.CONFLICTING)}


def test_rows_of_fine_tuning_data(tmp_path: Path) -> None:
    rows = [
        {
            "messages": [
                {"role": "user", "content": "how do bees fly"},
                {"role": "assistant", "content": "with their wings"},
            ]
        },
        {"conversations": [{"from": "human", "value": "what is rain"}, {"from": "gpt", "value": "falling water"}]},
        {"instruction": "name a colour", "input": "", "output": "crimson"},
        {"question": "where is Oslo", "answer": "in Norway"},
        {"unrelated": 3},
        ["not", "an", "object"],
        "a bare string of text",
    ]
    (tmp_path / "sft.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n\n")
    corpus = indexed(tmp_path / "index", tmp_path / "sft.jsonl")
    for text in (
        "how do bees fly with their wings",
        "what is rain falling water",
        "name a colour crimson",
        "where is oslo in norway",
        "a bare string of text",
    ):
        assert corpus.count(text) == 1, text
    assert skipped(corpus.records[0]) == {
        "no field with text": 1,
        "not JSON": 1,
        "a row that is neither an object nor a string": 1,
        "field messages[].role not indexed: says of what kind a part is": 1,
        "field conversations[].from not indexed: says of what kind a part is": 1,
    }


def test_fields_and_licences_by_option(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"story": "once upon a time", "text": "other", "who": "tales", "rights": "CC BY-NC 4.0"})
        + "\n"
        + json.dumps({"story": "in a land far away", "who": "songs"})
        + "\n"
    )
    fields = Fields(
        names={"text": "story", "dataset": "who", "licence": "rights"}, stage="sft", licences={"songs": "Apache 2.0"}
    )
    first, second = everything(indexed(tmp_path / "index", tmp_path / "a.jsonl", fields=fields))
    assert (first.dataset, first.stage, first.licence.spdx, first.licence.kind) == (
        "tales",
        "sft",
        "CC-BY-NC-4.0",
        LicenceClass.NON_COMMERCIAL,
    )
    assert (second.licence.spdx, second.licence.basis) == ("Apache-2.0", LicenceBasis.ASSERTED)


def test_croissant_gives_name_licence_and_address(tmp_path: Path) -> None:
    (tmp_path / "croissant.json").write_text(
        json.dumps(
            {
                "@type": "sc:Dataset",
                "name": "Tales",
                "license": "https://creativecommons.org/licenses/by/4.0/",
                "url": "https://x.org/tales",
            }
        )
    )
    (tmp_path / "a.txt").write_text("once upon a time")
    found = croissant.metadata(tmp_path / "croissant.json")
    fields = Fields(croissant_name=found["name"], croissant_licence=found["licence"], croissant_url=found["url"])
    (row,) = everything(indexed(tmp_path / "index", tmp_path / "a.txt", fields=fields))
    assert (row.dataset, row.url, row.licence.spdx, row.licence.basis) == (
        "Tales",
        "https://x.org/tales",
        "CC-BY-4.0",
        LicenceBasis.CROISSANT,
    )
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(UsageError, match="not a Croissant file"):
        croissant.metadata(tmp_path / "other.json")


def test_small_shards_give_the_same_answers(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"text": f"word{n} " * 300 + f"the needle number {n}"}) + "\n" for n in range(200))
    (tmp_path / "a.jsonl").write_text(rows)
    large, small = (
        indexed(tmp_path / "one", tmp_path / "a.jsonl"),
        indexed(tmp_path / "many", tmp_path / "a.jsonl", shard=1 << 16),
    )
    assert len(large.shards) == 1 and len(small.shards) > 5
    text = "here is the needle number 17 and word3 word3 word3 word3 word3"
    assert large.trace(text).spans == small.trace(text).spans
    assert large.count("the needle") == small.count("the needle") == 200


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        indexed(tmp_path / name / "index", tmp_path / name / "a.jsonl")
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "index").iterdir()} for name in ("one", "two")
    ]
    assert files[0] == files[1]
    assert set(files[0]) == {"manifest.json", ".lock", next(name for name in files[0] if name.startswith("shard-"))}


def test_adding_and_adding_twice(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first document of all")
    (tmp_path / "b.txt").write_text("second document of all")
    indexed(tmp_path / "index", tmp_path / "a.txt")
    build((str(tmp_path / "b.txt"),), tmp_path / "index", Options(), executor("local", 0), add=True)
    corpus = assay.corpus.open(tmp_path / "index")
    assert corpus.count("document of all") == 2 and corpus.records[0].documents == 2
    with pytest.raises(UsageError, match="in the corpus already"):
        build((str(tmp_path / "b.txt"),), tmp_path / "index", Options(), executor("local", 0), add=True)
    note = tmp_path / "index" / f".task-{'a' * 32}.json"
    note.write_text("{}")  # a build that is killed when its manifest is there may leave one
    with pytest.raises(UsageError, match="there is a corpus already"):
        build((str(tmp_path / "b.txt"),), tmp_path / "index", Options(), executor("local", 0))
    assert not note.exists()
    assert assay.corpus.open(tmp_path / "index").count("document of all") == 2


def test_removed_documents_are_gone_from_every_answer(tmp_path: Path) -> None:
    from assay.corpus.removal import remove

    (tmp_path / "a.jsonl").write_text(
        "".join(
            json.dumps({"id": f"d{n}", "text": f"the secret of the house number {n} is kept in a box"}) + "\n"
            for n in range(5)
        )
    )
    indexed(tmp_path / "index", tmp_path / "a.jsonl")
    assert [row.id for row in remove(tmp_path / "index", ids=("d2",))] == ["d2"]
    corpus = assay.corpus.open(tmp_path / "index")
    assert corpus.count("the secret of the house") == 4 and corpus.count("house number 2") == 0
    assert {hit.document.id for hit in corpus.find("the secret of the house")} == {"d0", "d1", "d3", "d4"}
    assert all(
        row.document.id != "d2" for row in corpus.trace("the secret of the house number 2 is kept in a box").sources
    )
    assert corpus.trace("house number 2 is kept in a box").longest[0] == 2
    assert [row.id for row in remove(tmp_path / "index", text="house number 3")] == ["d3"]
    assert assay.corpus.open(tmp_path / "index").records[0].removed == 2
    with pytest.raises(UsageError, match="nothing was removed"):
        remove(tmp_path / "index", ids=("d2",))
    assert [path.name for path in (tmp_path / "index").glob("removed-*")].__len__() == 1


@pytest.mark.parametrize(
    ("text", "spdx", "kind"),
    [
        ("mit", "MIT", LicenceClass.PERMISSIVE),
        ("Apache 2.0", "Apache-2.0", LicenceClass.PERMISSIVE),
        ("cc-by-sa-3.0", "CC-BY-SA-3.0", LicenceClass.SHARE_ALIKE),
        ("CC BY 4.0", "CC-BY-4.0", LicenceClass.ATTRIBUTION),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND-4.0", LicenceClass.NON_COMMERCIAL),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", LicenceClass.NO_DERIVATIVES),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", LicenceClass.PERMISSIVE),
        ("GPL-2.0", "GPL-2.0-only", LicenceClass.SHARE_ALIKE),
        ("MIT OR CC-BY-NC-4.0", "MIT OR CC-BY-NC-4.0", LicenceClass.PERMISSIVE),
        ("MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", LicenceClass.SHARE_ALIKE),
        (
            "GPL-3.0-only WITH Classpath-exception-2.0",
            "GPL-3.0-only WITH Classpath-exception-2.0",
            LicenceClass.SHARE_ALIKE,
        ),
        ("llama2", "LicenseRef-scancode-llama-2-license-2023", LicenceClass.RESTRICTED),
        ("cc-by-nc", "", LicenceClass.NON_COMMERCIAL),
        ("MIT OR LicenseRef-own", "MIT OR LicenseRef-own", LicenceClass.PERMISSIVE),
        ("MIT AND LicenseRef-own", "MIT AND LicenseRef-own", LicenceClass.UNKNOWN),
        ("ask my lawyer", "", LicenceClass.UNKNOWN),
        ("x" * 10_000, "", LicenceClass.UNKNOWN),
    ],
)
def test_licences_as_written(text: str, spdx: str, kind: LicenceClass) -> None:
    found = of_document(text)
    assert (found.spdx, found.kind) == (spdx, kind)


def test_an_unknown_licence_is_never_permissive() -> None:
    assert of_document("").kind is LicenceClass.UNKNOWN and of_document("").basis is LicenceBasis.UNKNOWN
    assert of_document("other", croissant="mit").basis is LicenceBasis.CROISSANT
    assert of_document("mit", asserted="gpl-3.0").kind is LicenceClass.CONFLICTING
    assert of_document("mit", card="MIT License").kind is LicenceClass.PERMISSIVE


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.jsonl", b"", "no document could be read"),
        ("empty.txt", b"", r"empty text \(such as empty.txt:1\)"),
        ("notes.odt", b"x", "no reader for this kind of file"),
        ("binary.txt", b"\0" * 100, "NUL bytes"),
        ("bad.parquet", b"PAR1 nonsense", "cannot be read on"),
        ("bad.arrow", b"nonsense", "cannot be read on"),
        ("bad.jsonl.gz", b"not gzip at all", "cannot be read on"),
        ("bad.jsonl.zst", b"not zstd at all", "cannot be read on"),
        ("bad.json", b"[1, 2", "cannot be read on"),
        ("nulls.csv", b"text\n", "no document could be read"),
    ],
)
def test_bad_input_gives_one_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        indexed(tmp_path / "index", tmp_path / name)
    assert not manifest.exists(tmp_path / "index")


def test_a_truncated_input_keeps_what_was_read_and_says_so(tmp_path: Path) -> None:
    raw = gzip.compress("".join(json.dumps({"text": f"row {n} " * 50}) + "\n" for n in range(20_000)).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(raw[: len(raw) // 2])
    corpus = indexed(tmp_path / "index", tmp_path / "cut.jsonl.gz")
    assert corpus.records[0].documents > 100
    assert any("cannot be read on" in reason for reason in skipped(corpus.records[0]))


def test_one_word_one_line_and_one_huge_word(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("word")
    assert indexed(tmp_path / "one", tmp_path / "one.txt").count("Word") == 1
    (tmp_path / "same.txt").write_text("the same line again\n" * 200_000)
    corpus = indexed(tmp_path / "same", tmp_path / "same.txt")
    assert corpus.count("same line again the same") == 199_999
    assert corpus.trace("the same line again the same line").spans[0].common
    (tmp_path / "huge.txt").write_text("x" * 1_000_000)
    assert indexed(tmp_path / "huge", tmp_path / "huge.txt").count("x" * 255) == 1_000_000 // 255


def test_duplicate_ids_are_all_kept_and_all_removed(tmp_path: Path) -> None:
    from assay.corpus.removal import remove

    (tmp_path / "a.jsonl").write_text(
        '{"id": "same", "text": "one thing"}\n'
        '{"id": "same", "text": "another thing"}\n'
        '{"id": "x", "text": "third thing"}\n'
    )
    assert indexed(tmp_path / "index", tmp_path / "a.jsonl").records[0].documents == 3
    assert len(remove(tmp_path / "index", ids=("same",))) == 2


def test_many_tiny_documents(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(f'{{"text":"tiny {n}"}}\n' for n in range(100_000)))
    corpus = indexed(tmp_path / "index", tmp_path / "a.jsonl")
    assert corpus.records[0].documents == 100_000 and corpus.count("tiny") == 100_000
    assert corpus.find("tiny 99999")[0].document.id == "a.jsonl:100000"


def test_behind_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.corpus import storage

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("text behind a url")
    target = f"file://{tmp_path}/remote"
    with storage.written(target) as folder:
        build((f"file://{tmp_path}/in",), folder, Options(), executor("local", 0))
    corpus = assay.corpus.open(target)
    assert corpus.count("behind a url") == 1 and corpus.records[0].name == "remote"
    with pytest.raises(UsageError, match="no corpus here"):
        assay.corpus.open(f"file://{tmp_path}/nowhere")


def test_the_corpus_says_how_rows_were_read(tmp_path: Path) -> None:
    as_jsonl(tmp_path / "a.jsonl")
    indexed(tmp_path / "index", tmp_path / "a.jsonl")
    found, _ = manifest.load(tmp_path / "index")
    assert found.parts[0].fields == (
        "date from date (5)",
        "id from id (5)",
        "licence from license (5)",
        "text from text (5)",
        "url from url (5)",
    )
    assert re.fullmatch("[0-9a-f]{64}", found.parts[0].inputs[0].sha256)
