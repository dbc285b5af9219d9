"""The registry: each question at 100, 10,000 and 100,000 audits, and writers at once for a minute.

    python -m benchmarks.registry [--sizes 100,10000,100000] [--writers 50] [--seconds 60] [--queries|--keeping]

SQLite always, PostgreSQL where it is installed. The audits are made: one real audit of a small model whose names,
digests and dates are varied, a fleet that was audited five times; one model in ten has a certain finding, two have
another and a file. Each question is asked `ROUNDS` times in a process that does nothing else; the figure is
the least, in milliseconds of processor time, of this process and of the server's that answers it. Each asks for as many
rows as it has at the first size, up to 50, so that what differs is how long they are looked for. Writers are processes
that each keep new audits as fast as they can; then everything is checked against its digest.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, insert, literal, select, text, true
from tests.builders import hub_model
from tests.builders.postgres import server

import assay
from assay import registry
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.facts.kept import About
from assay.registry import Registry, rows
from assay.registry.tables import ARTIFACT, AUDIT, FINDING, MODEL
from assay.registry.tending import check
from assay.text.instant import instant

ROUNDS, STEP = 15, 500
SOME, EVERY = "pickle.reaches-outside", 10  # of which one model in ten has a finding
RARE, FEW = "pickle.unfollowed", (7, 13)  # of which two models have one, however many there are
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
    print(
        f"{'database':<11}{'question':<35}{'rows':>5}" + "".join(f"{size:>12,}" for size in sizes) + "   last / first"
    )
    for name, place in found.items():
        times: dict[str, list[float]] = {}
        most: dict[str, int] = {}
        for size in sizes:
            with registry.open(place(f"asked-{size}"), new=True) as kept:
                _fill(kept, dossier, size)
                server = kept.database.read(_server)
                for question, ask in _asked(kept).items():
                    rows = most.setdefault(question, len(ask(50)))
                    times.setdefault(question, []).append(_least(partial(ask, max(rows, 1)), server))
        for question, row in times.items():
            figures = "".join(f"{value * 1e3:>9.1f} ms" for value in row)
            print(f"{name:<11}{question:<35}{most[question]:>5}{figures}{row[-1] / row[0]:>12.1f}", flush=True)


def _asked(kept: Registry) -> dict[str, Callable[[int], Sized]]:
    """Each question, for so many rows."""
    audits, find = kept.audits, kept.find
    return {
        "list": lambda most: audits(most=most),
        "list verdict:failed": lambda most: audits("verdict:failed", most=most),
        f"list finding:{SOME}": lambda most: audits(f"finding:{SOME}", most=most),
        f"list finding:{RARE}": lambda most: audits(f"finding:{RARE}", most=most),
        "list licence:apache-2.0": lambda most: audits("licence:apache-2.0", most=most),
        "list model-0000001*": lambda most: audits("model-0000001*", most=most),
        "find a file that few have": lambda most: find(About.FILE, BAD, most=most),
        "find a file that nobody has": lambda most: find(About.FILE, "0" * 64, most=most),
        "find finding token.forgeable": lambda most: find(About.FINDING, "token.forgeable", most=most),
        f"find finding {SOME}": lambda most: find(About.FINDING, SOME, most=most),
        f"find finding {RARE}": lambda most: find(About.FINDING, RARE, most=most),
        "find finding pickle.*": lambda most: find(About.FINDING, "pickle.*", most=most),
        "find licence apache-2.0": lambda most: find(About.LICENCE, "apache-2.0", most=most),
        "find base org/base-7b": lambda most: find(About.BASE, "org/base-7b", most=most),
        "history of one model": lambda most: kept.history("model-00000012", most),
        "one audit by its digest": lambda most: [kept.one(kept.one("model-00000012").dossier[:16])],
    }


def _least(ask: Callable[[], object], server: int | None) -> float:
    def spent() -> int:
        """Nanoseconds of processor time (proc(5), schedstat), of this process and of the server's that answers it."""
        served = int(Path(f"/proc/{server}/schedstat").read_text().split()[0]) if server else 0
        return time.process_time_ns() + served

    found = []
    for _ in range(ROUNDS):
        start = spent()
        ask()
        found.append(spent() - start)
    return min(found) / 1e9


def _server(connection: Connection) -> int | None:
    """The process of a server that is at the other end; its connection is used again."""
    if connection.dialect.name != "postgresql":
        return None
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def _fill(kept: Registry, dossier: Dossier, size: int) -> None:
    """Rows for so many audits as keeping them would write: five of each model, all models once after the other."""
    whole = rows.audit(dossier, "")
    models = size // 5
    model = (AUDIT.c.id - 1) % models
    parts: list[tuple[Table, rows.Row, ColumnElement[bool]]]
    parts = [(table, row, true()) for table, found in rows.parts(dossier) for row in found]
    parts += [(FINDING, {**_FINDING, "check": SOME}, model % EVERY == 0)]
    parts += [(FINDING, {**_FINDING, "check": RARE}, model.in_(FEW)), (ARTIFACT, _FILE, model.in_(FEW))]

    def filled(connection: Connection, first: int, last: int) -> None:
        connection.execute(insert(AUDIT), [_audit(whole, number, models, size) for number in range(first, last)])
        these = AUDIT.c.id.between(first + 1, last)
        for table, row, which in parts:
            values = [literal(value, table.c[name].type) for name, value in row.items()]
            asked = select(AUDIT.c.id, AUDIT.c.latest, *values).where(these, which)
            connection.execute(insert(table).from_select(["audit_id", "latest", *row], asked))
        _models(connection, these)

    for first in range(0, size, STEP):
        kept.database.write(partial(filled, first=first, last=min(first + STEP, size)))
    kept.database.write(lambda connection: connection.execute(text("ANALYZE")))  # as it is of tables that stood a while


def _models(connection: Connection, these: ColumnElement[bool]) -> None:
    """The models whose latest audits are among these."""
    columns = [AUDIT.c[name] for name in ("name", "key", "id", "last_kept", "verdict")]
    newest = select(*columns).where(these, AUDIT.c.latest == 1)
    connection.execute(insert(MODEL).from_select(["name", "key", "audit_id", "last_kept", "verdict"], newest))


def _audit(whole: rows.Row, number: int, models: int, size: int) -> rows.Row:
    name = f"model-{number % models:08}"
    at = instant(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 200))
    digest = hashlib.sha256(f"{number}".encode()).hexdigest()
    varied = {"name": name, "key": name, "dossier": digest, "first_kept": at, "last_kept": at}
    verdict = "FAILED" if number % models % EVERY == 0 else "PASSED"
    latest = int(number >= size - models)
    return {**whole, **varied, "id": number + 1, "verdict": verdict, "latest": latest, "by": "benchmark", "times": 1}


_FINDING: rows.Row = {
    "kind": "fail", "effect": "blocks", "fingerprint": "0" * 16, "artifact": "pytorch_model.bin",
    "message": "loading it runs os.system",
}  # fmt: skip
_FILE: rows.Row = {"path": "pytorch_model.bin", "size": 3, "sha256": BAD, "format": "torch"}


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
