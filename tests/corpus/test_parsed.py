"""Inputs are parsed in locked processes: what one does that was taken over, what kills it, what stands for too much."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from benchmarks import robustness
from pyarrow import parquet

import assay.corpus
from assay.corpus import croissant, parsed
from assay.corpus.building import Options, build
from assay.corpus.documents import SAID, Fields, Made
from assay.corpus.inputs import _card, listed
from assay.corpus.manifest import Manifest
from assay.corpus.parsed import Parsed
from assay.corpus.row import NotRead, Row
from assay.corpus.rows import Parsing
from assay.errors import UsageError
from assay.execution import executor
from assay.isolation.child import Forked
from assay.isolation.wire import packed

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's"),
    # some tests fork this process, which has a second thread where the suite runs on several cores; it holds no lock
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
Body = Callable[[], object]


@pytest.fixture
def taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Body], Manifest]:
    """Build from `a.html`, whose parser does what it likes, and `b.jsonl`, which is sound."""
    monkeypatch.setattr(parsed, "started", lambda fresh, module: Forked(module))
    sound = Parsing.rows
    (tmp_path / "a.html").write_text("<p>hostile</p>")
    robustness.documents(tmp_path / "b.jsonl", 0, 20)

    def run(body: Body) -> Manifest:
        def rows(self: Any, stream: Any, opened: Any) -> Iterator[Row | NotRead]:
            if self._input.kind == "html":
                yield Row(1, {"text": str(body())})
            else:
                yield from sound(self, stream, opened)

        monkeypatch.setattr(Parsing, "rows", rows)
        inputs = (str(tmp_path / "a.html"), str(tmp_path / "b.jsonl"))
        return build(inputs, tmp_path / "index", Options(), executor("local", 0), replace_old=True)

    return run


def refused(*attempts: Body) -> Body:
    """What each of these is answered with."""

    def run() -> object:
        found = []
        for attempt in attempts:
            try:
                attempt()
                found.append("allowed")
            except OSError as error:
                found.append(type(error).__name__)
        return " ".join(found)

    return run


def answer(message: object) -> Body:
    """Write this in place of what the process would answer, and end."""

    def run() -> object:
        raw = message if isinstance(message, bytes) else packed(message)
        for fd in range(3, 64):
            try:
                os.write(fd, raw)
            except OSError:
                continue  # not open, or the end that requests come from
        os._exit(0)

    return run


def reasons(found: Manifest) -> list[str]:
    return [row.reason for part in found.parts for row in part.skipped]


def texts(folder: Path) -> list[str]:
    (shard,) = assay.corpus.open(folder).shards
    return [shard.text(*shard.extent(number)).decode() for number in range(shard.documents)]


def test_a_parser_that_was_taken_over_reaches_nothing(
    taken_over: Callable[[Body], Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    secret = tmp_path / "b.jsonl"
    taken_over(
        refused(
            lambda: os.open(secret, os.O_RDONLY),
            lambda: os.open(tmp_path / "new", os.O_WRONLY | os.O_CREAT),
            lambda: os.listdir("/"),
            lambda: socket.socket(),
            lambda: os.fork(),
            lambda: os.execv("/bin/true", ["true"]),
            lambda: os.kill(os.getppid(), 0),
        )
    )
    assert texts(tmp_path / "index")[0] == " ".join(["PermissionError"] * 7)
    taken_over(lambda: os.environ.get("HF_TOKEN", "") + "nothing")
    assert texts(tmp_path / "index")[0] == "nothing"


ROW = [1, False, [""] * len(SAID), [3]]
FRAME = {"made": [ROW], "skipped": [], "used": {}, "last": True}


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff\xff\xff",
        b"\x05\0\0\0nonsense",
        {},
        [],
        {**FRAME, "more": 1},
        {**FRAME, "made": {}},
        {**FRAME, "made": [[]]},
        {**FRAME, "made": [[-1, *ROW[1:]]]},
        {**FRAME, "made": [[True, *ROW[1:]]]},
        {**FRAME, "made": [[1, 0, *ROW[2:]]]},
        {**FRAME, "made": [[1, False, [""] * 7, [3]]]},
        {**FRAME, "made": [[1, False, ["\ud800"] * len(SAID), [3]]]},
        {**FRAME, "made": [[1, False, ["x" * 20_000] * len(SAID), [3]]]},
        {**FRAME, "made": [[1, False, [""] * len(SAID), [-3]]]},
        {**FRAME, "made": [[1, False, [""] * len(SAID), [1 << 40]]]},
        {**FRAME, "made": [[1, False, [""] * len(SAID), [3, 3]]]},
        {**FRAME, "made": [ROW] * 5000},
        {**FRAME, "skipped": [[1]]},
        {**FRAME, "skipped": [[0, "x" * 20_000]]},
        {**FRAME, "skipped": [[0, "\ud800"]]},
        {**FRAME, "used": {"text": -1}},
        {**FRAME, "used": {"\ud800": 1}},
        {**FRAME, "last": 1},
        packed({**FRAME}) + b"\xff\xfe\xfd",
        packed({**FRAME}) + b"abc, and more",
    ],
)
def test_nonsense_is_left_out_and_what_is_sound_stays(
    taken_over: Callable[[Body], Manifest], tmp_path: Path, message: object
) -> None:
    found = taken_over(answer(message))
    (reason,) = reasons(found)
    assert reason.startswith("the process that parses it was stopped: ")
    assert sum(shard.documents for shard in found.shards) in (20, 21)  # a row may have come before the nonsense
    assert texts(tmp_path / "index")[-1].endswith("document 19")


def test_a_crash_is_left_out_and_what_is_sound_stays(taken_over: Callable[[Body], Manifest]) -> None:
    found = taken_over(os.abort)
    assert reasons(found) == ["the process that parses it was stopped: it was ended by signal 6"]
    assert sum(shard.documents for shard in found.shards) == 20


def test_what_hangs_is_stopped(taken_over: Callable[[Body], Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "STALL", 0.5)
    found = taken_over(lambda: time.sleep(600))
    (reason,) = reasons(found)
    assert reason.startswith("the process that parses it was stopped: it took longer than ")
    assert sum(shard.documents for shard in found.shards) == 20


def test_memory_is_bounded(taken_over: Callable[[Body], Manifest]) -> None:
    found = taken_over(lambda: len(bytes(8 << 30)))
    assert reasons(found) == ["the process that parses it was stopped: it ended with status 1"]


def taken(path: Path) -> list[Made | NotRead]:
    inputs = listed((str(path),), lambda reason, place: None)
    with closing(Parsed(inputs, Fields(), "utf-8")) as found:
        return [row for source in inputs for row in found.rows(source, lambda count: None)]


def test_a_gzip_file_for_four_gibibytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a" * (16 << 20)) * 256)
    (found,) = taken(tmp_path / "a.txt.gz")
    assert isinstance(found, NotRead) and "larger than 256 MiB" in found.reason


def test_a_parquet_file_for_fifty_gigabytes(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.nulls(5_000_000, pa.int32()).fill_null(0), pa.array(["x" * 10_000]))
    parquet.write_table(pa.table({"text": column}), tmp_path / "a.parquet", write_statistics=False)
    assert (tmp_path / "a.parquet").stat().st_size < 5_000_000
    inputs = listed((str(tmp_path / "a.parquet"),), lambda reason, place: None)
    taken = 0
    with closing(Parsed(inputs, Fields(), "utf-8")) as found:
        for row in found.rows(inputs[0], lambda count: None):
            taken += 0 if isinstance(row, NotRead) else len(row.texts[0])
    assert isinstance(row, NotRead) and "it unpacks to more than 256 MiB" in row.reason
    assert 200 << 20 < taken < 300 << 20


@pytest.mark.parametrize("swap", [True, False])
def test_another_file_than_was_hashed_is_not_read(tmp_path: Path, swap: bool) -> None:
    path, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for place, text in ((path, "one text"), (other, "two text")):
        parquet.write_table(pa.table({"text": [text]}), place)

    def change(count: int) -> None:
        if swap:
            other.replace(path)
        else:
            path.write_bytes(other.read_bytes())

    inputs = listed((str(path),), lambda reason, place: None)
    with closing(Parsed(inputs, Fields(), "utf-8")) as found:
        (row,) = found.rows(inputs[0], change)
    assert isinstance(row, NotRead)
    assert row.reason in ("it changed since it was listed", "it cannot be opened (Permission denied)")


def test_dates_in_every_zone_and_unit_are_read(tmp_path: Path) -> None:
    """What pyarrow looks up for them is not there any more once the lock holds, unless it was seen to."""
    when = pa.array([0, 1_600_000_000])
    for number, unit in enumerate(("s", "us", "ns")):
        for zone in ("", "UTC", "America/New_York", "+05:30"):
            dates = when.cast(pa.timestamp("s")).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone or None))
            path = tmp_path / f"{number}{zone.replace('/', '-')}.parquet"
            parquet.write_table(pa.table({"text": ["some text", "more text"], "date": dates}), path)
            rows = taken(path)
            assert [row.said[SAID.index("date")][:4] for row in rows if isinstance(row, Made)] in (
                ["1970", "2020"],
                ["1969", "2020"],
            )


def children(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | children(child)
    return found


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()}


def until(done: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_parser_that_is_killed_from_outside_loses_nothing(tmp_path: Path) -> None:
    """Killed for want of memory, say: the input may be sound, and half of it is no corpus."""
    robustness.documents(tmp_path / "a.jsonl", 0, 5_000, 300)
    killed: list[int] = []
    pieces = parsed._pieces

    def killing(raw: Any, digest: Any, advance: Any) -> Iterator[bytes]:
        for number, piece in enumerate(pieces(raw, digest, advance)):
            if number == 8:
                killed.extend(children(os.getpid()))
                for child in killed:
                    os.kill(child, signal.SIGKILL)
            yield piece

    inputs = (str(tmp_path / "a.jsonl"),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsed, "_pieces", killing)
        with pytest.raises(UsageError, match=r"a\.jsonl: the process that parsed it was ended by SIGKILL, perhaps for"):
            build(inputs, tmp_path / "index", Options(), executor("local", 0))
    assert killed and not alive(set(killed))
    assert [path.name for path in (tmp_path / "index").iterdir() if path.name not in (".lock", ".progress")] == []
    found = build(inputs, tmp_path / "index", Options(), executor("local", 0))
    assert sum(shard.documents for shard in found.shards) == 5_000 and not reasons(found)


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGKILL, "1"), (signal.SIGKILL, "2"), (signal.SIGTERM, "2")])
def test_no_parser_outlives_the_build(tmp_path: Path, number: signal.Signals, jobs: str) -> None:
    robustness.documents(tmp_path / "a.jsonl", 0, 20_000, 300)
    command = [sys.executable, "-c", robustness.COMMAND, "corpus", "build", str(tmp_path / "a.jsonl")]
    options = ["-o", str(tmp_path / "index"), "--jobs", jobs, "-q"]
    with subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL) as running:
        until(lambda: any((tmp_path / "index").glob(".shard-*")))
        started = children(running.pid)
        assert started
        running.send_signal(number)
        running.wait(60)
    until(lambda: not alive(started))
    assert not (tmp_path / "index" / "manifest.json").exists()


def test_the_record_of_an_input_is_that_of_its_bytes(tmp_path: Path) -> None:
    """Also where it could not be parsed to its end."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(100_000))
    robustness.documents(tmp_path / "b.jsonl", 0, 10)
    inputs = tuple(str(tmp_path / name) for name in ("a.parquet", "b.jsonl"))
    build(inputs, tmp_path / "index", Options(), executor("local", 0))
    told = json.loads((tmp_path / "index" / "manifest.json").read_bytes())["parts"][0]["inputs"]
    assert [row["sha256"] for row in told] == [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in inputs]


@pytest.mark.parametrize("file", ["README.md", "croissant.json"])
def test_what_is_said_of_a_data_set_is_parsed_in_the_worker(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parser of YAML or JSON that is taken over may signal nobody; in the building process it would end this test."""
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh, ahead: Forked())
    monkeypatch.setattr("assay.formats.model_card.yaml_mapping", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    monkeypatch.setattr("assay.formats._croissant.mapping", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    (tmp_path / file).write_text("---\nlicense: mit\n---\n")
    if file == "README.md":
        assert _card(tmp_path) == ""
    else:
        with pytest.raises(UsageError, match="Operation not permitted"):
            croissant.metadata(tmp_path / file)
