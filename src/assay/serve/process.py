"""One audit as a process of its own, in a process group of its own: what `assay audit MODEL --keep` runs.

It tells how far it is in lines of JSON through a pipe. It reads a stranger's model, so nothing of what it tells is
believed beyond its shape: a short label, two numbers, a unit; and a digest, which only names an audit to look for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from assay.lazy import dataclass, regex
from assay.progress import EVENTS
from assay.secret import KEY

GRACE = 10.0  # seconds that a process has to end by itself and clear away, before it is killed
_LINE, _WORDS = 4096, 80  # characters of a line, and of a label or a unit
_LAST = 40  # lines of standard error that are kept
_MOST = 1 << 62
_DIGEST = regex(r"[0-9a-f]{64}\Z")
_SAID = "assay: "


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an audit is: what is going on, and how much of it is done."""

    label: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How an audit ended: its exit status, the digest that it says it kept, and what it said to standard error."""

    status: int
    kept: str
    said: str


class Process:
    """An audit that runs; `wait` reads what it tells until it has ended."""

    def __init__(self, model: str, registry: str, token: str, *, offline: bool) -> None:
        """Start it (OSError: no process can be had); what it keeps is kept under the token."""
        options = ["--keep", "--quiet", *(["--registry", registry] if registry else [])]
        command = [sys.executable, "-P", "-m", "assay", "audit", *options, *(["--offline"] if offline else [])]
        reading, writing = os.pipe()
        environment = {name: value for name, value in os.environ.items() if name != KEY}  # it asks no endpoint
        try:
            self._process = subprocess.Popen(  # noqa: S603 - no shell: the model is one argument, after --
                [*command, "--", model],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment | {EVENTS: f"{writing}:{token}"},
                pass_fds=(writing,),
                start_new_session=True,
            )
        except (OSError, ValueError):
            os.close(reading)
            raise
        finally:
            os.close(writing)
        assert self._process.stderr is not None
        self._told, self._errors = reading, self._process.stderr
        self._last: deque[bytes] = deque(maxlen=_LAST)

    def wait(self, progress: Callable[[Progress], None]) -> Ended:
        """Hand on what it tells until it has ended, and end what it left behind."""
        errors = threading.Thread(target=self._read_errors, daemon=True)
        errors.start()
        kept = ""
        with os.fdopen(self._told, "rb") as stream:
            while line := stream.readline(_LINE):
                event = told(line)
                if isinstance(event, Progress):
                    progress(event)
                elif event:
                    kept = event
        status = self._process.wait()
        self._signal(signal.SIGKILL)
        errors.join(GRACE)
        return Ended(status, kept, b"".join(self._last).decode("utf-8", "replace"))

    def end(self) -> None:
        """Ask it to end and clear away; it is killed, with all that it started, if it does not."""
        self._signal(signal.SIGTERM)
        timer = threading.Timer(GRACE, self._signal, (signal.SIGKILL,))
        timer.daemon = True
        timer.start()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
            os.killpg(self._process.pid, number)

    def _read_errors(self) -> None:
        with self._errors as stream:
            while line := stream.readline(_LINE):
                self._last.append(line)


def sentence(said: str) -> str:
    """What a command said last to standard error, as it says why it could not be done; empty: nothing."""
    lines = said.strip().splitlines()
    at = max((number for number, line in enumerate(lines) if line.startswith(_SAID)), default=len(lines) - 1)
    return " ".join(line.strip() for line in lines[max(at, 0) :]).removeprefix(_SAID)


def told(line: bytes) -> Progress | str | None:
    """What a line tells: progress, the digest of a kept dossier, or nothing that has such a shape."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    kept = value.get("kept")
    if isinstance(kept, str) and _DIGEST.match(kept):
        return kept
    label, unit = value.get("label"), value.get("unit")
    done, total = _number(value.get("done")), _number(value.get("total"))
    if not isinstance(label, str) or not isinstance(unit, str) or done is None or total is None:
        return None
    return Progress(label[:_WORDS], min(done, total), total, unit[:_WORDS])


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None
