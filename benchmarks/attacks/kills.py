"""Kills of what assay does and writes: each signal in each phase, at moments that chance chooses, and what is left.

An audit with two reports, a build of a corpus, an append to a log and a signature. After each kill: within 5 seconds,
those not counted in which others had the processor, nothing of the process group runs, workers included; each file is
whole or absent (of a log: with all that was in it); nothing else lies beside it; the exit status is 128 and the
signal's number, or the signal itself. The signal goes to the main process alone, which is harder than a terminal's
Ctrl-C, as that reaches the others too.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, repeat
from pathlib import Path

from tests.builders.keys import private

import assay
from assay.attest import bundle
from assay.attest import log as tree

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)
TRIES = 20  # kills by each signal in each phase
PATIENCE = 5.0  # seconds in which everything has to have ended
PACKAGE = Path(assay.__file__).parent
EXIT_SIGNAL = 128
_SLOWEST = 600.0  # seconds in which a phase has to be reached
_TENSORS, _STEPS, _VALUES = 1_000, 200_000, 16 << 20
_KEPT = 20  # entries of the log before


@dataclass(frozen=True, slots=True)
class Work:
    """A command, run in a folder of its own, and what must hold there afterwards.

    `phases` are called by the function whose call begins them; before the first of them the command starts.
    """

    make: Callable[[Path], object]
    words: tuple[str, ...]
    phases: dict[str, str]
    wrong: Callable[[Path], Iterator[str]]


def _assay(at: Path, *words: str) -> int:
    return subprocess.run([sys.executable, "-m", "assay", *words], cwd=at, capture_output=True, check=False).returncode


def _model(at: Path) -> None:
    """A pickle of many steps, many tensors, and a large one whose zeros were never written."""
    (at / "m").mkdir()
    (at / "m/a.pkl").write_bytes(b"\x80\x02" + b"N0" * (_STEPS // 2) + b"N.")
    sizes = [64] * _TENSORS + [_VALUES]
    rows, start = {}, 0
    for row, size in enumerate(sizes):
        rows[f"layers.{row}.w"] = {"dtype": "F32", "shape": [size // 64, 16], "data_offsets": [start, start + size]}
        start += size
    head = json.dumps(rows).encode()
    (at / "m/model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    os.truncate(at / "m/model.safetensors", 8 + len(head) + start)


def _reports(at: Path) -> Iterator[str]:
    for path in at.iterdir():
        if path.name == "r.json":
            if not _is_json(path.read_bytes()):
                yield "r.json is not whole"
        elif path.name == "r.html":
            if not path.read_bytes().rstrip().endswith(b"</html>"):
                yield "r.html is not whole"
        elif path.name != "m":
            yield f"{path.name} is left"


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def _texts(at: Path) -> None:
    rows = (json.dumps({"text": f"The purple walrus number {number} writes a line. " * 20}) for number in range(4_000))
    (at / "rows.jsonl").write_text("\n".join(rows))


_BUILD = ("corpus", "build", "rows.jsonl", "-o", "c", "--shard-size", "1MB", "--jobs", "2", "--quiet", "--offline")


def _corpus(at: Path) -> Iterator[str]:
    """The same command goes on, and makes a corpus that verifies; where the first one ended, it says so and tidies."""
    whole = 2 if (at / "c/manifest.json").exists() else 0
    if (status := _assay(at, *_BUILD)) != whole:
        yield f"building again ends with {status}"
    if status := _assay(at, "corpus", "verify", "c", "--quiet", "--offline"):
        yield f"verifying the corpus ends with {status}"
    for path in (at / "c").iterdir():
        if path.name.startswith((".task-", ".shard-", ".manifest.json.")):
            yield f"{path.name} is left after the build that went on"


def _logged(at: Path) -> None:
    (at / "m").mkdir()
    (at / "m/config.json").write_text('{"model_type": "llama"}')
    _assay(at, "audit", "m", "-q", "-o", "json=d.json", "--offline")
    _assay(at, "log", "append", "log", *["d.json"] * _KEPT)


_APPEND = ("log", "append", "log", *["d.json"] * 10)


def _log(at: Path) -> Iterator[str]:
    found = tree.read((at / "log").read_bytes())
    if len(found.lines) not in (_KEPT, _KEPT + 10):
        yield f"{len(found.lines)} entries in the log"
    for path in at.iterdir():
        if path.name not in ("m", "d.json", "log", ".log.lock"):
            yield f"{path.name} is left"


def _signed(at: Path) -> None:
    _model(at)
    private(at / "k.pem")


def _signature(at: Path) -> Iterator[str]:
    for path in at.iterdir():
        if path.name == "m.sig":
            bundle.signed(bundle.parsed(path.read_bytes()).payload)
        elif path.name not in ("m", "k.pem", "k.pub"):
            yield f"{path.name} is left"


WORKS: dict[str, Work] = {
    "audit": Work(
        _model,
        ("audit", "m", "--offline", "-q", "-o", "json=r.json", "-o", "html=r.html"),
        {
            "parsing": "assay.pipeline.steps:read_walk",
            "hashing and values": "assay.pipeline.steps:hash_all",
            "rules": "assay.pipeline.steps:answered",
            "rendering": "assay.cli._output:_rendered",
            "writing": "assay.cli._output:write_whole",
        },
        _reports,
    ),
    "corpus build": Work(
        _texts,
        _BUILD,
        {"indexing": "assay.corpus.building:_run", "writing": "assay.corpus.building:_joined"},
        _corpus,
    ),
    "log append": Work(_logged, _APPEND, {"adding": "assay.cli.log:_read", "writing": "assay.cli.log:write"}, _log),
    "sign": Work(
        _signed,
        ("sign", "m", "--key", "k.pem", "--quiet"),
        {"hashing": "assay.attest.model:_hashed", "writing": "assay.cli.sign:write"},
        _signature,
    ),
}


@dataclass(frozen=True, slots=True)
class Kill:
    """What one signal left: how the command ended, after how long, and what is wrong with that.

    `late`: it had ended, or was ending, when the signal came; `before`: Python was starting, and no line of assay ran.
    """

    status: int
    seconds: float
    late: bool
    before: bool
    wrong: tuple[str, ...]


@contextmanager
def _running(work: Work, at: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command, and a descriptor on which the phases are said as they begin; killed at the end if it still runs."""
    heard, said = os.pipe()
    command = [sys.executable, "-m", "benchmarks.attacks.marked", str(said), ",".join(work.phases.values())]
    with open(at.with_suffix(".said"), "wb") as printed:
        process = subprocess.Popen(
            [*command, *work.words],
            cwd=at,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=(said,),
            start_new_session=True,
            preexec_fn=_usual,
        )
        os.close(said)
        try:
            yield process, heard
        finally:
            os.close(heard)
            process.kill()
            process.wait()


