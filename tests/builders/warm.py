"""Processes that begin as forks of one that has imported assay: what a command does, without what its start costs.

A command that a test runs is a process of its own, with its own environment, working directory, output and end. What it
does not do again is import assay and click, and sqlalchemy where the command keeps or asks for audits, nor compile each
pattern and template: three quarters of the CPU of most commands in tests. How a command starts is asked of real starts
(`test_lazy`, `test_listing`, `test_wheel`, `make demo`).
"""

from __future__ import annotations

import array
import atexit
import contextlib
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# the rooms of which a plain audit imports something, and those of the commands that keep audits
_READ = ("facts", "text", "licence", "formats", "subject", "isolation")
_JUDGED = ("checks", "measures", "policy", "pipeline", "render", "cli")
_KEPT = ("registry", "fleet")
# what brings a thread, or a network: then no worker of the command would be a fork, as that of a real one is
_NOT = frozenset({"assay.pipeline.again", "assay.formats.encoding.pdf", "assay.formats.container.every"})
_RUN = "assay.registry.migrations"  # by Alembic, and by nothing else
_KEEP = frozenset(("baseline", "compare", "find", "fleet", "history", "list", "registry", "serve", "show"))


def run(arguments: tuple[str, ...], cwd: str, env: dict[str, str], timeout: float) -> tuple[int, str, str]:
    """The exit status of `assay ARGUMENTS` (negative: the signal that ended it), its output and its errors."""
    keeps = any(word in _KEEP or word in ("--keep", "--registry") for word in arguments)
    (out, out_end), (err, err_end), (told, told_end) = os.pipe(), os.pipe(), os.pipe()
    try:
        _nursery(keeps).ask({"arguments": arguments, "cwd": cwd, "env": env}, (out_end, err_end, told_end))
    finally:
        for end in (out_end, err_end, told_end):
            os.close(end)
    with open(told, encoding="ascii") as status:
        pid = int(status.readline())
        late = threading.Timer(timeout, lambda: os.kill(pid, signal.SIGKILL))
        late.start()
        texts: list[str] = []
        other = threading.Thread(target=lambda: texts.append(_text(err)))
        other.start()
        output = _text(out)
        other.join()
        ended = int(status.readline())
        late.cancel()
    return ended, output, texts[0]


def _text(end: int) -> str:
    with open(end, encoding="utf-8") as file:
        return file.read()


class _Nursery:
    """The process that has imported, and the socket over which it is asked for a fork."""

    def __init__(self, keeps: bool) -> None:
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        code = f"from tests.builders import warm; warm.serve({theirs.fileno()}, {keeps})"
        code += "; from assay.cli import main; main()"
        command = [sys.executable, "-c", code]
        subprocess.run(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, check=True)
        theirs.close()
        atexit.register(self._socket.close)

    def ask(self, request: object, ends: tuple[int, ...]) -> None:
        raw = json.dumps(request).encode()
        with self._lock:
            fds = array.array("i", ends)
            self._socket.sendmsg([len(raw).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            self._socket.sendall(raw)


@cache
def _nursery(keeps: bool) -> _Nursery:
    return _Nursery(keeps)


def serve(fd: int, keeps: bool) -> None:
    """Import, then fork for each request until nobody can ask any more; comes back in the fork that is to be assay."""
    if os.fork():
        os._exit(0)  # no child of the tests' own process, which tests look through for what should have ended
    _import(keeps)
    asked = socket.socket(fileno=fd)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a command is its own parent, and ends by itself
    while True:
        head, ends, _, _ = socket.recv_fds(asked, 4, 3)
        length = int.from_bytes(head, "big")
        raw = asked.recv(length, socket.MSG_WAITALL) if head else b""  # and no byte of the next request
        if not raw or len(raw) < length:
            os._exit(0)
        if os.fork() == 0:
            asked.close()
            _begin(json.loads(raw), *ends)
            return
        for end in ends:
            os.close(end)


def _begin(request: dict[str, Any], out: int, err: int, told: int) -> None:
    """Come back in the command's own process; its parent says how it ended, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        os.close(out)
        os.close(err)
        os.write(told, b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for end in (out, err, told):
        os.close(end)
    # those of before know of the file that was there whether it can be rewound
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    errors = open(2, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = errors  # type: ignore[misc]
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv[:] = ["assay", *request["arguments"]]


def _import(keeps: bool) -> None:
    from assay.cli._lean import load

    load()
    for room in (*_READ, *_JUDGED, *(_KEPT if keeps else ())):
        _import_all(f"assay.{room}")
    if keeps:
        with contextlib.suppress(ImportError):  # the extra that keeps audits is not installed
            importlib.import_module("alembic.command")  # what a command makes a registry with
    _audit()
    brought = [name for name in ("numpy", "torch", *(() if keeps else ("ssl",))) if name in sys.modules]
    if brought or len(os.listdir("/proc/self/task")) > 1:
        raise AssertionError(f"a process to fork from has imported {brought}, or has threads")


def _audit() -> None:
    """Read and judge a model once: what a process compiles and looks up the first time is there then; but no numpy."""
    import assay
    from assay.render import renderer
    from tests.builders import hub_model

    with tempfile.TemporaryDirectory() as folder:
        dossier = assay.audit(hub_model(Path(folder) / "m", model__safetensors=None), isolation=False)
    for name in ("html", "text"):
        found = renderer(name)
        assert found is not None
        found.write(dossier, io.BytesIO())


def _import_all(name: str) -> None:
    module = importlib.import_module(name)
    for row in pkgutil.iter_modules(module.__path__, name + "."):
        if row.name not in (*_NOT, _RUN):
            with contextlib.suppress(ImportError):  # of an extra
                importlib.import_module(row.name)
            if row.ispkg and row.name in sys.modules:
                _import_all(row.name)
