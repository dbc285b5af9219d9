"""The worker: what the lock refuses, and that a reader that dies, hangs, lies or bloats is one open finding."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import stat
import struct
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import assay
from assay import formats
from assay.errors import InputError, IsolationError
from assay.facts.artifact import Trouble
from assay.facts.dossier import Verdict
from assay.facts.finding import Kind
from assay.facts.structure import Aspect, Examined
from assay.facts.text import ChatTemplate, LicenceText, TemplateTrial
from assay.formats import Format
from assay.formats.window import Window
from assay.isolation import InProcess, Reading, reader_for
from assay.isolation.child import Forked, Spawned, started
from assay.isolation.lock import lock
from assay.isolation.nursery import nursery
from assay.isolation.process import FULL, Worker
from assay.isolation.wire import Allowance, packed
from assay.pipeline import examined, requested
from assay.subject import Walk, given, walked
from tests.builders import hub_model, safetensors
from tests.conftest import messages

# some tests fork this process, which has a second thread where the suite runs on several cores; it holds no lock
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
fcntl: Any = pytest.importorskip("fcntl") if sys.platform != "win32" else None
resource: Any = pytest.importorskip("resource") if sys.platform != "win32" else None
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


def said(text: str) -> LicenceText:
    """A fact that carries one sentence out of the worker."""
    return LicenceText("w.bin", (text,), False, 0, "", False)


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Reading]:
    """Run a function as a reader inside a forked worker: what a compromised parser could do."""
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh, ahead: Forked())
    monkeypatch.setattr("assay.isolation.wire.MOST", 2 << 20)

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


def answer(message: object) -> Callable[[Window], object]:
    """Write this in place of what the worker would answer."""

    def body(window: Window) -> object:
        raw = message if isinstance(message, bytes) else packed(message)
        for fd in open_files():
            if fd > 2 and stat.S_ISFIFO(os.fstat(fd).st_mode):
                try:
                    os.write(fd, raw)
                except OSError:
                    continue  # the end that requests come from
        os._exit(0)

    return body


def obstacle(**changed: object) -> dict[str, Any]:
    return {"end": {"artifact": "w.bin", "trouble": "malformed", "reason": "it ends early", "at": 3, **changed}}


def fact(text: str) -> bytes:
    body = f'{{"fact": ["TensorSummary", {{"artifact": "w.bin", "mean": {text}}}]}}'.encode()
    return len(body).to_bytes(4, "little") + body


def stuck(window: Window) -> None:
    """Where no signal is heeded, as in a parser written in C."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)


def loop(window: Window) -> None:
    while True:
        pass


def stubborn(window: Window) -> None:
    """Takes each call of time for an error of what it reads, and goes on."""
    while True:
        with suppress(InputError):
            time.sleep(60)


def close_everything_and_sleep(window: Window) -> None:
    for fd in open_files():
        os.close(fd)
    time.sleep(60)


