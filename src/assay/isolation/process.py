"""The parent's side: one locked-down worker, started when first needed, replaced when it dies."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import assay
from assay.errors import IsolationError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.codec import Mismatch
from assay.formats import Format
from assay.isolation import Place, Reading
from assay.isolation.wire import length, packed, reading_from, unpacked

DEADLINE = 60.0  # wall seconds for one artifact's header; the slowest sound one measured needs under 3
START = 60.0  # wall seconds until a worker must have announced itself
_CODE = "import sys; sys.path[:] = {path}; from assay.isolation.worker import serve; serve(sys.stdin.buffer, sys.stdout.buffer)"


def available() -> bool:
    """Whether this platform can run a worker over pipes with a deadline."""
    return sys.platform in ("linux", "darwin")


class _Silent(Exception):
    """The worker gave no whole answer: it died, was killed for time, or sent nonsense."""


class Worker:
    """Reads artifacts in a separate process that may read below `roots` and do nothing else."""

    def __init__(
        self, roots: tuple[str, ...], formats: tuple[str, ...], require: bool = False, deadline: float = DEADLINE
    ) -> None:
        self._roots, self._formats, self._require, self._deadline = roots, formats, require, deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._reached: tuple[str, ...] = ()

    def read(self, artifact: str, format: Format, place: Place) -> Reading:
        """Read one artifact; a worker that dies, hangs or answers nonsense is an obstacle on that artifact."""
        process = self._running()
        module = format.read.__module__.rpartition(".")[2]
        try:
            self._send(
                process, {"artifact": artifact, "format": module, "path": place.path, "identity": place.identity}
            )
            return reading_from(self._answer(process, self._deadline), artifact)
        except (_Silent, Mismatch) as cause:
            self.close()
            return Reading((), Obstacle(artifact, Trouble.STOPPED, f"the isolated reader was stopped: {cause}"))

    def reached(self) -> tuple[str, ...]:
        """The mechanisms that hold, as the worker tried them out; empty if no artifact needed a worker."""
        return self._reached

    def close(self) -> None:
        """End the worker, if one runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                _quietly_closed(pipe)
            process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = self._started()
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", _CODE.format(path=json.dumps(_import_path()))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("ASSAY_DEBUG") else subprocess.DEVNULL,
            env={
                "PYTHONHASHSEED": "0",
                **{key: os.environ[key] for key in ("LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ},
            },
            close_fds=True,
        )
        try:
            self._send(process, {"formats": self._formats, "roots": self._roots})
            hello = self._answer(process, START)
        except (_Silent, Mismatch) as cause:
            process.kill()
            process.wait()
            raise IsolationError(f"the isolated reader did not start: {cause}; see  assay doctor") from cause
        self._reached = tuple(str(name) for name in hello.get("reached", ()))
        if self._require and not {"landlock", "seccomp", "rlimits"} <= set(self._reached):
            process.kill()
            process.wait()
            raise IsolationError(
                f"--require-isolation: this machine gives {', '.join(self._reached) or 'none'}, needed are landlock, seccomp and rlimits"
            )
        return process

    def _send(self, process: subprocess.Popen[bytes], message: object) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(packed(message))
            process.stdin.flush()
        except OSError as cause:
            raise _Silent(_end(process)) from cause

    def _answer(self, process: subprocess.Popen[bytes], seconds: float) -> Any:
        until = time.monotonic() + seconds
        size = length(self._bytes(process, 4, until, seconds))
        return unpacked(self._bytes(process, size, until, seconds))

    def _bytes(self, process: subprocess.Popen[bytes], count: int, until: float, seconds: float) -> bytes:
        assert process.stdout is not None
        parts: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while count:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise _Silent(f"it took longer than {seconds:g} seconds")
                part = os.read(process.stdout.fileno(), min(count, 1 << 20))
                if not part:
                    raise _Silent(_end(process))
                parts.append(part)
                count -= len(part)
        return b"".join(parts)


def _import_path() -> list[str]:
    """Where the worker may import from: this process's path, without the working directory and relative entries.

    Running `python -m assay` inside a model's folder would otherwise let a `yaml.py` of the model be imported.
    """
    home = str(Path(assay.__file__).resolve().parents[1])
    here = os.path.realpath(os.getcwd())
    kept = [entry for entry in sys.path if os.path.isabs(entry) and os.path.realpath(entry) != here]
    return [home, *(entry for entry in kept if entry != home)]


def _end(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it closed its pipe"
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with status {code}"


def _quietly_closed(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        try:
            pipe.close()
        except OSError:
            pass  # unsent bytes for a dead worker
