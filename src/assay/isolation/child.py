"""Three ways to start the worker: a fork of this process, of a nursery, or a fresh interpreter.

A fork is some 30 ms of CPU cheaper than an interpreter (`make bench` prints both), so it is the way where it is
sound: on Linux, in a small process without other threads that has not spoken to a network, which is what the command
line is. A fork begins with this process's memory, so it overwrites the environment, where credentials are, before it
reads a byte of the model. Elsewhere on Linux one process that is kept for it does the forking (`nursery`). Who asks for
isolation explicitly (`--require-isolation`) gets a fresh interpreter with an empty environment (docs/decisions/0003).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn, Protocol

from assay.errors import IsolationError


class Child(Protocol):
    """A worker process: where to write requests, where to read answers, and its end."""

    requests: int
    answers: int
    ended_by: int

    @property
    def pid(self) -> int:
        """Its process; 0 once it has ended."""

    def ended(self) -> str:
        """How it ended, in words; waits a moment for it to do so. `ended_by` is then the signal, or 0."""

    def kill(self) -> None:
        """End it now and collect it."""


FORK_MOST = 256 * 1024 * 1024  # bytes of address space; the command line has 27 MB when it forks
PATIENCE = 2.0  # wall seconds in which a worker that closed its pipe has to end by itself
_CODE = "import sys; sys.path[:] = {path}; from {module} import serve; serve(0, 1, {parent})"
READER = "assay.isolation.worker"  # the module that serves, with `serve(requests, answers, parent)`


def started(*, fresh: bool, module: str = READER, ahead: Iterable[str] = ()) -> Child:
    """A worker, by fork if that is sound here and `fresh` is not asked for.

    Args:
        ahead: modules of assay's that it will import, so that who forks it may have them for later as well.
    """
    if fresh or sys.platform != "linux":
        return Spawned(module)
    if not _forkable():
        return _born(module, ahead) or Spawned(module)
    load(ahead)
    return Forked(module)


def load(ahead: Iterable[str]) -> None:
    """Import what a fork is about to import, and call its `ready`, if it has one; what fails fails in the worker, which
    says so.
    """
    for name in ahead:
        with suppress(ImportError):
            ready = getattr(importlib.import_module(name), "ready", None)
            if ready is not None and name.startswith("assay."):
                ready()


def _born(module: str, ahead: Iterable[str]) -> Child | None:
    """A fork of the nursery; None: there can be none here, or it is gone."""
    from assay.isolation.nursery import nursery

    try:
        return nursery(os.getpid()).born(module, ahead)
    except (IsolationError, OSError):
        nursery.cache_clear()
        return None


def _forkable() -> bool:
    """Whether a fork would have one thread, native ones included, room under its memory limit, and no credentials.

    Who has spoken to a hub or an endpoint may hold a token in memory that is in no environment variable.
    """
    if "ssl" in sys.modules:
        return False
    with open("/proc/self/statm", "rb") as file:
        pages = int(file.read().split()[0])
    return len(os.listdir("/proc/self/task")) == 1 and pages * os.sysconf("SC_PAGE_SIZE") < FORK_MOST


class Forked:
    """A copy of this process that serves requests and never returns."""

    ended_by = 0

    def __init__(self, module: str = READER) -> None:
        request_end, self.requests = os.pipe()
        self.answers, answer_end = os.pipe()
        sys.stdout.flush()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _serve_as_child(module, request_end, answer_end, parent)
        os.close(request_end)
        os.close(answer_end)

    @property
    def pid(self) -> int:
        return self._pid

    def ended(self) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._pid = 0
                self.ended_by = max(0, -os.waitstatus_to_exitcode(status))
                return _words(os.waitstatus_to_exitcode(status))
            time.sleep(0.005)
        return "it closed its pipe"

    def kill(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
        _close(self.requests, self.answers)


class Spawned:
    """A fresh interpreter with an empty environment, that imports from this process's path and nowhere else."""

    ended_by = 0

    def __init__(self, module: str = READER) -> None:
        import subprocess

        code = _CODE.format(path=json.dumps(_import_path()), module=module, parent=os.getpid())
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("ASSAY_DEBUG") else subprocess.DEVNULL,
            env={"PYTHONHASHSEED": "0", **{key: os.environ[key] for key in ("LD_LIBRARY_PATH",) if key in os.environ}},
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.requests, self.answers = self._process.stdin.fileno(), self._process.stdout.fileno()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> str:
        import subprocess

        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        self.ended_by = max(0, -code)
        return _words(code)

    def kill(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()


def _serve_as_child(module: str, requests: int, answers: int, parent: int) -> NoReturn:
    """What the fork does: let go of everything of the parent, serve, and end without any of its clean-up."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it kills the worker
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):  # what the parent does then is not its to do
            signal.signal(number, signal.SIG_DFL)
        quiet = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, *(() if os.environ.get("ASSAY_DEBUG") else (2,))):
            os.dup2(quiet, fd)
        _forget_environment()
        for fd in _other_files(requests, answers):
            _close(fd)
        importlib.import_module(module).serve(requests, answers, parent)
        status = 0
    finally:
        if status and os.environ.get("ASSAY_DEBUG"):
            sys.excepthook(*sys.exc_info())
        os._exit(status)


def _forget_environment() -> None:
    """Overwrite every variable where it lies: Python's copies, the C library's, and the block the kernel put up."""
    import ctypes

    copies = list(os.environb.values())
    variables = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    number = 0
    while variables and (string := variables[number]):
        name, _, value = ctypes.string_at(string).partition(b"=")
        ctypes.memset(string + len(name) + 1, 0, len(value))
        number += 1
    with open("/proc/self/stat", "rb") as file:
        start, stop = map(int, file.read().rpartition(b")")[2].split()[47:49])  # env_start, env_end: proc_pid_stat(5)
    ctypes.memset(start, 0, stop - start)
    os.environ.clear()
    for copy in copies:
        if len(copy) > 1:  # shorter ones are shared by the whole interpreter
            ctypes.memset(id(copy) + bytes.__basicsize__ - 1, 0, len(copy))


def _other_files(requests: int, answers: int) -> list[int]:
    return [fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2 and fd not in (requests, answers)]


def _import_path() -> list[str]:
    """Where a fresh worker may import from: this process's path, without the working directory and relative entries.

    Running `python -m assay` inside a model's folder would otherwise let a `yaml.py` of the model be imported.
    """
    import assay.errors

    home = os.path.dirname(os.path.dirname(os.path.realpath(assay.errors.__file__)))
    here = os.path.realpath(os.getcwd())
    kept = [entry for entry in sys.path if os.path.isabs(entry) and os.path.realpath(entry) != here]
    return [home, *(entry for entry in kept if entry != home)]


def _words(code: int) -> str:
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with status {code}"


def _close(*fds: int) -> None:
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass  # listing the open files opened one of them