def tgkill(pid: int) -> None:
    number = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, pid, pid, 0):
        raise OSError(ctypes.get_errno(), "tgkill")


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
        lambda: tgkill(1),
        lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
        lambda: fcntl.fcntl(0, 15, struct.pack("ii", 1, os.getppid())),  # F_SETOWN_EX
        lambda: fcntl.fcntl(0, 10, signal.SIGKILL),  # F_SETSIG
        lambda: fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC),
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
        (stuck, "it took longer than 1 seconds"),
        (stubborn, "it took longer than 1 seconds"),
        (loop, "it was not gone through to its end within 0.75 seconds"),
        (close_everything_and_sleep, "it closed its pipe"),
        (lambda window: LicenceText("other", (), False, 0, "", False), "an answer about another artifact"),
        (lambda window: LicenceText("w.bin", ("x",), 7, 0, "", False), "not a bool"),  # type: ignore[arg-type]
        (lambda window: LicenceText("w.bin", ("x" * (3 << 20),), False, 0, "", False), "more to tell than is taken"),
        (lambda window: Trouble("no such trouble"), "ended with status 1"),
        (answer(obstacle(artifact="other")), "an answer about another artifact"),
        (
            answer({"fact": ["Obstacle", obstacle(artifact="other")["end"]]}),
            "another artifact",
        ),
        (answer(obstacle(at=-1)), "a negative or immense at"),
        (answer(obstacle(at=10**400)), "a negative or immense at"),
        (answer(obstacle(at=True)), "fits none of the types"),
        (answer(obstacle(reason="x" * 20_000)), "a reason of 20,000 characters"),
        (answer(obstacle(trouble="no such trouble")), "not a Trouble"),
        (answer(obstacle(more=1)), "not a Obstacle"),
        (answer({"fact": ["Hook", {"artifact": "w.bin", "at": -5}]}), "not a "),
        (answer({"fact": ["os.system", {}]}), "an unknown fact"),
        (answer({"fact": 7}), "an unknown fact"),
        (answer({"facts": []}), "no fact and no end"),
        (answer({"fact": [], "end": None}), "no fact and no end"),
        (answer([]), "no fact and no end"),
        (answer({"end": []}), "not a Obstacle"),
        (answer({"fact": [[]] * 600_000}), "values, and 500,007 are left"),
        (answer(packed({"end": None}) * 2), "it went on after the end of its answer"),
        (lambda window: Examined("w.bin", "evil", tuple(Aspect), (), 0, False), "a Examined, which was not asked for"),
        (
            lambda window: TemplateTrial("w.bin", "", 1, "", (), "", "", ()),
            "a TemplateTrial, which was not asked for",
        ),
        (answer(fact("NaN")), "not JSON"),
        (answer(fact("-Infinity")), "not JSON"),
        (answer(fact("1e999")), "not JSON"),
        (answer(fact("9" * 5000)), "not JSON"),
        (answer(b"\xff\xff\xff\xff"), "4,294,967,295 bytes, and"),
        (answer(b"\x10\x00\x00\x00short"), "ended with status 0"),
    ],
)
def test_a_reader_that_misbehaves_is_an_obstacle_on_its_file(
    evil: Callable[..., Reading], body: Callable[[Window], object], words: str
) -> None:
    reading = evil(body, deadline=1.0 if "second" in words else 30.0)
    assert reading.facts == ()
    assert reading.obstacle is not None and reading.obstacle.trouble is Trouble.STOPPED
    assert words in reading.obstacle.reason


def told_and(then: Callable[[], object]) -> Callable[[str, Window], Iterator[object]]:
    """A reader that finds one thing, and then comes to grief."""

    def read(artifact: str, window: Window) -> Iterator[object]:
        yield said("found")
        yield then()

    return read


@pytest.mark.parametrize("then", [os.abort, lambda: stuck(Window(io.BytesIO())), lambda: bytearray(4 << 30)])
def test_what_a_worker_told_before_it_died_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]
) -> None:
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh, ahead: Forked())
    read = told_and(then)
    module = types.ModuleType("assay.formats.evil")
    read.__module__ = module.__name__
    module.FORMAT = Format("evil", "evil", read)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (tmp_path / "w.bin").write_bytes(b"weights")
    (entry,) = walked(tmp_path / "w.bin").entries
    worker = Worker((str(tmp_path),), ("evil",), deadline=2.0)
    try:
        reading = worker.read("w.bin", module.FORMAT, entry.place)
    finally:
        worker.close()
    assert reading.facts == (said("found"),)
    assert reading.obstacle is not None and reading.obstacle.trouble in (Trouble.STOPPED, Trouble.LIMIT)


