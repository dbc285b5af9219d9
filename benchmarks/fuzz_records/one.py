"""One target in a process of its own: `python -m benchmarks.fuzz_records.one NAME INPUTS SEED`.

Guided by coverage where atheris is installed, which has to see assay before it is imported. Each line
printed is the row of the table so far, in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

SLOW = 20  # CPU seconds for one small record: a hang by any name
HANGS = 600  # wall seconds, after which an input is given up that never ends
LARGEST = 100_000  # bytes of an input
FRESH = 0.5  # the share of inputs that begin from a sound record: the fuzzer favours those that are soon refused
MEMORY = "/dev/shm"  # where writing an input costs a tenth
EVERY = 10_000  # inputs, after which is told how far it came
_COVERED = ("attest", "facts", "files", "isolation", "pipeline", "policy", "render", "cli._load", "cli._config")


class Tried:
    """What reads the inputs, and what came of them."""

    def __init__(self, name: str, read: Callable[[bytes], object], inputs: int, seed: int) -> None:
        from assay.errors import AssayError

        self._name, self._read, self._inputs, self._seed, self._refusal = name, read, inputs, seed, AssayError
        self._count = self._whole = 0
        self._slowest = 0.0
        self._broke: dict[str, str] = {}

    def __call__(self, raw: bytes) -> None:
        """Read one input."""
        if self._count == self._inputs:
            return
        start, read = time.process_time(), True
        try:
            self._read(raw)
        except self._refusal as refused:
            read = False
            if not str(refused):
                self._note("a refusal without a word", raw)
        except Exception as broken:  # noqa: BLE001 - what is looked for is any
            read = False
            last = traceback.extract_tb(broken.__traceback__)[-1]
            self._note(f"{type(broken).__name__} at {Path(last.filename).name}:{last.lineno}", raw)
        spent = time.process_time() - start
        if spent > SLOW:
            self._note(f"more than {SLOW} CPU seconds", raw)
        self._count, self._whole, self._slowest = self._count + 1, self._whole + read, max(self._slowest, spent)
        if self._count == self._inputs or self._count % EVERY == 0:
            row = {"inputs": self._count, "read": self._whole, "slowest": round(self._slowest, 3), "broke": self._broke}
            print(json.dumps(row), flush=True)

    def _note(self, where: str, raw: bytes) -> None:
        if where not in self._broke:
            file = Path(f"fuzz-{self._name.replace(' ', '-')}-{self._seed}-{self._count}")
            file.write_bytes(raw)
            self._broke[where] = str(file)


def main(name: str, inputs: int, seed: int) -> None:
    """Change and read so many inputs."""
    guided = find_spec("atheris") is not None
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as place:
        target = _made(name, Path(place), guided)
        tried = Tried(name, target.read, inputs, seed)
        if not guided:
            _blind(target, tried, inputs, Random(seed))
            return
        corpus = Path(place) / "corpus"
        corpus.mkdir()
        for number, raw in enumerate(target.seeds):
            (corpus / f"{number:04}").write_bytes(raw)
        _guided(target, tried, inputs, seed, corpus)


def _made(name: str, place: Path, guided: bool) -> Any:
    if not guided:
        from benchmarks.fuzz_records.targets import TARGETS, Made

        return TARGETS[name](Made(place))
    import atheris

    with atheris.instrument_imports(include=[f"assay.{row}" for row in _COVERED]):
        from benchmarks.fuzz_records.targets import TARGETS, Made

        return TARGETS[name](Made(place))  # makes each record once, so that all that reads one is imported


def _blind(target: Any, tried: Tried, inputs: int, dice: Random) -> None:
    for _ in range(inputs):
        tried(target.change(dice.choice(target.seeds), dice.choice(target.seeds), dice))


def _guided(target: Any, tried: Tried, inputs: int, seed: int, corpus: Path) -> None:
    import atheris

    def change(raw: bytes, most: int, seed: int) -> bytes:
        dice = Random(seed)
        first = dice.choice(target.seeds) if dice.random() < FRESH else raw
        return bytes(target.change(first, dice.choice(target.seeds), dice))[:most]

    options = [f"-runs={inputs}", f"-seed={seed + 1}", f"-max_len={LARGEST}", f"-timeout={HANGS}", "-rss_limit_mb=2048"]
    atheris.Setup(["fuzz", str(corpus), *options], tried, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    os.environ.pop("ASSAY_DEBUG", None)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
