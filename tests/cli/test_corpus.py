"""`assay corpus` and `assay trace` as a user types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.builders.command import ASSAY, run

MIT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and "
    "associated documentation files"
)
ROWS = [
    {
        "id": "mit",
        "title": "The MIT License",
        "text": f"MIT License. {MIT}, to deal in the Software.",
        "license": "MIT",
        "url": "https://x.org/mit",
        "source": "licences",
    },
    {
        "id": "poem",
        "text": "the owl and the pussycat went to sea in a beautiful pea green boat",
        "license": "CC-BY-NC-4.0",
        "source": "poems",
        "date": "2019-05-01",
    },
    {"id": "note", "text": "a note about nothing in particular that nobody signed or dated", "source": "notes"},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "not json\n")
    built = run("corpus", "build", str(folder / "data.jsonl"), "-o", str(folder / "index"))
    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines()[0].startswith(" INDEXED  index holds 3 documents, 52 words, 0.0 MB of text")
    assert "licences: MIT (permissive; document)" in built.stdout
    assert "notes: no licence stated (unknown)" in built.stdout
    assert "read as  dataset from source (3)" in built.stdout
    assert "note     1 x not JSON: data.jsonl:4" in built.stdout
    return folder / "index"


def test_trace_shows_spans_sources_licences_and_what_it_cannot_tell(index: Path) -> None:
    done = run("trace", f"He said: {MIT.upper()}! And then nothing.", "--corpus", str(index))
    assert done.returncode == 0, done.stderr
    assert "20 of 25 words lie in 1 span" in done.stdout
    assert f"[[{MIT.upper()}]][1]" in " ".join(done.stdout.split())
    assert "[1] The MIT License  (licences, index)" in done.stdout
    assert "case differs" in done.stdout and "https://x.org/mit" in done.stdout
    assert "licences: MIT (permissive; document), 1 documents" in done.stdout
    assert "A match is not proof of causation" in done.stdout and "A miss is only as strong" in done.stdout


def test_text_from_a_file_from_standard_input_and_as_json(index: Path, tmp_path: Path) -> None:
    (tmp_path / "answer.txt").write_text(MIT)
    for text in (str(tmp_path / "answer.txt"), MIT):
        found = json.loads(run("trace", text, "--corpus", str(index), "-o", "json").stdout)
        assert found["text"] == MIT and found["sources"][0]["document"]["id"] == "mit"
    quiet = run("trace", MIT, "--corpus", str(index), "-q")
    assert quiet.stdout == "FOUND  20 of 20 words lie in 1 span that the corpus holds; sentences: 1 quoted.\n"


def test_colour_only_where_it_is_wanted(index: Path) -> None:
    assert "\x1b[" not in run("trace", MIT, "--corpus", str(index)).stdout
    coloured = run("trace", MIT, "--corpus", str(index), FORCE_COLOR="1").stdout
    assert f"\x1b[30;46m{MIT}\x1b[0m" in " ".join(coloured.split())


@pytest.mark.parametrize(
    ("text", "limits", "status"),
    [
        ("the owl and the pussycat went to sea", "nc", 1),
        ("the owl and the pussycat went to sea", "unknown,sa", 0),
        ("a note about nothing in particular that nobody signed", "unknown>10%", 1),
        (MIT, "nc,unknown>10%", 0),
        (f"the owl and the pussycat went to sea. {MIT}", "nc>50%", 0),
        (f"the owl and the pussycat went to sea. {MIT}", "nc>20%", 1),
    ],
)
def test_fail_on_a_class_of_licence(index: Path, text: str, limits: str, status: int) -> None:
    done = run("trace", text, "--corpus", str(index), "--fail-on", limits, "-q")
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith("FAILED  ") == ("of the traced words have a licence of class" in done.stdout)
    assert done.stdout.startswith("FAILED  ") == bool(status) and not done.stderr  # said once
    elsewhere = run("trace", text, "--corpus", str(index), "--fail-on", limits, "-o", "json")
    assert ("of the traced words have a licence of class" in elsewhere.stderr) == bool(status)


def test_contamination(index: Path, tmp_path: Path) -> None:
    items = [
        {
            "id": "leaked",
            "question": "What comes after: the owl and the pussycat went to sea in a beautiful pea green boat",
            "answer": "They took some honey",
        },
        {"id": "short", "question": "Where did they go?", "answer": "the owl and the pussycat went"},
        {
            "id": "clean",
            "question": "How many moons does Mars have, and what are they called?",
            "answer": "Two: Phobos and Deimos",
        },
        {"nothing": 1},
    ]
    (tmp_path / "bench.jsonl").write_text("".join(json.dumps(row) + "\n" for row in items))
    done = run("corpus", "contamination", str(tmp_path / "bench.jsonl"), "--corpus", str(index), "--fail-over", "50")
    assert done.returncode == 1, done.stderr
    assert "bench.jsonl: 1 of 3 items are clean (33.3%). 1 row has no question." in " ".join(done.stdout.split())
    found = json.loads(
        run("corpus", "contamination", str(tmp_path / "bench.jsonl"), "--corpus", str(index), "-o", "json").stdout
    )
    parts = {
        row["id"]: (row["clean"], row["question"]["longest"], row["answer"]["overlap"], row["source"])
        for row in found["items"]
    }
    assert parts["leaked"][:2] == (False, 14) and parts["leaked"][3] == "poem"
    assert parts["short"] == (False, 0, 1.0, "poem") and parts["clean"][0] is True


def test_removing_asks_first_with_dry_run(index: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(index, tmp_path / "copy")
    dry = run("corpus", "remove", str(copy), "--containing", "the owl and the pussycat", "--dry-run")
    assert dry.stdout == " WOULD REMOVE  1 document; nothing was changed.\npoem  (poems)\n"
    told = run("corpus", "remove", str(copy), "--containing", "the owl", "--dry-run", "-o", "json").stdout
    assert json.loads(told) == {"documents": [["poem", "poems"]], "done": False}
    assert "poem" in run("trace", "the owl and the pussycat went to sea", "--corpus", str(copy)).stdout
    assert (
        run("corpus", "remove", str(copy), "--id", "poem").stdout
        == " REMOVED  1 document is gone from every answer.\npoem  (poems)\n"
    )
    assert (
        "0 of 8 words lie in 0 spans"
        in run("trace", "the owl and the pussycat went to sea", "--corpus", str(copy)).stdout
    )
    assert "removed  1 of these documents are in no answer" in run("corpus", "info", str(copy)).stdout
    assert run("corpus", "verify", str(copy)).stdout == " INTACT  Every file is what the manifest says.\n"
    assert json.loads(run("corpus", "verify", str(copy), "-o", "json").stdout) == {"damaged": [], "name": "copy"}
    assert run("corpus", "remove", str(copy)).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("trace", "x", "--corpus", "/nowhere"), "assay: /nowhere: no corpus here"),
        (("trace", "x"), "Missing option '--corpus'"),
        (("corpus", "build", "/nowhere", "-o", "{tmp}/x"), "assay: /nowhere: no such file or folder"),
        (("corpus", "build", "{index}", "-o", "{tmp}/x"), "is a corpus already, not what one is built from"),
        (
            ("corpus", "build", "{data}", "-o", "{index}"),
            "there is a corpus already; `assay corpus add` adds to it, --replace builds it anew",
        ),
        (
            ("corpus", "build", "{data}", "-o", "{tmp}/x", "--shard-size", "lots"),
            "--shard-size 'lots': give a number of bytes, or 256MiB, 1GiB",
        ),
        (("corpus", "build", "{data}", "-o", "{tmp}/x", "--shard-size", "1"), "a shard holds between 64 KiB and"),
        (("corpus", "build", "{data}", "-o", "{tmp}/x", "--encoding", "klingon"), "no text encoding 'klingon'"),
        (("corpus", "build", "{data}", "-o", "{tmp}/x", "--source", "MIT"), "--source takes DATASET=LICENCE"),
        (
            ("corpus", "build", "{data}", "-o", "{tmp}/x", "--executor", "slurm"),
            "no executor 'slurm': give local or ray",
        ),
        (("corpus", "build", "s9://bucket/x", "-o", "{tmp}/x"), "s9://bucket/x: cannot be listed"),
        (("trace", "x", "--corpus", "{index}", "--fail-on", "bad"), "--fail-on 'bad': give a class"),
        (("trace", "x", "--corpus", "{index}", "--similar", "{tmp}"), "no sentence-embedding model"),
        (
            ("corpus", "contamination", "{data}", "--corpus", "{index}", "--question-field", "q"),
            "no item has a question; looked for q",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    index: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    places = {"index": index, "data": index.parent / "data.jsonl", "tmp": tmp_path}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.returncode == 2
    assert sentence in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "x" / "manifest.json").exists()


def test_a_missing_extra_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some text")
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['zstandard'] = None\n")
    done = run("corpus", "build", str(tmp_path / "a.txt"), "-o", str(tmp_path / "index"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "assay: a corpus needs an extra: install it with  pip install 'openassay[corpus]'\n"
    assert not (tmp_path / "index").exists()


def test_the_page_holds_everything_and_needs_no_script(index: Path, tmp_path: Path) -> None:
    page = tmp_path / "trace.html"
    text = f"<script>alert(1)</script> {MIT} \u202e and the owl and the pussycat went to sea"
    assert run("trace", text, "--corpus", str(index), "-o", f"html={page}").returncode == 0
    raw = page.read_text()
    assert "<script>alert" not in raw and "&lt;script&gt;alert" in raw and "\\u202e" in raw
    assert 'href="#source-1"' in raw and 'id="source-2"' in raw and "CC-BY-NC-4.0 (non-commercial; document)" in raw
    assert "http-equiv" in raw and "default-src &#39;none&#39;" in raw.replace("'", "&#39;")


def test_ctrl_c_ends_a_build_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    with (tmp_path / "data.jsonl").open("w") as stream:
        stream.writelines(
            json.dumps({"text": f"row {n} of very many rows in this file " * 30}) + "\n" for n in range(200_000)
        )
    command = [*ASSAY, "corpus", "build", str(tmp_path / "data.jsonl"), "-o", str(tmp_path / "index")]

    def reset() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it

    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=reset
    ) as running:
        while not list(tmp_path.glob("index/.shard-*")) and running.poll() is None:
            time.sleep(0.01)
        started = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to every process
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130 and time.monotonic() - started < 10
    assert said == "assay: interrupted; reports that were not finished were not written\n"
    assert not (tmp_path / "index/manifest.json").exists()