def test_padding_hides_no_call_that_stands_before_it(tmp_path: Path) -> None:
    """Whoever makes a file too long to be read has not made its beginning unsaid."""
    call = b"cposix\nsystem\n(S'id'\ntR0"
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02" + call + BUSY[2:])
    walk = walked(tmp_path)
    dossier = examined(walk, requested(tmp_path), lambda needed: Worker(walk.roots, needed, deadline=2.0))
    assert dossier.decision.verdict is Verdict.FAILED
    assert "posix.system" in messages(dossier, "pickle.reaches-outside", Kind.FAIL)[0]
    assert messages(dossier, "artifact.stopped", Kind.OPEN) == [
        "model.pkl: it was not gone through to its end within 1.5 seconds"
    ]
    assert [row.standing for row in dossier.artifacts] == ["not examined"]


def test_templates_have_a_deadline_of_their_own_and_a_worker_that_reads_nothing_afterwards(tmp_path: Path) -> None:
    names = ("tokenizer_config", "model_config")
    (tmp_path / "tokenizer_config.json").write_text(TEMPLATE)
    (tmp_path / "config.json").write_text("{}")
    config, tokenizer = walked(tmp_path).entries
    slow = "{% for m in messages %}{% for a in range(9000) %}{{ a }}{% endfor %}{{ m.content }}{% endfor %}"
    template, other = (ChatTemplate(tokenizer.path, "/chat_template", "", text, ()) for text in (slow, "x"))
    worker = Worker((str(tmp_path),), names, trial=0.2)
    try:
        worker.read(tokenizer.path, formats.load("tokenizer_config"), tokenizer.place)
        first = worker._child
        worker.read(config.path, formats.load("model_config"), config.place)
        assert first is not None and worker._child is first
        shown, stopped = worker.tried(tokenizer.path, (template, other))
        assert stopped is not None and "within 0.15 seconds" in stopped.reason
        assert [row.stopped[:24] for row in shown] == ["not rendered to the end:"] * 2
        worker._trial = 60.0
        (trial,), stopped = worker.tried(tokenizer.path, (template,))
        rendering = worker._child
        assert stopped is None and trial.conducts and rendering is not None
        assert worker.read(config.path, formats.load("model_config"), config.place).obstacle is None
        assert worker._child is not rendering
    finally:
        worker.close()


def test_a_file_that_a_native_parser_reads_shares_its_worker_with_its_own_kind_only(tmp_path: Path) -> None:
    for name, content in (("a.py", "x = 1"), ("b.py", "y = 1"), ("config.json", "{}")):
        (tmp_path / name).write_text(content)
    one, two, config = walked(tmp_path).entries
    worker = Worker((str(tmp_path),), ("python_source", "model_config"))
    try:
        started = []
        for entry, kind in ((one, "python_source"), (two, "python_source"), (config, "model_config")):
            assert worker.read(entry.path, formats.load(kind), entry.place).obstacle is None
            started.append(worker._child)
        assert started[0] is started[1] and started[2] is not started[1]
    finally:
        worker.close()


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
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh, ahead: Forked())
    # a fork begins with all that the tests before have made this process grow to
    monkeypatch.setattr("assay.isolation.worker.lock", partial(lock, memory=64 << 30))

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
    ("isolated", "worker", "tried"),
    [
        (True, True, True),
        (True, False, False),  # nobody asked for this process, so no template runs in it
        (False, True, True),
    ],
)
def test_files_on_disk_are_read_in_a_worker_unless_this_process_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated: bool, worker: bool, tried: bool
) -> None:
    if not worker:
        monkeypatch.setattr(sys, "platform", "win32")
    (tmp_path / "tokenizer_config.json").write_text(TEMPLATE)
    walk = walked(tmp_path)
    reader = reader_for(walk, ("tokenizer_config",), isolated=isolated)
    try:
        assert isinstance(reader, Worker) == (isolated and worker)
        path = walk.entries[0].path
        facts = reader.read(path, formats.load("tokenizer_config"), walk.entries[0].place).facts
        (trial,), stopped = reader.tried(path, tuple(fact for fact in facts if isinstance(fact, ChatTemplate)))
    finally:
        reader.close()
    assert stopped is None and (trial.renders > 0) == tried


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


