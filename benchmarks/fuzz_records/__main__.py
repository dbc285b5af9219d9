"""Records that people hand to one another and answers of a worker, changed: each is read, or refused in a sentence.

    python -m benchmarks.fuzz_records --inputs 1000000 --jobs 2 [NAME ...]

Worker answers, dossiers, bundles, attestations, logs, proofs, checkpoints, policies, baselines, trust files and
configurations of a small model, changed by their grammar and by bytes. Guided by coverage with `pip install atheris`
(Linux, CPython 3.11 to 3.13), which also ends what hangs. What ends in anything but a refusal is written to a file, one
for each place in the code, and makes the exit status 1. Printed for each target: inputs, how many were read, branches
that were reached, and the slowest in CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_REACHED = re.compile(rb" cov: (\d+) ")


@dataclass(slots=True)
class Row:
    """What came of a target's inputs."""

    inputs: int = 0
    read: int = 0
    reached: int = 0
    slowest: float = 0.0
    broke: dict[str, str] = field(default_factory=dict)


def share(name: str, inputs: int, seed: int) -> Row:
    """Run one target in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fuzz_records.one", name, str(inputs), str(seed)]
    done = subprocess.run(command, capture_output=True, check=False)
    reached = [int(found) for found in _REACHED.findall(done.stderr)]
    said = json.loads((done.stdout.splitlines() or [b"{}"])[-1])
    row = Row(**said, reached=max(reached, default=0))
    if done.returncode:
        log = Path(f"fuzz-{name.replace(' ', '-')}-{seed}.log")
        log.write_bytes(done.stderr)
        row.broke[f"ended with status {done.returncode}"] = str(log)
    return row


def table(names: list[str], inputs: int, jobs: int, seed: int) -> int:
    """Print a line for each target; returns how many ended in anything but a refusal somewhere."""
    print(f"{'target':<24} {'inputs':>10} {'read':>10} {'branches':>9} {'slowest, s':>11}")
    broken = 0
    with ThreadPoolExecutor(jobs) as pool:
        shares = {
            name: [pool.submit(share, name, inputs // jobs, seed * 1000 + job) for job in range(jobs)] for name in names
        }
        for name, parts in shares.items():
            rows = [part.result() for part in parts]
            read, reached = sum(row.read for row in rows), max(row.reached for row in rows)
            count, slowest = sum(row.inputs for row in rows), max(row.slowest for row in rows)
            print(f"{name:<24} {count:>10,} {read:>10,} {reached or '-':>9} {slowest:>11.2f}", flush=True)
            broke = {where: file for row in rows for where, file in row.broke.items()}
            for where, file in sorted(broke.items()):
                print(f"  neither read nor refused: {where}, as {file}", flush=True)
            broken += bool(broke)
    print(f"{len(names)} targets, {broken} with an input that was neither read nor refused")
    return broken


def main() -> int:
    """Run and print."""
    from benchmarks.fuzz_records.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000, help="for each target (20,000)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"the targets: {', '.join(TARGETS)}")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in TARGETS]:
        parser.error(f"no target {unknown[0]!r}")
    print("guided by coverage" if find_spec("atheris") else "not guided by coverage: pip install atheris")
    return 1 if table(options.names or list(TARGETS), options.inputs, options.jobs, options.seed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
