"""The worker: what the lock refuses, and that a reader that dies, hangs, lies or bloats is one open finding."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import assay
from assay import formats
from assay.errors import IsolationError
from assay.facts.artifact import Trouble
from assay.facts.dossier import Verdict
from assay.facts.finding import Kind
from assay.facts.text import LicenceText, TemplateTrial
from assay.formats import Format
from assay.formats.window import Window
from assay.isolation import InProcess, Reading, reader_for
from assay.isolation.child import Forked
from assay.isolation.process import FULL, Worker
from assay.subject import Walk, given, walked
from tests.builders import hub_model, safetensors
from tests.conftest import messages

# some tests fork this process, which has a second thread where the suite runs on several cores; it holds no lock
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
resource: Any = pytest.importorskip("resource") if sys.platform != "win32" else None
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


def said(text: str) -> LicenceText:
    """A fact that carries one sentence out of the worker."""
    return LicenceText("w.bin", (text,), False, 0, "", False)


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Reading]:
    """Run a function as a reader inside a forked worker: what a compromised parser could do."""
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh: Forked())
    monkeypatch.setattr("assay.isolation.wire.MOST", 1 << 20)

    def run(body: Callable[[Window], object], deadline: float = 20.0) -> Reading:
        path = tmp_path / "w.bin"
        path.write_bytes(b"weights")

        def read(artifact: str, window: Window) -> Iterator[object]:
            yield body(window)

        module = types.ModuleType("assay.formats.evil")
        read.__module__ = module.__name__
        module.FORMAT = Format("evil", "evil", read)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        (entry,) = walked(path).entries
        worker = Worker((str(tmp_path),), ("evil",), deadline=deadline)
        try:
            return worker.read("w.bin", module.FORMAT, entry.place)
        finally:
            worker.close()

    return run


def refused(attempt: Callable[[], object]) -> Callable[[Window], object]:
    def body(window: Window) -> object:
        try:
            attempt()
        except OSError as error:
            return said(type(error).__name__)
        return said("allowed")

    return body


def open_files() -> list[int]:
    found = []
    for fd in range(64):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found.append(fd)
    return found


def sleep(window: Window) -> None:
    time.sleep(60)


def close_everything_and_sleep(window: Window) -> None:
    for fd in open_files():
        os.close(fd)
    time.sleep(60)


def connect() -> None:
    import socket

    socket.create_connection(("127.0.0.1", 9))


@linux
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: open("/etc/passwd").close(),
        lambda: open("written-by-a-model", "w").close(),
        lambda: os.listdir("/"),
        connect,
        os.fork,
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.kill(os.getppid(), 0),
        lambda: os.mkdir("folder-by-a-model"),
    ],
)
def test_the_lock_refuses_what_no_reader_needs(evil: Callable[..., Reading], attempt: Callable[[], object]) -> None:
    import socket  # noqa: F401 - loaded before the lock holds, as a hostile reader would find it

    assert evil(refused(attempt)).facts == (said("PermissionError"),)


@linux
def test_the_lock_lets_the_model_be_read(evil: Callable[..., Reading]) -> None:
    assert evil(lambda window: said(window.read(0, 7).decode())).facts == (said("weights"),)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda window: os._exit(9), "ended with status 9"),
        (lambda window: os.abort(), "ended by signal 6"),
        (sleep, "it took longer than 1 seconds"),
        (lambda window: sum(0 for _ in iter(int, 1)), "it took longer than 1 seconds"),
        (close_everything_and_sleep, "it closed its pipe"),
        (lambda window: LicenceText("other", (), False, 0, "", False), "an answer about another artifact"),
        (lambda window: LicenceText("w.bin", ("x",), 7, 0, "", False), "not a bool"),  # type: ignore[arg-type]
        (lambda window: LicenceText("w.bin", ("x" * (2 << 20),), False, 0, "", False), "an answer of"),
        (lambda window: Trouble("no such trouble"), "ended with status 1"),
    ],
)
def test_a_reader_that_misbehaves_is_an_obstacle_on_its_file(
    evil: Callable[..., Reading], body: Callable[[Window], object], words: str
) -> None:
    reading = evil(body, deadline=1.0 if "longer" in words else 30.0)
    assert reading.facts == ()
    assert reading.obstacle is not None and reading.obstacle.trouble is Trouble.STOPPED
    assert words in reading.obstacle.reason


def test_memory_is_bounded(evil: Callable[..., Reading]) -> None:
    reading = evil(lambda window: said(str(len(bytearray(4 << 30)))))
    assert reading.obstacle is not None and reading.obstacle.trouble is Trouble.LIMIT


@pytest.mark.parametrize("fresh", [False, True])
def test_both_ways_to_start_a_worker_read_alike(tmp_path: Path, fresh: bool) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors({"a": ("F32", (2,))}))
    (entry,) = walked(path).entries
    from assay.formats import load

    worker = Worker((str(tmp_path),), ("safetensors",), fresh=fresh)
    reading = worker.read("m.safetensors", load("safetensors"), entry.place)
    worker.close()
    assert reading.obstacle is None and len(reading.facts) == 1
    assert worker.reached()[0] == "process"


def test_a_dead_worker_is_replaced_for_the_next_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the file that killed the worker stays unexamined."""
    model = hub_model(tmp_path / "m")
    from assay.formats import installed, model_config

    installed()  # cached before one of them is replaced
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh: Forked())

    def die(artifact: str, window: Window) -> Iterator[object]:
        os._exit(1)
        yield

    die.__module__ = model_config.__name__
    monkeypatch.setattr(model_config, "FORMAT", Format("model-config", "x", die, names=("config.json",)))
    monkeypatch.setattr(
        "assay.pipeline.reading.formats.recognised",
        lambda path, head, real=assay.formats.recognised: (
            model_config.FORMAT if path == "config.json" else real(path, head)
        ),
    )
    dossier = assay.audit(model)
    assert messages(dossier, "artifact.stopped", Kind.OPEN) == [
        "config.json: the isolated reader was stopped: it ended with status 1"
    ]
    assert [a.path for a in dossier.artifacts if a.standing == "not examined"] == ["config.json"]
    assert dossier.decision.verdict is Verdict.INCOMPLETE


