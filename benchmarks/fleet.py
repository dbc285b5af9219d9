"""A fleet of made models: all new, none changed, one in a hundred changed, other rules; beside `assay audit` of each.

    python -m benchmarks.fleet [--models 1000] [--jobs 2] [--alone 20]
    python -m benchmarks.fleet --executor ray [--models 100]
    python -m benchmarks.fleet --kills 200 [--models 12] [--seed 1]

Each line is one `assay fleet audit` as a user runs it: wall seconds, CPU seconds of all its processes, and CPU a model.
`alone` is `assay audit --keep` of so many of the models, a process each. The models are small (a hub folder of four
files, which share their weights three by three), so that what is measured is assay and not hashing.
With `--executor`, the same models are all new to local processes and to that one, one after the other, twice.
With `--kills`, see benchmarks/fleet_kills.py.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.builders import hub_model

ASSAY = [sys.executable, "-m", "assay"]
LIST = 'schema = "assay-models/1"\npolicy = "{}"\n[[model]]\nmodel = "models/*"\n'


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--alone", type=int, default=20)
    parser.add_argument("--executor", default="local")
    arguments = parser.parse_args()
    if arguments.kills:
        from benchmarks.fleet_kills import kills

        kills(arguments.kills, arguments.models or 12, arguments.seed)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        models = _made(root, arguments.models or 1000)
        print(f"{'what':<28}{'models':>8}{'read':>8}{'wall s':>9}{'CPU s':>9}{'CPU ms a model':>16}")
        if arguments.executor != "local":
            for turn in (1, 2):
                for name in ("local", arguments.executor):
                    _fleet(f"all new, {name}", root, arguments.jobs, f"kept-{name}-{turn}", name)
            return
        _fleet("all new", root, arguments.jobs)
        _fleet("none changed", root, arguments.jobs)
        for model in models[::100]:
            (model / "notes.txt").write_text("changed")
        _fleet("one in a hundred changed", root, arguments.jobs)
        (root / "models.toml").write_text(LIST.format("strict"))
        _fleet("other rules", root, arguments.jobs)
        _alone(models[: arguments.alone], root)


def _made(root: Path, count: int) -> list[Path]:
    found: list[Path] = []
    for number in range(count):
        model = hub_model(root / "models" / f"model-{number:05}")
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "_made": number}))
        if number % 3:
            shutil.copyfile(found[-1] / "model.safetensors", model / "model.safetensors")
        found.append(model)
    (root / "models.toml").write_text(LIST.format("default"))
    return found


def _fleet(what: str, root: Path, jobs: int, kept: str = "kept", executor: str = "local") -> None:
    how = ["--registry", kept, "--jobs", str(jobs), "--executor", executor]
    command = [*ASSAY, "fleet", "audit", *how, "-o", "json=rows.json"]
    wall, cpu = _measured(command, root)
    rows = json.loads((root / "rows.json").read_text())
    _line(what, len(rows), sum(row["read"] for row in rows), wall, cpu)


def _alone(models: list[Path], root: Path) -> None:
    wall = cpu = 0.0
    for model in models:
        more = _measured([*ASSAY, "audit", str(model), "--keep", "--registry", "alone", "-q"], root)
        wall, cpu = wall + more[0], cpu + more[1]
    _line("alone, a process each", len(models), len(models), wall, cpu)


def _measured(command: list[str], root: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a command, its own processes counted."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what outlives its parent is counted here as well
    subprocess.run(command, cwd=root, capture_output=True, check=False)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _line(what: str, models: int, read: int, wall: float, cpu: float) -> None:
    print(f"{what:<28}{models:>8,}{read:>8,}{wall:>9.1f}{cpu:>9.1f}{cpu / models * 1e3:>16.1f}", flush=True)


if __name__ == "__main__":
    main()
