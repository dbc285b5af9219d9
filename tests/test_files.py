"""Files that a user names: a size limit, one sentence where one cannot be used, none half written after a kill."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from assay import files, writing
from assay.errors import UsageError
from assay.facts.codec import decode

BOUND = {"model": "a" * 64, "score": "sequence"}


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as refused:
        call()
    said = str(refused.value)
    assert "\n" not in said
    return said


def kept(path: Path, bound: dict[str, str] = BOUND, most: int = 1 << 20) -> files.AppendOnly[float]:
    return files.AppendOnly(path, bound, partial(decode, float), most, "scores")


# reading


def test_a_file_of_just_the_allowed_size_is_read_and_a_larger_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert files.content(tmp_path / "f", 5, "trust file") == b"12345"
    assert refusal(lambda: files.content(tmp_path / "f", 4, "trust file")) == (
        f"trust file {tmp_path}/f is too large: expected at most 4 bytes, got 5; give a smaller one"
    )


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    os.truncate(tmp_path / "f", 1 << 40)  # sparse; reading it would take minutes
    begun = time.monotonic()
    assert "got 1,099,511,627,776" in refusal(lambda: files.content(tmp_path / "f", 1 << 30, "dossier"))
    assert time.monotonic() - begun < 1


def test_a_pipe_is_bounded_although_it_has_no_size(tmp_path: Path) -> None:
    for size, fits in ((5, True), (6, False)):
        pipe = tmp_path / f"pipe{size}"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(b"x" * size,))
        writer.start()
        read = partial(files.content, pipe, 5, "text")
        assert (read() == b"xxxxx") if fits else ("expected at most 5 bytes, got more" in refusal(read))
        writer.join()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone", "No such file or directory; ask for one"),
        (".", "Is a directory; ask for one"),
        ("a\0b", "embedded null"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    said = refusal(lambda: files.text(tmp_path / name, 10, "trust file", "ask for one"))
    assert said.startswith(f"cannot read trust file {tmp_path}") and words in said


def test_text_is_utf8_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes("\ufeffé".encode())
    assert files.text(tmp_path / "f", 10, "document") == "é"
    (tmp_path / "f").write_bytes("é".encode("latin-1"))
    assert refusal(lambda: files.text(tmp_path / "f", 10, "document")) == (
        f"document {tmp_path}/f is not UTF-8 text: byte 0 is 0xe9; save it as UTF-8"
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "f is not a calibration: it is not JSON (Expecting value: line 1 column 1 (char 0)); make one"),
        (b"[" * 100_000, "f is not a calibration: it is not JSON (maximum recursion depth"),
        (b"[]", "f is not a calibration: expected schema 'x/2', got a JSON file without one; make one"),
        (b"{}", "expected schema 'x/2', got a JSON file without one; make one"),
        (b'{"schema": "x/1"}', "expected schema 'x/2', got 'x/1'; make one"),
        (b'{"schema": "x/2"}', "calibration "),
        (b'{"schema": "x/2"}', "f is damaged: no rate; make one"),
    ],
)
def test_a_record_that_is_none_is_one_sentence(tmp_path: Path, raw: bytes, words: str) -> None:
    def read(value: dict[str, float]) -> float:
        if "rate" not in value:
            raise ValueError("no rate")
        return value["rate"]

    (tmp_path / "f").write_bytes(raw)
    assert words in refusal(lambda: files.record(tmp_path / "f", 1 << 20, "calibration", "x/2", read, "make one"))
    (tmp_path / "f").write_bytes(b'{"schema": "x/2", "rate": 0.5}')
    assert files.record(tmp_path / "f", 1 << 20, "calibration", "x/2", read) == 0.5


def test_json_lines_say_where_they_are_and_what_was_expected(tmp_path: Path) -> None:
    path, example = tmp_path / "q.jsonl", '{"text": ...}'
    read = partial(files.json_lines, path=path, example=example, needed=("text",))
    rows = list(read('{"text": "a"}\r\n\n  \n{"text": "b", "more": 1}'))
    assert rows == [(f"{path}, line 1", {"text": "a"}), (f"{path}, line 4", {"text": "b", "more": 1})]
    assert refusal(lambda: list(read('{"text": "a"}\nhello\n'))) == (
        f"{path}, line 2 is not JSON (Expecting value: line 1 column 1 (char 0)): expected a line like {example}"
    )
    for line in ("[1]", '{"other": 1}'):
        assert refusal(lambda line=line: list(read(line))) == (  # type: ignore[misc]
            f"{path}, line 1: expected a line like {example}, got {line}"
        )


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_line_break_of_unicode_inside_a_text_ends_no_line(tmp_path: Path, separator: str) -> None:
    line = json.dumps({"text": f"a{separator}b"}, ensure_ascii=False)
    assert [row["text"] for _, row in files.json_lines(line, tmp_path, "")] == [f"a{separator}b"]


# appending


def test_what_was_added_is_there_the_next_time(tmp_path: Path) -> None:
    with kept(tmp_path / "f") as file:
        assert file.rows == ()
        file.add(1.5)
    with kept(tmp_path / "f") as file:
        file.add(2.5)
    with kept(tmp_path / "f") as file:
        assert file.rows == (1.5, 2.5)
    assert (tmp_path / "f").read_text() == json.dumps(BOUND, sort_keys=True) + "\n1.5\n2.5\n"


def test_cut_at_any_byte_the_file_goes_on_with_every_whole_line(tmp_path: Path) -> None:
    values = [1.5, 22.25, 333.125]
    with kept(tmp_path / "f") as file:
        for value in values:
            file.add(value)
    whole = (tmp_path / "f").read_bytes()
    for size in range(len(whole) + 1):
        (tmp_path / "f").write_bytes(whole[:size])
        with kept(tmp_path / "f") as file:
            assert list(file.rows) == values[: max(0, whole[:size].count(b"\n") - 1)]
            file.add(9.0)
        with kept(tmp_path / "f") as file:
            assert file.rows[-1] == 9.0


def test_killed_at_any_moment_the_file_holds_what_was_told(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom functools import partial\nfrom pathlib import Path\nfrom assay import files\n"
        f"with files.AppendOnly(Path({str(tmp_path / 'f')!r}), {BOUND!r}, list, 1 << 30, 'rows') as file:\n"
        "    number = len(file.rows)\n"
        "    while True:\n"
        "        file.add([number] * 20_000)\n"
        "        print(number, flush=True)\n"
        "        number += 1\n"
    )
    chosen, told = random.Random(4), -1
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(chosen.randrange(1, 12)):
            told = int(process.stdout.readline())
        time.sleep(chosen.random() / 100)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        told = int(out.split("\n")[-2]) if out.count("\n") else told
        with files.AppendOnly(tmp_path / "f", BOUND, list, 1 << 30, "rows") as file:
            assert [row[0] for row in file.rows] == list(range(len(file.rows)))
            assert len(file.rows) >= told + 1 and all(len(row) == 20_000 for row in file.rows)


def nameless(folder: Path) -> None:
    """Skip where files cannot be without a name."""
    handle, named = writing._opened(folder / "probe")
    os.close(handle)
    if named:
        (folder / "probe").unlink()
        pytest.skip("this file system has no files without a name")


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_writer_of_new_files_that_is_killed_leaves_whole_files_and_nothing_beside_them(tmp_path: Path) -> None:
    nameless(tmp_path)
    chosen = random.Random(4)
    for round in range(8):
        folder = tmp_path / str(round)
        folder.mkdir()
        killed_in_a_while(f"Path({str(folder)!r}, str(number))", chosen)
        names = sorted((entry.name for entry in folder.iterdir()), key=int)
        assert names == [str(number) for number in range(len(names))] and names
        assert all((folder / name).read_bytes() == b"%08d" % int(name) * 500_000 for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_writer_that_is_killed_while_it_replaces_leaves_the_whole_file_and_nothing_half_written(
    tmp_path: Path,
) -> None:
    nameless(tmp_path)
    path, chosen = tmp_path / "f", random.Random(4)
    for _ in range(8):
        killed_in_a_while(f"Path({str(path)!r})", chosen)
        whole = [entry.read_bytes() for entry in tmp_path.iterdir()]
        assert path.is_file() and len(whole) <= 2  # the second: killed between the two calls that replace
        assert all(len(raw) == 4_000_000 and raw == raw[:8] * 500_000 for raw in whole)
        for entry in tmp_path.glob(".*"):
            entry.unlink()


def killed_in_a_while(path: str, chosen: random.Random) -> None:
    """Write one file after another, the path of each as code says, in a process that is killed at some moment."""
    code = (
        "from pathlib import Path\nfrom assay.writing import write_whole\n"
        f"for number in range(10_000):\n    write_whole({path}, b'%08d' % number * 500_000)\n"
        "    print(number, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"0\n"
    time.sleep(chosen.random() / 20)
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
@pytest.mark.parametrize("before", [b"", b"old"])
@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
def test_what_a_kill_leaves_at_each_step_of_writing(tmp_path: Path, call: str, before: bytes) -> None:
    nameless(tmp_path)
    path = tmp_path / "f"
    if before:
        path.write_bytes(before)
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom assay.writing import write_whole\n"
        f"os.{call} = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_whole(Path({str(path)!r}), b'new')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code]).returncode
    left = sorted(entry.read_bytes() for entry in tmp_path.iterdir())
    if call == "replace" and not before:  # a new file is named in one step
        assert (ended, left) == (0, [b"new"])
    elif call == "replace":  # the one moment in which there are two, both whole
        assert (ended, left, path.read_bytes()) == (-signal.SIGKILL, [b"new", b"old"], b"old")
    else:
        assert (ended, left) == (-signal.SIGKILL, [before] if before else [])


def test_two_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    def some(first: int) -> None:
        for number in range(first, first + 40):
            with kept(tmp_path / "f") as file:
                file.add(float(number))

    threads = [threading.Thread(target=some, args=(first,)) for first in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with kept(tmp_path / "f") as file:
        assert sorted(file.rows) == [float(number) for first in (0, 100) for number in range(first, first + 40)]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            "my notes\nwithout a last line break",
            "f holds no scores of this kind: expected a first line with model, score",
        ),
        ("my notes", "got 'my notes'; give another file"),
        ('{"model": "b"}\n1.0\n', "holds no scores of this kind: expected a first line with model, score"),
        ('{"model": "b", "score": "sequence"}\n1.0\n', "f holds scores of another model: expected 'aaaa"),
        (json.dumps(BOUND) + "\n1.0\nx\n", "f, line 3 holds no scores (Expecting value"),
        (json.dumps(BOUND) + '\n1.0\n"x"\n', "f, line 3 holds no scores (not a float): take it out, or give another"),
    ],
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, raw: str, words: str) -> None:
    (tmp_path / "f").write_text(raw)
    assert words in refusal(lambda: kept(tmp_path / "f").__enter__())
    assert (tmp_path / "f").read_text() == raw


def test_where_nothing_can_be_kept_is_one_sentence(tmp_path: Path) -> None:
    said = refusal(lambda: kept(tmp_path / "no" / "f").__enter__())
    assert said == f"cannot keep scores in {tmp_path}/no/f: No such file or directory"
    (tmp_path / "f").write_text("x" * 100)
    assert "too large: expected at most 10 bytes of scores, got 100" in refusal(
        lambda: kept(tmp_path / "f", most=10).__enter__()
    )


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    code = (
        "import resource, signal\nfrom pathlib import Path\nfrom assay import files\n"
        "from assay.errors import UsageError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        f"with files.AppendOnly(Path({str(tmp_path / 'f')!r}), {BOUND!r}, list, 1 << 30, 'rows') as file:\n"
        "    file.add([1])\n"
        "    try:\n        file.add([2] * 9000)\n"
        "    except UsageError as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"cannot keep rows in {tmp_path}/f: File too large\n", done.stderr
    assert (tmp_path / "f").read_text() == json.dumps(BOUND, sort_keys=True) + "\n[1]\n"


# writing


def test_a_written_file_has_the_permissions_of_the_umask_and_leaves_no_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        writing.write(tmp_path / "f", b"one")
        writing.write(tmp_path / "f", b"two")
    finally:
        os.umask(before)
    assert (tmp_path / "f").read_bytes() == b"two" and [path.name for path in tmp_path.iterdir()] == ["f"]
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


@pytest.mark.parametrize(("name", "words"), [("no/f", "No such file or directory"), ("", "Is a directory")])
def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    assert refusal(lambda: writing.write(tmp_path / name, b"x")) == f"cannot write {tmp_path / name}: {words}"


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "real"
    path.write_bytes(b"old")
    path.chmod(0o600)
    writing.write(path, b"new")
    assert path.read_bytes() == b"new" and path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with pytest.raises(UsageError, match=r"it is a link to .*real; name the file itself"):
        writing.try_out(link)
    with pytest.raises(UsageError, match=r"it is a link to .*real; name the file itself"):
        writing.write(link, b"new")
    assert link.is_symlink() and real.read_bytes() == b"old"


def test_a_name_as_long_as_the_system_allows_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    writing.try_out(path)
    writing.write(path, b"new")
    assert path.read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 1