@linux
def test_the_dossier_states_the_isolation_and_requiring_it_gives_the_same_dossier(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    assert set(FULL) <= set(assay.audit(model).isolation)
    assert assay.audit(model, require_isolation=True) == assay.audit(model)
    assert assay.audit(model, isolation=False).isolation == ()


def test_requiring_isolation_fails_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.isolation.process.FULL", ("landlock", "seccomp", "rlimits", "moonlight"))
    with pytest.raises(IsolationError, match="needed are landlock, seccomp, rlimits, moonlight"):
        assay.audit(hub_model(tmp_path / "m"), require_isolation=True)


TEMPLATE = '{"chat_template": "{{ messages[0].content }}"}'


@pytest.mark.parametrize(
    ("isolated", "worker", "render", "tried"),
    [
        (True, True, True, True),
        (True, False, True, False),  # nobody asked for this process, so no template runs in it
        (False, True, True, True),
        (False, True, False, False),
    ],
)
def test_files_on_disk_are_read_in_a_worker_unless_this_process_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated: bool, worker: bool, render: bool, tried: bool
) -> None:
    if not worker:
        monkeypatch.setattr(sys, "platform", "win32")
    (tmp_path / "tokenizer_config.json").write_text(TEMPLATE)
    walk = walked(tmp_path)
    reader = reader_for(walk, ("tokenizer_config",), isolated=isolated, render=render)
    try:
        assert isinstance(reader, Worker) == (isolated and worker)
        facts = reader.read(walk.entries[0].path, formats.load("tokenizer_config"), walk.entries[0].place).facts
    finally:
        reader.close()
    (trial,) = [fact for fact in facts if isinstance(fact, TemplateTrial)]
    assert (trial.renders > 0) == tried


def test_objects_are_read_in_this_process() -> None:
    assert isinstance(reader_for(given({"a.json": io.BytesIO(b"{}")}, "m"), ()), InProcess)


def test_required_isolation_is_had_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("{}")
    endpoint = Walk("m", "openai+http://host/v1#m", (), (), (), ())
    for walk, isolated in ((walked(tmp_path), False), (endpoint, True)):
        with pytest.raises(IsolationError, match="this platform has no isolated reader"):
            reader_for(walk, (), isolated=isolated, require=True)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(IsolationError, match="this platform has no isolated reader"):
        reader_for(walked(tmp_path), (), require=True)


BUSY = '{"chat_template": "{{ ([[1]]*30000)|sum(start=[])|length }}"}'  # adds lists up in C for a minute


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def within(seconds: float, holds: Callable[[], object]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return False


@linux
@pytest.mark.parametrize("extra", [(), ("--require-isolation",)], ids=["fork", "fresh"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL"])
def test_no_worker_outlives_the_audit_that_started_it(tmp_path: Path, name: str, extra: tuple[str, ...]) -> None:
    (tmp_path / "tokenizer_config.json").write_text(BUSY)
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "audit", str(tmp_path), "--offline", *extra],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # a run of the tests in the background has interrupts ignored, and no test should leave a core
        preexec_fn=lambda: (
            signal.signal(signal.SIGINT, signal.SIG_DFL),
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        ),
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def busy() -> bool:
        workers = children.read_text().split()
        if not workers:
            return False
        user = int(Path(f"/proc/{workers[0]}/stat").read_text().rpartition(")")[2].split()[11])
        return "Seccomp:\t2" in Path(f"/proc/{workers[0]}/status").read_text() and user > 30

    assert within(30, busy)
    workers = [int(pid) for pid in children.read_text().split()]
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=30)
    assert within(5, lambda: not any(map(alive, workers)))
    if name in ("SIGTERM", "SIGINT", "SIGHUP"):
        assert process.returncode == 130 and said.startswith(b"assay: interrupted;")


@linux
def test_a_file_has_a_limit_of_cpu_time_that_needs_no_parent(tmp_path: Path) -> None:
    """A parent that is stopped cannot end its worker for time."""
    (tmp_path / "w.json").write_text("{}")
    (entry,) = walked(tmp_path).entries
    worker = Worker((str(tmp_path),), ("model_config",), deadline=7.0)
    worker.read("w.json", formats.load("model_config"), entry.place)
    try:
        assert worker._child is not None
        soft, hard = resource.prlimit(worker._child.pid, resource.RLIMIT_CPU)
        assert 7 < soft < 20 < hard
    finally:
        worker.close()
