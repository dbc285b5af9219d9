"""Kills of an audit: each signal in each phase, at moments that chance chooses, and what is left afterwards.

After each: within 5 seconds nothing of the process group runs, the worker included; each report is whole or absent;
nothing else lies beside it; the exit status is 128 and the signal's number, or the signal itself. The signal goes to
the auditing process alone, which is harder than a terminal's Ctrl-C, as that reaches the worker too.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import assay

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)
PATIENCE = 5.0  # seconds in which everything has to have ended
PACKAGE = Path(assay.__file__).parent
PASSED, EXIT_SIGNAL = 0, 128
_SLOWEST = 120.0  # seconds in which a phase has to be reached
_WEIGHTS, _TENSORS = 8 << 30, 8_000


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of an audit: the model that makes it last, and how it is seen from outside that it has begun."""

    name: str
    make: Callable[[Path], object]
    begun: Callable[[Running], bool]
    spread: float  # seconds after it was seen to begin, within which the signal is sent
    options: tuple[str, ...] = ()


@dataclass(slots=True)
class Running:
    """An audit that runs, as the system shows it."""

    process: subprocess.Popen[bytes]
    reports: Path
    seen: set[str] = field(default_factory=set)

    def opened(self) -> list[str]:
        """Where the open files of the auditing process lie."""
        try:
            return [os.readlink(entry) for entry in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        except OSError:
            return []  # one was closed meanwhile, or the process ended

    def workers(self) -> list[int]:
        """The processes of the group beside the auditing one."""
        return [pid for pid in group(self.process.pid) if pid != self.process.pid]

    def reads_values(self) -> bool:
        """Whether the file of weights is open in the auditing process; its header is read in the worker."""
        return any(name.endswith("/model.safetensors") for name in self.opened())

    def renders(self) -> bool:
        """Whether the weights have been read, and no report is being written yet."""
        reads = self.reads_values()
        if reads:
            self.seen.add("values")
        return "values" in self.seen and not reads

    def writes(self) -> bool:
        """Whether a report is open for writing, under a passing name or without one, after the weights were read."""
        return ("values" in self.seen or self.renders()) and any(
            name.startswith(str(self.reports)) for name in self.opened()
        )


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


def _pickle(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"\x80\x02" + b"N0" * 20_000_000 + b"N.")


def _weights(folder: Path, *, rows: int, size: int) -> None:
    """`rows` tensors of `size` bytes each; zeros that were never written."""
    head = json.dumps(
        {
            f"layers.{row}.w": {
                "dtype": "F32",
                "shape": [size // 64, 16],
                "data_offsets": [row * size, (row + 1) * size],
            }
            for row in range(rows)
        }
    ).encode()
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head)
    os.truncate(path, path.stat().st_size + rows * size)


def _large(folder: Path) -> None:
    _weights(folder, rows=64, size=_WEIGHTS // 64)


def _many(folder: Path) -> None:
    _weights(folder, rows=_TENSORS, size=64)


PHASES = (
    Phase("start", _many, lambda _: True, 0.3),
    Phase("parsing in the worker", _pickle, lambda run: bool(run.workers()), 1.0),
    Phase("reading values", _large, Running.reads_values, 1.0, ("--max-bytes", "1TB")),
    Phase("rendering", _many, Running.renders, 1.0),
    Phase("writing reports", _many, Running.writes, 0.02),
)


@dataclass(frozen=True, slots=True)
class Kill:
    """What one signal left: how the audit ended, after how long, and what is wrong with that.

    `late`: it had ended, or was ending, when the signal came; `before`: Python was starting, and no line of assay ran.
    """

    status: int
    seconds: float
    late: bool
    before: bool
    wrong: tuple[str, ...]


def killed(model: Path, phase: Phase, number: signal.Signals, reports: Path, chance: random.Random) -> Kill:
    """Start an audit, wait for the phase, send the signal, and look at what is left.

    Raises:
        TimeoutError: the phase was not reached.
    """
    command = [sys.executable, "-m", "assay", "audit", str(model), "--offline", "-q", *phase.options]
    command += ["-o", f"json={reports}/r.json", "-o", f"html={reports}/r.html"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, preexec_fn=_usual
        )
        run, until = Running(process, reports), time.monotonic() + _SLOWEST
        while process.poll() is None and not phase.begun(run):
            if time.monotonic() > until:
                process.kill()
                raise TimeoutError(f"{phase.name} was not reached within {_SLOWEST:g} seconds")
        time.sleep(chance.random() * phase.spread)
        late, sent = process.poll() is not None, time.monotonic()
        process.send_signal(number)
        left = _wait(process)
        seconds = time.monotonic() - sent
        late = late or (process.returncode == PASSED and seconds < 1)  # it was ending when the signal came
        said.seek(0)
        printed = said.read()
    wrong = [*left, *_reports(reports)]
    before = b"Traceback" in printed and str(PACKAGE).encode() not in printed  # Python was starting, with exit 1
    if b"Traceback" in printed and not before:
        wrong.append("a traceback")
    right = {PASSED} if late else {-number} if number == signal.SIGKILL else {-number, EXIT_SIGNAL + number}
    if process.returncode not in right and not before:
        wrong.append(f"exit {process.returncode}")
    return Kill(process.returncode, seconds, late, before, tuple(wrong))


def _usual() -> None:
    """Signals as a terminal has them: what runs in the background of a script ignores some; and no core is left."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _wait(process: subprocess.Popen[bytes]) -> list[str]:
    """What is wrong with how the group ended; nothing of it runs afterwards."""
    until = time.monotonic() + PATIENCE
    while (process.poll() is None or group(process.pid)) and time.monotonic() < until:
        time.sleep(0.005)
    left = group(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    return [f"{len(left)} processes run on after {PATIENCE:g} s"] if left else []


def _reports(folder: Path) -> list[str]:
    """What is wrong with the reports that are there, and what else lies there."""
    wrong = []
    for path in folder.iterdir():
        raw = path.read_bytes()
        if path.name == "r.json":
            try:
                json.loads(raw)
            except ValueError:
                wrong.append("r.json is not whole")
        elif path.name == "r.html":
            if not raw.rstrip().endswith(b"</html>"):
                wrong.append("r.html is not whole")
        else:
            wrong.append("a temporary file is left")
        path.unlink()
    return wrong


def main(words: list[str], tries: int = 20, seed: int = 1) -> int:
    """Print a line for each signal in each phase whose name (`TERM, reading values`) holds every word.

    Returns how many of them left something wrong.
    """
    chance, beyond, count = random.Random(seed), 0, 0
    print(f"{'kill':<28} {'tries':>5} {'late':>5} {'s at most':>9}  ended with")
    for phase in PHASES:
        names = {number: f"{number.name.removeprefix('SIG')}, {phase.name}" for number in SIGNALS}
        chosen = {number: name for number, name in names.items() if all(word in name for word in words)}
        if not chosen:
            continue
        with tempfile.TemporaryDirectory() as place:
            model, reports = Path(place) / "m", Path(place) / "reports"
            model.mkdir()
            reports.mkdir()
            phase.make(model)
            for number, name in chosen.items():
                kills = [killed(model, phase, number, reports, chance) for _ in range(tries)]
                wrong = Counter(said for kill in kills for said in kill.wrong)
                beyond, count = beyond + bool(wrong), count + tries
                ended = ", ".join(f"{status} x {n}" for status, n in Counter(kill.status for kill in kills).items())
                early = sum(kill.before for kill in kills)
                told = f"; {early} before assay's first line" if early else ""
                told += "".join(f"; WRONG: {said} x {n}" for said, n in wrong.items())
                late, slowest = sum(kill.late for kill in kills), max(kill.seconds for kill in kills)
                print(f"{name:<28} {tries:>5} {late:>5} {slowest:>9.2f}  {ended}{told}", flush=True)
    print(f"{count} kills, {beyond} kinds of kill that left something wrong")
    return beyond