BUSY = b"\x80\x02" + b"N0" * 10_000_000 + b"N."  # a pickle that takes a while to follow


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


def busy_workers(parent: int) -> list[int]:
    """The workers of an audit, once they are locked down and have worked for a while."""
    children = Path(f"/proc/{parent}/task/{parent}/children")

    def busy() -> bool:
        workers = children.read_text().split()
        if not workers:
            return False
        user = int(Path(f"/proc/{workers[0]}/stat").read_text().rpartition(")")[2].split()[11])
        return "Seccomp:\t2" in Path(f"/proc/{workers[0]}/status").read_text() and user > 30

    assert within(120, busy)
    return [int(pid) for pid in children.read_text().split()]


@linux
@pytest.mark.parametrize("extra", [(), ("--require-isolation",)], ids=["fork", "fresh"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL"])
def test_no_worker_outlives_the_audit_that_started_it(tmp_path: Path, name: str, extra: tuple[str, ...]) -> None:
    (tmp_path / "model.pkl").write_bytes(BUSY)
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "audit", str(tmp_path), "--offline", *extra],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # a run of the tests in the background has some signals ignored, and no test should leave a core
        preexec_fn=lambda: (
            signal.signal(getattr(signal, name), signal.SIG_DFL) if name != "SIGKILL" else None,
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        ),
    )
    workers = busy_workers(process.pid)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=30)
    assert within(5, lambda: not any(map(alive, workers)))
    if name != "SIGKILL":
        assert process.returncode == 128 + getattr(signal, name) and said.startswith(b"assay: interrupted;")


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


@linux
@pytest.mark.parametrize("extra", [(), ("--require-isolation",)], ids=["fork", "fresh"])
def test_no_credential_of_the_environment_is_in_the_memory_of_the_worker(
    tmp_path: Path, extra: tuple[str, ...]
) -> None:
    (tmp_path / "model.pkl").write_bytes(BUSY)
    secret = "hf_" + "".join(chr(ord("a") + number * 7 % 26) for number in range(34))
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "audit", str(tmp_path), "--offline", *extra],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HF_TOKEN": secret, "ASSAY_X": "", "ONE": "1"},
    )
    try:
        workers = busy_workers(process.pid)
        assert secret.encode() in memory(process.pid)  # the search finds what is there
        assert workers and not any(secret.encode() in memory(pid) for pid in workers)
    finally:
        process.terminate()
        process.wait()


def memory(pid: int) -> bytes:
    """What the process may write to, all of it."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            start, stop = (int(end, 16) for end in place.split("-"))
            if rights.startswith("rw"):
                file.seek(start)
                found.append(file.read(stop - start))
    return b"".join(found)


@linux
def test_who_has_spoken_to_a_network_forks_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token may then be in memory that is in no environment variable."""
    secret = bytes(reversed(b"DERORRIM ni nekot a fo gnirts drow-on"))
    monkeypatch.setitem(sys.modules, "ssl", types.ModuleType("ssl"))
    child = started(fresh=False)
    try:
        assert not isinstance(child, Forked)
        assert secret in memory(os.getpid())
        assert secret not in memory(child.pid) and secret not in memory(parent_of(child.pid))
        assert parent_of(child.pid) != os.getpid() or isinstance(child, Spawned)
    finally:
        child.kill()


