"""A fleet whose workers, parent and server are killed at random moments: is anything lost, or done twice?

One `assay fleet audit --queue` and one `assay fleet work --stay` share models through a registry. Every so often one of
their processes, or PostgreSQL, gets SIGKILL, and is started again where it does not start again by itself. When all
models are done, files are added to each and the next run begins, until there were enough kills. Then rows are counted:
each task must have one outcome, which is no trouble, and one keeping under its token, and there must be no other
keeping; everything that is kept is held against its digest. A task whose workers were killed five times is given up,
which is its outcome, and counted beside.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from tests.builders import hub_model
from tests.builders.postgres import Server, server

from assay import registry
from assay.registry.queue import MOST_TAKINGS, State
from assay.registry.tables import KEEPING, TASK
from assay.registry.tending import check

EVERY = 0.5, 3.5  # seconds between two kills: a worker takes one to start, and less for an audit
ASSAY = [sys.executable, "-m", "assay"]
LIST = 'schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n'


def kills(wanted: int, models: int, seed: int) -> None:
    """Print what was killed how often, and what was then wrong."""
    print(
        f"{'database':<12}{'kills':>7}{'parent':>8}{'workers':>9}{'server':>8}{'runs':>6}{'tasks':>7}"
        f"{'given up':>10}{'s':>7}  afterwards"
    )
    with tempfile.TemporaryDirectory() as folder, server() as running:
        for name in ("SQLite", "PostgreSQL") if running else ("SQLite",):
            root = Path(folder, name)
            for number in range(models):
                hub_model(root / "models" / f"model-{number:03}")
            (root / "models.toml").write_text(LIST)
            there = running if name == "PostgreSQL" else None
            where = there.database("killed", root / "store") if there else str(root / "kept")
            with registry.open(where, new=True):
                pass
            start = time.monotonic()
            counts, runs = _Killing(root, where, there, random.Random(seed)).until(wanted)
            tasks, given_up, wrong = _wrong(where)
            print(
                f"{name:<12}{counts.total():>7}{counts['parent']:>8}{counts['worker']:>9}{counts['server']:>8}{runs:>6}"
                f"{tasks:>7}{given_up:>10}{time.monotonic() - start:>7.0f}"
                f"  {wrong or 'nothing lost, nothing twice, all whole'}",
                flush=True,
            )


class _Killing:
    def __init__(self, root: Path, where: str, running: Server | None, chance: random.Random) -> None:
        self._root, self._where, self._server, self._chance = root, where, running, chance
        self._other = self._started("work", "--stay", "--jobs", "1")
        self._parent = self._started("audit", "--queue", "--jobs", "2", "-q")

    def until(self, wanted: int) -> tuple[Counter[str], int]:
        """Kill so often; what was killed, and how many runs came to an end. At the end one run is left in peace."""
        counts: Counter[str] = Counter()
        runs = 0
        try:
            while counts.total() < wanted or self._parent.poll() is None:
                if self._parent.poll() is not None:
                    runs += self._parent.returncode == 0
                    self._changed(runs)
                    self._parent = self._started("audit", "--queue", "--jobs", "2", "-q")
                time.sleep(self._chance.uniform(*EVERY))
                if counts.total() < wanted:
                    counts[self._killed()] += 1
                if self._other.poll() is not None:
                    self._other = self._started("work", "--stay", "--jobs", "1")
            return counts, runs + 1
        finally:
            for process in (self._other, self._parent):
                process.kill()
                process.wait()

    def _killed(self) -> str:
        """Kill something, and what it was."""
        what = self._chance.choices(("parent", "worker", "server"), (1, 3, 1 if self._server else 0))[0]
        if what == "server" and self._server:
            self._server.killed()
            return "server"
        workers = [*_children(self._parent.pid), *_children(self._other.pid)]
        if what == "worker" and workers:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(workers), signal.SIGKILL)
            return "worker"
        self._parent.kill()
        self._parent.wait()
        self._parent = self._started("audit", "--queue", "--jobs", "2", "-q")
        return "parent"

    def _started(self, *words: str) -> subprocess.Popen[bytes]:
        command = [*ASSAY, "fleet", *words, "--lease", "3", "--registry", self._where]
        with open(self._root / "said", "ab") as said:
            return subprocess.Popen(command, cwd=self._root, stdout=said, stderr=said)

    def _changed(self, number: int) -> None:
        for model in (self._root / "models").iterdir():
            (model / "notes.txt").write_text(f"run {number}")


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        rows = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(row) for row in rows if b"spawn_main" in Path(f"/proc/{row}/cmdline").read_bytes()]
    return []


def _wrong(where: str) -> tuple[int, int, str]:
    """How many tasks there were, how many were given up, and what is wrong; empty: nothing."""

    def asked(connection: Connection) -> tuple[list[Any], list[str]]:
        rows = connection.execute(select(TASK.c.state, TASK.c.taking, TASK.c.token, TASK.c.outcome))
        return list(rows), list(connection.execute(select(KEEPING.c.token)).scalars())

    with registry.open(where) as kept:
        tasks, tokens = kept.database.read(asked)
        damaged = check(kept).damaged
    times, known = Counter(tokens), {row.token for row in tasks}
    given_up = [row for row in tasks if row.state == State.LOST and row.taking == MOST_TAKINGS]
    done = [row for row in tasks if row.state == State.DONE]
    counts = {
        "without an outcome": len(tasks) - len(done) - len(given_up),
        "with trouble": sum('"trouble": ""' not in row.outcome for row in done),
        "not kept": sum(not times[row.token] for row in done),
        "kept twice": sum(number > 1 for number in times.values()),
        "kept for no task": len(times.keys() - known),
        "damaged": len(damaged),
    }
    wrong = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return len(tasks), len(given_up), wrong
