"""The registry: each question at 100, 10,000 and 100,000 audits, and writers at once for a minute.

    python -m benchmarks.registry [--sizes 100,10000,100000] [--writers 50] [--seconds 60] [--queries|--keeping]

SQLite always, PostgreSQL where it is installed. The audits are made: one real audit of a small model whose names,
digests and dates are varied, one in fifty with a finding and a file that few have. Each question is asked `ROUNDS`
times in a process that does nothing else; the figure is the least, in milliseconds of wall time: a database waits for
its own processes. Answers have at most 50 rows; of 100 audits, which are of 20 models, most have fewer. Writers are
processes that each keep new audits as fast as they can; then everything is checked against its digest.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, case, delete, func, insert, select, text, update
from tests.builders import hub_model
from tests.builders.postgres import server

import assay
from assay import registry
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.facts.kept import About
from assay.registry import Registry, rows
from assay.registry.tables import ASKED, AUDIT, MODEL
from assay.registry.tending import check

ROUNDS, STEP = 7, 500
RARE = "pickle.reaches-outside"  # of which one audit in fifty has a finding
BAD = hashlib.sha256(b"bad").hexdigest()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,10000,100000")
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--queries", action="store_true", help="only the questions")
    parser.add_argument("--keeping", action="store_true", help="only the writers")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    with places() as found:
        dossier = _dossier()
        if not arguments.keeping:
            _questions(found, dossier, sizes)
        if not arguments.queries:
            _writers(found, dossier, arguments.writers, arguments.seconds)


@contextmanager
def places() -> Iterator[dict[str, Callable[[str], str]]]:
    """What makes a new registry in each database that is here, by the database's name."""
    with tempfile.TemporaryDirectory() as folder, server() as running:
        root = Path(folder)
        found: dict[str, Callable[[str], str]] = {"SQLite": lambda name: str(root / name)}
        if running:
            found["PostgreSQL"] = lambda name: running.database(name.replace("-", "_"), root / f"store-{name}")
        yield found


def _dossier() -> Dossier:
    folder = Path(tempfile.mkdtemp())
    try:
        return assay.audit(hub_model(folder / "tiny"))
    finally:
        shutil.rmtree(folder)


def _questions(found: dict[str, Callable[[str], str]], dossier: Dossier, sizes: list[int]) -> None:
    print(f"{'database':<11}{'question':<34}" + "".join(f"{size:>12,}" for size in sizes) + "   last / first")
    for name, place in found.items():
        times: dict[str, list[float]] = {}
        with registry.open(place("asked"), new=True) as kept:
            made = 0
            for size in sizes:
                _fill(kept, dossier, made, size)
                made = size
                for question, ask in _asked(kept).items():
                    times.setdefault(question, []).append(_least(ask))
        for question, row in times.items():
            ratio = row[-1] / row[0]
            print(f"{name:<11}{question:<34}" + "".join(f"{value * 1e3:>9.1f} ms" for value in row) + f"{ratio:>12.1f}")


def _asked(kept: Registry) -> dict[str, Callable[[], object]]:
    return {
        "list": kept.audits,
        "list verdict:failed": lambda: kept.audits("verdict:failed"),
        "list finding:" + RARE: lambda: kept.audits("finding:" + RARE),
        "list licence:apache-2.0": lambda: kept.audits("licence:apache-2.0"),
        "list model-0000001*": lambda: kept.audits("model-0000001*"),
        "find a file that few have": lambda: kept.find(About.FILE, BAD),
        "find a file that nobody has": lambda: kept.find(About.FILE, "0" * 64),
        "find finding token.forgeable": lambda: kept.find(About.FINDING, "token.forgeable"),
        "find finding " + RARE: lambda: kept.find(About.FINDING, RARE),
        "find finding pickle.*": lambda: kept.find(About.FINDING, "pickle.*"),
        "find licence apache-2.0": lambda: kept.find(About.LICENCE, "apache-2.0"),
        "find base org/base-7b": lambda: kept.find(About.BASE, "org/base-7b"),
        "history of one model": lambda: kept.history("model-00000012"),
        "one audit by its digest": lambda: kept.one(kept.one("model-00000012").dossier[:16]),
    }


def _least(ask: Callable[[], object]) -> float:
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        found.append(time.perf_counter() - start)
    return min(found)


