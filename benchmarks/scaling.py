"""How an audit takes the cores that are there, natively and by numpy. `python -m benchmarks.scaling`.

Shards of one size and one file of as much as all of them, of normal BF16 values, twice as many jobs in each step up to
the cores of this machine; in each round every row runs once, and the best counts. The bytes are in the page cache. The
dossier has to be the same whatever the number of jobs: its digest is compared, and the run ends with status 1 if not.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from assay.execution import cores
from benchmarks.audit import MIB, header, spent

TENSOR = 32  # MiB: 4,096 rows of as many values
AUDIT = "import sys; {without}from assay.cli import main; main()"
WITHOUT = {"native": "", "numpy": "sys.modules['openassay_native'] = None; "}


def weights(path: Path, mebibytes: int, noise: bytes) -> None:
    """A safetensors file of that size."""
    count = max(1, mebibytes // TENSOR)
    size = mebibytes * MIB // count
    with path.open("wb") as file:
        file.write(header([f"model.layers.{at}.mlp.up_proj.weight" for at in range(count)], size))
        for _ in range(count):
            file.write(noise[:size])


def audited(model: Path, jobs: int, way: str, out: Path) -> tuple[float, float, str]:
    """(wall seconds, CPU seconds, digest of the dossier) of one audit."""
    words = ["audit", str(model), "--jobs", str(jobs), "--cost", "pass", "-q", "-o", f"json={out}"]
    begun = time.perf_counter()
    cpu, _ = spent([sys.executable, "-c", AUDIT.format(without=WITHOUT[way]), *words])
    return time.perf_counter() - begun, cpu, hashlib.sha256(out.read_bytes()).hexdigest()


def hashing(paths: list[Path]) -> float:
    """Wall seconds of SHA-256 of the files, one after another, by hashlib."""
    begun = time.perf_counter()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return time.perf_counter() - begun


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", type=int, default=1024, help="of each model")
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--numpy-mebibytes", type=int, default=128, help="of each model that numpy reads")
    options = parser.parse_args()
    most, jobs = cores.usable(), [1]
    while jobs[-1] < most:
        jobs.append(min(2 * jobs[-1], most))
    noise = (np.random.default_rng(0).standard_normal(TENSOR * MIB // 2, np.float32) * np.float32(0.02)).view(np.uint32)
    raw = (noise >> 16).astype("<u2").tobytes()
    print(f"{most} cores; wall s (CPU s)" + "".join(f"{f'{number} jobs':>16}" for number in jobs) + f"{'SHA-256':>9}")
    same = True
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        for way, size in (("native", options.mebibytes), ("numpy", options.numpy_mebibytes)):
            shards, one = Path(name) / f"{way}-shards", Path(name) / f"{way}-one.safetensors"
            shards.mkdir()
            for number in range(options.shards):
                part = shards / f"model-{number + 1:05}-of-{options.shards:05}.safetensors"
                weights(part, max(1, size // options.shards), raw)
            weights(one, size, raw)
            for model, title in ((shards, f"{options.shards} shards"), (one, "one file")):
                paths = sorted(model.iterdir()) if model.is_dir() else [model]
                rows = [
                    [audited(model, count, way, Path(name) / "d.json") for count in jobs] for _ in range(options.rounds)
                ]
                plain = min(hashing(paths) for _ in range(options.rounds))
                same &= len({digest for row in rows for *_, digest in row}) == 1
                best = [min(column) for column in zip(*rows, strict=True)]
                told = "".join(f"{f'{wall:.2f} ({cpu:.2f})':>16}" for wall, cpu, _ in best)
                print(f"{f'{title}, {size:,} MiB, {way}':<24}{told}{plain:>9.2f}", flush=True)
    print("the same dossier for every number of jobs" if same else "DOSSIERS DIFFER BY THE NUMBER OF JOBS")
    return int(not same)


if __name__ == "__main__":
    raise SystemExit(main())