@pytest.fixture
def tended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process may not fork, and has a nursery of its own."""
    monkeypatch.setitem(sys.modules, "ssl", types.ModuleType("ssl"))
    nursery.cache_clear()
    yield
    nursery.cache_clear()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@linux
def test_workers_of_a_nursery_are_locked_alike_and_read_the_same(tmp_path: Path, tended: None) -> None:
    model = hub_model(tmp_path / "m")
    found = assay.audit(model)
    assert set(FULL) <= set(found.isolation)
    assert found == assay.audit(model, require_isolation=True)
    children = [started(fresh=False) for _ in range(2)]
    assert len({parent_of(child.pid) for child in children}) == 1
    for child in children:
        child.kill()
    assert not any(Path(f"/proc/{child.pid}").exists() for child in children if child.pid)


@linux
def test_a_worker_of_a_nursery_that_is_killed_is_told_and_a_lost_nursery_is_replaced(tended: None) -> None:
    first = started(fresh=False)
    os.kill(first.pid, signal.SIGKILL)
    assert first.ended() == "it was ended by signal 9" and first.ended_by == signal.SIGKILL
    second = started(fresh=False)
    lost = parent_of(second.pid)
    os.kill(lost, signal.SIGKILL)
    assert second.ended() == "it was ended by signal 9"  # its parent's death is its own
    third, fourth = started(fresh=False), started(fresh=False)
    assert third.pid and parent_of(fourth.pid) not in (lost, os.getpid())
    for child in (first, second, third, fourth):
        child.kill()


@linux
def test_a_nursery_and_its_workers_end_with_who_asked(tmp_path: Path) -> None:
    code = (
        "import ssl, time; from assay.isolation.child import started;"
        " print(started(fresh=False).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        nurse = parent_of(worker)
        assert nurse != process.pid
        process.kill()
    until = time.monotonic() + 20
    while time.monotonic() < until and any(Path(f"/proc/{pid}/exe").exists() for pid in (worker, nurse)):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in (worker, nurse))


def test_all_answers_about_a_model_are_bounded_and_a_small_file_has_less_to_say() -> None:
    left = Allowance(20 << 20, 2_000_000)
    assert (left.for_file(100).length, left.for_file(100).count) == ((8 << 20) + 400, 500_100)
    left.spend(b"[[],[]]" + b" " * (19 << 20))
    assert left.for_file(1 << 30).length == (1 << 20) - 7 and left.for_file(1 << 30).count == 2_000_000 - 5


class Pretending:
    """A kernel, as an emulator may be, that accepts what it is asked for and then does nothing of it."""

    def __init__(self, ignored: str) -> None:
        self._libc, self._ignored = ctypes.CDLL(None, use_errno=True), ignored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._libc, name)

    def prctl(self, option: int, *rest: object) -> int:
        return 0 if option == 22 and self._ignored == "seccomp" else int(self._libc.prctl(option, *rest))

    def syscall(self, number: int, *rest: object) -> int:
        return 0 if number == 446 and self._ignored == "landlock" else int(self._libc.syscall(number, *rest))


@linux
@pytest.mark.parametrize("ignored", ["", "landlock", "seccomp", "rlimits"])
def test_what_does_not_hold_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: str) -> None:
    monkeypatch.setattr("assay.isolation.process.started", lambda fresh, ahead: Forked())
    libc = Pretending(ignored)
    monkeypatch.setattr(ctypes, "CDLL", lambda name, use_errno=False: libc)
    if ignored == "rlimits":
        real = resource.setrlimit
        monkeypatch.setattr(
            resource, "setrlimit", lambda kind, to: None if kind == resource.RLIMIT_AS else real(kind, to)
        )
    path = hub_model(tmp_path / "m") / "config.json"
    (entry,) = walked(path).entries
    worker = Worker((str(path),), ("model_config",))
    worker.read("config.json", formats.load("model_config"), entry.place)
    worker.close()
    assert set(worker.reached()) == {"process", "landlock", "seccomp", "rlimits"} - {ignored}


def test_what_is_forked_for_a_card_finds_the_patterns_of_headings_compiled() -> None:
    code = (
        "import re; from assay.isolation.child import load; load(['assay.formats.model_card', 'no.such.module']);"
        "re.compile = None; from assay.facts.heading import topics; print(*topics('Known limitations'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "limitations\n"
