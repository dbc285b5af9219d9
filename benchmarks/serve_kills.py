"""Kill `assay serve` again and again while it runs audits that were started from it: is anything lost, or kept twice?

    python -m benchmarks.serve_kills [--kills 50] [--seed 1]

Each round starts a server on one registry, has it start audits of small models, and kills it (SIGKILL) at a moment
that is drawn. Then every job that was answered with a number has to be on record, ended, and kept at most once; what
is kept has to be whole.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.builders import hub_model

from assay import registry
from assay.registry.jobs import LEASE, Record
from assay.registry.tables import KEEPING
from assay.registry.tending import check

TOKEN = "a token of the benchmark"


def main() -> None:
    """Print what became of the jobs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "token").write_text(TOKEN)
        asked: set[int] = set()
        for number in range(arguments.kills):
            asked |= _round(root, number, chance)
        time.sleep(LEASE + 1)
        with registry.open(str(root / "kept")) as found:
            jobs = {job.id: job for job in Record(found.database).last(1_000_000)}
            keepings = found.database.read(lambda connection: connection.execute(KEEPING.select()).all())
            troubles = check(found).damaged
    states = Counter(str(job.state) for job in jobs.values())
    print(f"{arguments.kills} kills, {len(asked)} jobs: " + ", ".join(f"{states[row]} {row}" for row in sorted(states)))
    print(f"not on record: {len(asked - set(jobs))}; not ended: {sum(not job.state.ended for job in jobs.values())}")
    kept = sum(bool(job.kept) for job in jobs.values())
    print(f"kept: {kept} of jobs, {len(keepings)} keepings; damaged: {len(troubles)}")


def _round(root: Path, number: int, chance: random.Random) -> set[int]:
    command = [sys.executable, "-m", "assay", "serve", "--offline", "--token-file", "token", "--registry", "kept", "-q"]
    with registry.open(str(root / "kept"), new=True):
        pass
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline().split(":")[2].split("/")[0])
    found: set[int] = set()
    for model in range(3):
        path = hub_model(root / "models" / f"model-{number}-{model}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with suppress(OSError):
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/jobs", json.dumps({"model": str(path)}), headers)
            found.add(json.loads(connection.getresponse().read())["job"]["id"])
        connection.close()
    time.sleep(chance.uniform(0, 10))
    process.kill()
    process.wait()
    process.stdout.close()
    return found


if __name__ == "__main__":
    main()
