"""Many `assay` commands in one process of their own, each as `main` runs it: what they print, byte for byte."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

NO_SOCKET = "ASSAY_TEST_NO_SOCKET"  # set: the first connection ends the process


@dataclass(frozen=True, slots=True)
class Ran:
    """One command, its exit status, and what it printed."""

    arguments: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes


def ran(commands: list[tuple[str, ...]], cwd: Path, **env: str) -> list[Ran]:
    """Run the commands one after another in `cwd`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.builders.walker", str(cwd)],
        input=json.dumps(commands).encode(),
        capture_output=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **env},
        timeout=600,
    )
    assert not done.returncode, done.stderr.decode()
    rows = json.loads(done.stdout.splitlines()[-1])
    return [Ran(tuple(a), status, base64.b64decode(out), base64.b64decode(err)) for a, status, out, err in rows]


def leaves(group: click.Group, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*names, name))
        else:
            yield (*names, name), command


def _connects(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (PEP 578): whoever looks a name up or connects ends the process."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        print(f"{event} {arguments[1:]}", file=sys.__stderr__, flush=True)
        os._exit(99)


def _main() -> None:
    from assay.cli import main

    if os.environ.get(NO_SOCKET):
        sys.addaudithook(_connects)
    commands, found, real = json.load(sys.stdin), [], (sys.stdout, sys.stderr)
    os.chdir(sys.argv[1])
    for arguments in commands:
        raw = io.BytesIO(), io.BytesIO()
        sys.stdin = io.TextIOWrapper(io.BytesIO())
        sys.stdout, sys.stderr = (io.TextIOWrapper(one, "utf-8") for one in raw)
        sys.argv = ["assay", *arguments]
        try:
            main()
            status: object = 0
        except SystemExit as end:
            status = end.code
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        found.append([arguments, status, *(base64.b64encode(one.getvalue()).decode() for one in raw)])
        sys.stdout, sys.stderr = real
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