def _fill(kept: Registry, dossier: Dossier, start: int, stop: int) -> None:
    """Rows for the audits `start` to `stop`, five of each model, as keeping them would write."""
    whole = rows.audit(dossier, "")
    parts = [(table, list(found)) for table, found in rows.parts(dossier)]

    def filled(connection: Connection, first: int, last: int) -> None:
        audits = [_audit(whole, number) for number in range(first, last)]
        connection.execute(insert(AUDIT), audits)
        wanted = AUDIT.c.dossier.in_([row["dossier"] for row in audits])
        ids = {row.dossier: row.id for row in connection.execute(select(AUDIT.c.dossier, AUDIT.c.id).where(wanted))}
        for table, templates in parts:
            values = [{"audit_id": ids[row["dossier"]], **template} for row in audits for template in templates]
            failed = [ids[row["dossier"]] for row in audits if row["verdict"] == "FAILED"]
            values += [{"audit_id": id, **_RARE[table.name]} for id in failed if table.name in _RARE]
            if values:
                connection.execute(insert(table), values)

    for first in range(start, stop, STEP):
        kept.database.write(partial(filled, first=first, last=min(first + STEP, stop)))
    kept.database.write(_latest)


def _audit(whole: rows.Row, number: int) -> rows.Row:
    name = f"model-{number // 5:08}"
    day = f"2026-{1 + number // 3000 % 12:02}-{1 + number // 100 % 28:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
    digest = hashlib.sha256(f"{number}".encode()).hexdigest()
    verdict = "FAILED" if number % 50 == 0 else "PASSED"
    varied = {"name": name, "key": name, "dossier": digest, "verdict": verdict, "first_kept": day, "last_kept": day}
    return {**whole, **varied, "by": "benchmark", "times": 1}


def _latest(connection: Connection) -> None:
    """The latest audit of each model, and what a database knows of its tables once they have stood for a while."""
    newest = select(func.max(AUDIT.c.id)).group_by(AUDIT.c.name)
    columns = [AUDIT.c[name] for name in ("name", "key", "id", "last_kept", "verdict")]
    connection.execute(delete(MODEL))
    targets = ["name", "key", "audit_id", "last_kept", "verdict"]
    connection.execute(insert(MODEL).from_select(targets, select(*columns).where(AUDIT.c.id.in_(newest))))
    latest = select(MODEL.c.audit_id)
    for table, id in ((AUDIT, AUDIT.c.id), *((table, table.c.audit_id) for table in ASKED)):
        connection.execute(update(table).values(latest=case((id.in_(latest), 1), else_=0)))
    connection.execute(text("ANALYZE"))


_RARE: dict[str, rows.Row] = {
    "finding": {
        "check": RARE, "kind": "fail", "effect": "blocks", "fingerprint": "0" * 16, "artifact": "pytorch_model.bin",
        "message": "loading it runs os.system",
    },
    "artifact": {"path": "pytorch_model.bin", "size": 3, "sha256": BAD, "format": "torch"},
}  # fmt: skip


_KEEPER = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
from assay import registry
from assay.pipeline.dossier import dossier
where, file, name, seconds = sys.argv[1:]
found = dossier(json.loads(Path(file).read_bytes()))
print("ready", flush=True)
sys.stdin.readline()
until, number, longest = time.monotonic() + float(seconds), 0, 0.0
with registry.open(where) as kept:
    while time.monotonic() < until:
        start = time.monotonic()
        kept.keep(replace(found, subject=replace(found.subject, name=f"{name}-{number}")), by=name)
        longest = max(longest, time.monotonic() - start)
        number += 1
print(number, longest)
"""


def _writers(found: dict[str, Callable[[str], str]], dossier: Dossier, writers: int, seconds: float) -> None:
    heads = f"{'writers':>8}{'seconds':>9}{'kept':>9}{'a second':>10}{'slowest':>10}{'errors':>8}"
    print(f"\n{'database':<11}{heads}  afterwards")
    for name, place in found.items():
        where = place("kept")
        with registry.open(where, new=True), tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(canonical(dossier))
            file.flush()
            keepers = [_keeper(where, file.name, f"w{number}", seconds) for number in range(writers)]
            for keeper in keepers:
                assert keeper.stdout
                keeper.stdout.readline()
            said = [keeper.communicate()[0] for keeper in _started(keepers)]
        counts = [line.split() for line in said]
        total = sum(int(row[0]) for row in counts if row)
        slowest = max(float(row[1]) for row in counts if row)
        errors = sum(keeper.returncode != 0 for keeper in keepers)
        with registry.open(where) as kept:
            tended = check(kept)
        right = "all there, all whole" if tended.audits == total and not tended.damaged else f"WRONG: {tended}"
        rate = total / seconds
        print(f"{name:<11}{writers:>8}{seconds:>9.0f}{total:>9,}{rate:>10.1f}{slowest:>9.1f}s{errors:>8}  {right}")


def _started(keepers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for keeper in keepers:
        assert keeper.stdin
        keeper.stdin.write("go\n")
        keeper.stdin.flush()
    return keepers


def _keeper(where: str, file: str, name: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _KEEPER, where, file, name, str(seconds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
