"""A process that forks workers for a process that may not fork itself, and must not pay an interpreter for each.

It starts as a fresh interpreter with an empty environment, holds nothing of the process that started it but one end of
a socket, and never sees a byte of a model: it imports readers of assay's own, forks, and tells how each fork ended.
A worker that it forks is what a fresh interpreter would be, without the third of a second of CPU that importing takes.
Linux only (pidfd_open(2), 5.3).
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from threading import Lock

from assay.errors import IsolationError
from assay.isolation.child import PATIENCE, READER, _close, _import_path, _serve_as_child, _words, load
from assay.lazy import compiled

START = 60.0  # wall seconds until it must have answered
MOST = 1 << 16  # bytes of one message
_READY = b"ready"
_CODE = "import sys; sys.path[:] = {path}; from assay.isolation.nursery import tend; tend(0)"
_LOST = -signal.SIGKILL  # how a worker ends whose nursery is gone


class Nursery:
    """The nursery of this process. Made by `nursery`."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(START)
        quiet = [] if os.environ.get("ASSAY_DEBUG") else [2]
        code = _CODE.format(path=json.dumps(_import_path()))
        with theirs:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
                {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "ASSAY_DEBUG") if key in os.environ},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                    *((os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, *quiet)),
                ],
            )
        self._lock = Lock()
        try:
            ready = self._socket.recv(MOST) == _READY
        except OSError:
            ready = False
        if not ready:
            raise IsolationError("no process could be started that starts isolated readers; see  assay doctor")

    def __del__(self) -> None:
        self._socket.close()  # it ends when nobody can ask it any more

    def born(self, module: str, ahead: Iterable[str]) -> Born:
        """A worker that serves by `module` (OSError: the nursery is gone).

        Args:
            ahead: modules that it will import, which the nursery may import for all that come after as well.
        """
        theirs, requests = os.pipe()
        answers, their_answers = os.pipe()
        status, their_status = os.pipe()
        try:
            message = json.dumps({"module": module, "ahead": list(ahead)}).encode()
            with self._lock:
                socket.send_fds(self._socket, [message], [theirs, their_answers, their_status])
                raw, found, _, _ = socket.recv_fds(self._socket, MOST, 1)
            if not raw or len(found) != 1:
                raise OSError("it told of no process")
        except OSError:
            _close(requests, answers, status)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, os.WNOHANG)  # nothing is left of it but that it has ended
            raise
        finally:
            _close(theirs, their_answers, their_status)
        return Born(int(raw), found[0], requests, answers, status)


@cache
def nursery(process: int) -> Nursery:
    """That of this process, whose number says that it is no fork of the one that made it."""
    return Nursery()


class Born:
    """A worker that a nursery forked."""

    ended_by = 0

    def __init__(self, pid: int, handle: int, requests: int, answers: int, status: int) -> None:
        self._pid, self._handle, self._status = pid, handle, status
        self.requests, self.answers = requests, answers

    @property
    def pid(self) -> int:
        return self._pid

    def ended(self) -> str:
        if not select.select([self._status], [], [], PATIENCE)[0]:
            return "it closed its pipe"
        code = int(os.read(self._status, 16) or _LOST)
        self._pid, self.ended_by = 0, max(0, -code)
        return _words(code)

    def kill(self) -> None:
        if self._pid:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            select.select([self._handle], [], [], PATIENCE)
            self._pid = 0
        _close(self.requests, self.answers, self._status, self._handle)


def tend(asked: int) -> None:
    """The nursery's side: fork where asked to, and tell how forks ended, until nobody can ask any more.

    Its forks end with it, by their own doing (`lock.end_with`).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal
    born: dict[int, tuple[int, int]] = {}
    known: set[str] = set()
    ready = 0  # of those known, when their patterns were last compiled
    poll = select.poll()
    poll.register(asked, select.POLLIN)
    with socket.socket(fileno=asked) as line:
        _close(os.pidfd_open(os.getpid()))  # raises where the kernel has none of it
        importlib.import_module(READER)
        line.send(_READY)
        while True:
            for handle, _ in poll.poll():
                if handle != asked:
                    poll.unregister(handle)
                    _told(*born.pop(handle))
                    _close(handle)
                    continue
                raw, files, _, _ = socket.recv_fds(line, MOST, 3)
                if not raw:
                    return
                request = json.loads(raw)
                load(request["ahead"])
                if known.issuperset(request["ahead"]) and ready < len(known):
                    ready = len(known)
                    compiled()  # asked for the like again: each fork would compile the same
                known.update(request["ahead"])
                pid = os.fork()
                if not pid:
                    _serve_as_child(request["module"], files[0], files[1], os.getppid())
                started = os.pidfd_open(pid)
                born[started] = (pid, files[2])
                poll.register(started, select.POLLIN)
                socket.send_fds(line, [str(pid).encode()], [started])
                _close(*files[:2])


def _told(pid: int, status: int) -> None:
    _, code = os.waitpid(pid, 0)
    with suppress(OSError):  # nobody waits for it any more
        os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
    _close(status)
