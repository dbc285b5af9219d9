"""What a command says first and its exit status agree: red is 1, nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders.command import run
from tests.builders.keys import private
from tests.builders.release import release

STOP = "\x1b[1;37;41m"  # white on red


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases of which one lacks its training code, their dossiers, and an index of one text."""
    folder = tmp_path_factory.mktemp("room")
    release(folder / "m")
    release(folder / "n", without=("train.py",))
    for name in ("m", "n"):
        done = run("audit", str(folder / name), "-q", "-o", f"json={folder / name}.json")
        assert done.returncode in (0, 1, 3), done.stderr
    (folder / "text.jsonl").write_text('{"text": "the owl and the pussycat went to sea", "licence": "CC-BY-NC-4.0"}\n')
    assert run("corpus", "build", str(folder / "text.jsonl"), "-o", str(folder / "index")).returncode == 0
    (folder / "bench.jsonl").write_text('{"question": "the owl and the pussycat went to sea", "answer": "no"}\n')
    shutil.copytree(folder / "index", folder / "damaged")
    biggest = max((row for row in (folder / "damaged").iterdir() if row.is_file()), key=lambda row: row.stat().st_size)
    biggest.write_bytes(b"x" + biggest.read_bytes()[1:])
    private(folder / "k.pem")
    private(folder / "other.pem")
    for command in ("sign m --key k.pem", "log append log m.json n.json", "log show log -o checkpoint=kept"):
        assert run(*command.split(), cwd=folder).returncode == 0, command
    (folder / "cut").write_bytes((folder / "log").read_bytes().splitlines(keepends=True)[0])
    return folder


@pytest.mark.parametrize(
    ("command", "status", "word"),
    [
        ("compare m.json n.json", 1, "WORSE"),
        ("compare n.json m.json", 0, "CHANGED"),
        ("compare m.json m.json", 0, "SAME"),
        ("diff m n", 0, "IDENTICAL"),
        ("diff m n --expect identical", 0, "IDENTICAL"),
        ("diff m n --expect unrelated", 1, "IDENTICAL"),
        ("trace 'the owl and the pussycat went to sea' --corpus index", 0, "FOUND"),
        ("trace 'the owl and the pussycat went to sea' --corpus index --fail-on nc,unknown", 1, "FAILED"),
        ("verify m --key k.pub", 0, "VERIFIED"),
        ("verify m --key other.pub", 1, "NOT VERIFIED"),
        ("verify m", 3, "NOT CHECKED"),
        ("verify m.json m", 0, "VERIFIED"),
        ("verify m.json n", 1, "NOT VERIFIED"),
        ("log check log", 0, "HOLDS"),
        ("log check log --since kept", 0, "HOLDS"),
        ("log check cut --since kept", 1, "DOES NOT HOLD"),
        ("openness m", 0, "CLASS I"),
        ("openness n", 0, "CLASS III"),
        ("policy check strict", 0, "VALID"),
        ("sign n --key k.pem", 0, "SIGNED"),
        ("attest n.json --key k.pem", 0, "SIGNED"),
        ("fingerprint m -o m.fp", 0, "KEPT"),
        ("corpus info index", 0, "INDEXED"),
        ("corpus verify index", 0, "INTACT"),
        ("corpus verify damaged", 1, "DAMAGED"),
        ("corpus remove index --id none --dry-run", 0, "WOULD REMOVE"),
        ("corpus contamination bench.jsonl --corpus index", 0, "CONTAMINATED"),
        ("corpus contamination bench.jsonl --corpus index --fail-over 10", 1, "CONTAMINATED"),
        ("log append log2 m.json", 0, "APPENDED"),
        ("log show log", 0, "LISTED"),
        ("baseline write n.json known.json", 0, "KNOWN"),
        ("trace 'nobody wrote this before' --corpus index --fail-on nc,unknown", 0, "NOT FOUND"),
    ],
)
def test_the_first_word_has_the_colour_of_the_exit_status(room: Path, command: str, status: int, word: str) -> None:
    import shlex

    done = run(*shlex.split(command), cwd=room, FORCE_COLOR="1")
    assert done.returncode == status, done.stderr
    first = next(line for line in done.stdout.splitlines() if "\x1b[1;3" in line)
    assert f" {word} " in first and (STOP in first) == (status == 1)
    assert done.stdout.count(f" {word} ") == 1