def _usual() -> None:
    """Signals as a terminal has them: what runs in the background of a script ignores some; and no core is left."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _next(heard: int) -> int | None:
    """The number of the phase that begins next, once it does; None: the command ended."""
    if not select.select([heard], [], [], _SLOWEST)[0]:
        raise TimeoutError(f"no phase began within {_SLOWEST:g} seconds")
    return next(iter(os.read(heard, 1)), None)


def lasted(work: Work, at: Path) -> tuple[list[float], int]:
    """Seconds from the start of the command and of each phase to the next, and the exit status when nobody kills it."""
    with _running(work, at) as (process, heard):
        moments = [time.monotonic()]
        while _next(heard) is not None:
            moments.append(time.monotonic())
        moments.append(time.monotonic())
        return [after - before for before, after in pairwise(moments)], process.wait()


def killed(work: Work, phase: int, number: signal.Signals, delay: float, usual: int, at: Path) -> Kill:
    """Start the command, wait for a phase (0: its start) and a while, send the signal, and look at what is left."""
    with _running(work, at) as (process, heard):
        if phase:
            while _next(heard) not in (phase - 1, None):
                pass
        time.sleep(delay)
        late = process.poll() is not None
        process.send_signal(number)
        left, seconds = _wait(process)
        late = late or (process.returncode == usual and seconds < 1)  # it was ending when the signal came
    printed = at.with_suffix(".said").read_bytes()
    wrong = [*left, *work.wrong(at)]
    before = b"Traceback" in printed and str(PACKAGE).encode() not in printed  # Python was starting, with exit 1
    if b"Traceback" in printed and not before:
        wrong.append("a traceback")
    right = {usual} if late else {-number} if number == signal.SIGKILL else {-number, EXIT_SIGNAL + number}
    if process.returncode not in right and not before:
        wrong.append(f"exit {process.returncode}")
    return Kill(process.returncode, seconds, late, before, tuple(wrong))


def group(leader: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, number = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(number) == leader and state != "Z":
            found.append(int(entry.name))
    return found


def _stalled(pid: int) -> float:
    """Seconds for which a process could have run and others had the processor (proc_pid_schedstat(5)); 0: not known."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _wait(process: subprocess.Popen[bytes]) -> tuple[list[str], float]:
    """What is wrong with how the group ended, and after how many seconds; nothing of it runs afterwards."""
    sent, stalled = time.monotonic(), 0.0
    before = {pid: _stalled(pid) for pid in group(process.pid)}
    while (seconds := time.monotonic() - sent - stalled) < PATIENCE:
        left = group(process.pid)
        if process.poll() is not None and not left:
            break
        stalled = max(stalled, *(_stalled(pid) - before.get(pid, 0.0) for pid in (process.pid, *left)))
        time.sleep(0.01)
    left = group(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    return [f"{len(left)} processes run on after {PATIENCE:g} s"] if left else [], seconds


def _fresh(made: Path, at: Path) -> Path:
    """A copy of what a command works on, that links its files: none is written to in place."""
    shutil.rmtree(at, ignore_errors=True)
    return Path(shutil.copytree(made, at, copy_function=os.link))


def main(words: list[str], tries: int = TRIES, seed: int = 1, jobs: int = 2) -> int:
    """Print a line for each signal in each phase whose name (`audit, rules, TERM`) holds every word.

    Returns how many of them left something wrong.
    """
    found: list[bool] = []
    print(f"{'kill':<32} {'tries':>5} {'late':>5} {'s at most':>9}  ended with")
    for name, work in WORKS.items():
        rows = {
            f"{name}, {phase}, {number.name.removeprefix('SIG')}": (place, number)
            for place, phase in enumerate(("start", *work.phases))
            for number in SIGNALS
        }
        chosen = {called: row for called, row in rows.items() if all(word in called for word in words)}
        if chosen:
            with tempfile.TemporaryDirectory() as folder:
                found += _killed(work, chosen, Path(folder), (tries, seed, jobs))
    print(f"{len(found) * tries} kills, {sum(found)} kinds of kill that left something wrong")
    return sum(found)


def _killed(
    work: Work, rows: dict[str, tuple[int, signal.Signals]], folder: Path, settings: tuple[int, int, int]
) -> Iterator[bool]:
    """For each signal in each phase, so many kills at once: whether one left something wrong."""
    tries, seed, jobs = settings
    made = folder / "made"
    made.mkdir()
    work.make(made)
    spans, usual = lasted(work, _fresh(made, folder / "whole"))
    with ThreadPoolExecutor(jobs) as pool:
        for called, (place, number) in rows.items():
            chance = random.Random(f"{seed} {called}")
            delays = [chance.random() * spans[place] for _ in range(tries)]
            # all before the first starts: one more link changes a file, as an audit that is reading it sees
            copies = [_fresh(made, folder / str(attempt)) for attempt in range(tries)]
            one = partial(killed, work, place, number)
            yield _told(called, list(pool.map(one, delays, repeat(usual), copies)))


def _told(called: str, kills: list[Kill]) -> bool:
    """Print the line of one signal in one phase; whether anything is wrong."""
    wrong = Counter(said for kill in kills for said in kill.wrong)
    ended = ", ".join(f"{status} x {n}" for status, n in Counter(kill.status for kill in kills).items())
    early = sum(kill.before for kill in kills)
    told = f"; {early} before assay's first line" if early else ""
    told += "".join(f"; WRONG: {said} x {n}" for said, n in wrong.items())
    late, slowest = sum(kill.late for kill in kills), max(kill.seconds for kill in kills)
    print(f"{called:<32} {len(kills):>5} {late:>5} {slowest:>9.2f}  {ended}{told}", flush=True)
    return bool(wrong)
