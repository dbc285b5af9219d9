"""How long many workers take for a fleet: a discrete-event simulation, held against what one to four workers took.

    python -m benchmarks.fleet_scale [--models 60] [--rounds 3] [--many 1000000]

First rates are measured on made models (hub folders of four files): CPU seconds of each audit, with its locked-down
reader, one after another in one process; what it costs to start a worker; seconds in which the database serves one
model alone. Then `assay fleet audit --queue` does the same models with 1 to 4 workers, and the simulation says how long
it should have taken. Cores are not taken for granted: before each run so many processes spin for a second, and what
they get of the machine is what the workers are taken to get. Last come 1 to 64 workers on as many cores of their own.

The simulation: a worker starts, takes a model from the database, which serves one after another, computes at the speed
that its share of the cores gives, has the database keep the audit, and goes on; the run ends with the last of them.
"""

from __future__ import annotations

import argparse
import heapq
import multiprocessing
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.builders import hub_model

from assay import registry
from assay.fleet.auditing import Task, audit
from assay.fleet.models import entries
from assay.registry.queue import Queue, Waiting

ASSAY = [sys.executable, "-m", "assay"]
LIST = 'schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n'


@dataclass(frozen=True)
class Rates:
    """CPU seconds of each audit, CPU seconds until a worker begins, seconds of the database for a model, fixed seconds.

    `fixed` is what the command takes before its first worker starts and after the last one ended.
    """

    audits: tuple[float, ...]
    start: float
    database: float
    fixed: float


def simulated(rates: Rates, models: int, workers: int, cores: float, seed: int = 1) -> float:
    """Seconds until so many models are done."""
    chance = random.Random(seed)
    speed = min(1.0, cores / workers)
    free = 0.0  # when the database can serve the next
    end = 0.0
    left = models
    events = [(rates.start / speed, worker) for worker in range(workers)]
    heapq.heapify(events)
    while events:
        now, worker = heapq.heappop(events)
        end = max(end, now)
        if not left:
            continue
        left -= 1
        free = max(free, now) + rates.database  # taking one and keeping the one before
        heapq.heappush(events, (free + chance.choice(rates.audits) / speed, worker))
    return end + rates.fixed


def measured(root: Path) -> Rates:
    """The rates of this machine, on these models."""
    where = str(root / "rates")
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        queue.put("rates", [Waiting("0", 1) for _ in range(50)])
        begun = time.perf_counter()
        while (task := queue.take("w", 60)) is not None:
            queue.finish(task, "0")
        database = (time.perf_counter() - begun) / 50
    audits = []
    for number, entry in enumerate(entries(root / "models.toml")):
        before = _cpu()
        audit(Task(entry, where, "benchmark", again=True))
        if number:  # the first imports everything, as each worker does once
            audits.append(_cpu() - before)
        else:
            first = _cpu() - before
    imports = _command([sys.executable, "-c", "import assay.fleet.queue"], root)[1]
    help_ = _command([*ASSAY, "fleet", "audit", "--queue", "--registry", "empty", "none.toml"], root)[0]
    return Rates(tuple(audits), imports + first - sum(audits) / len(audits), database, help_)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(arguments.models):
            hub_model(root / "models" / f"model-{number:05}")
        (root / "models.toml").write_text(LIST)
        rates = measured(root)
        mean = sum(rates.audits) / len(rates.audits)
        print(
            f"an audit {mean * 1e3:.0f} ms of CPU, a worker's start {rates.start:.2f} s of CPU, the database"
            f" {rates.database * 1e3:.1f} ms a model, the command itself {rates.fixed:.2f} s\n"
        )
        print(f"{'workers':>7}{'cores got':>11}{'simulated s':>13}{'measured s':>12}{'measured / simulated':>22}")
        for workers in (1, 2, 3, 4):
            for _ in range(arguments.rounds):
                _held_against(root, rates, arguments.models, workers)
        _kept(root)
    print(f"\n{'workers':>7}{'hours for ' + format(arguments.many, ','):>24}{'of ideal':>10}")
    for workers in (1, 2, 4, 8, 16, 32, 64):
        hours = simulated(rates, arguments.many, workers, workers) / 3600
        print(f"{workers:>7}{hours:>24.1f}{arguments.many * mean / 3600 / workers / hours:>10.0%}")


def _held_against(root: Path, rates: Rates, models: int, workers: int) -> None:
    shutil.rmtree(root / "kept", ignore_errors=True)
    cores = _cores(workers)
    command = [*ASSAY, "fleet", "audit", "--queue", "--registry", "kept", "--jobs", str(workers), "-q"]
    wall, _ = _command(command, root)
    cores = (cores + _cores(workers)) / 2
    expected = simulated(rates, models, workers, cores)
    print(f"{workers:>7}{cores:>11.2f}{expected:>13.1f}{wall:>12.1f}{wall / expected:>22.2f}", flush=True)


def _kept(root: Path) -> None:
    """What a registry of these models takes on disk."""
    with registry.open(str(root / "kept")) as kept:
        count = len(kept.audits(every=True, most=1_000_000))
    database = sum(row.stat().st_size for row in (root / "kept").glob("registry.db*"))
    store = sum(row.stat().st_size for row in (root / "kept" / "store").rglob("*.gz"))
    print(f"\nkept a model: {database / count / 1e3:.0f} kB of database, {store / count / 1e3:.0f} kB of store")


def _cores(workers: int) -> float:
    """How much of the machine so many processes get that do nothing but compute."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return sum(pool.map(_spun, [1.0] * workers, chunksize=1))


def _spun(seconds: float) -> float:
    begun, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        pass
    return (time.process_time() - cpu) / (time.perf_counter() - begun)


def _cpu() -> float:
    """CPU seconds of this process and of those that it waited for."""
    rows = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(row.ru_utime + row.ru_stime for row in rows)


def _command(command: Sequence[str], root: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a command."""
    begun, cpu = time.perf_counter(), _cpu()
    subprocess.run(command, cwd=root, capture_output=True, check=False)
    return time.perf_counter() - begun, _cpu() - cpu


if __name__ == "__main__":
    main()
