"""What an audit of headers moves of a large model in an object store.

    python -m benchmarks.ranges [--shards 30] [--gigabytes 70]

A model in shards is made of files that were never written, but for their headers, with the tensors of a model of that
size; a server on this machine speaks S3, and s3fs reads from it in ranges. Printed: bytes of objects that left the
server, by the model's size, seconds of the whole command, and the peak memory of its largest process.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.s3_server import storing

WIDE, HIDDEN = 8192, 28672


def main() -> None:
    """Make the model, audit it, print the row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=30)
    parser.add_argument("--gigabytes", type=int, default=70)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, storing(Path(folder)) as store:
        size = _made(Path(folder, "large"), asked.shards, asked.gigabytes * 10**9)
        begun = time.monotonic()
        words = ("audit", "s3://models/large", "--cost", "header", "-o", "json")
        done = run(*words, cwd=None, **store.env)
        seconds = time.monotonic() - begun
        found = json.loads(done.stdout)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{'model, GB':>10} {'shards':>7} {'tensors':>8} {'moved, MB':>10} {'s':>6} {'peak, MiB':>10}  exit")
        tensors = sum(row["tensors"] for row in found["portrait"]["weights"])
        print(
            f"{size / 1e9:10.1f} {asked.shards:7} {tensors:8} {store.sent / 1e6:10.1f} {seconds:6.1f} {peak:10.0f}"
            f"  {done.returncode}"
        )


def _made(folder: Path, shards: int, size: int) -> int:
    """Write the model; how many bytes its files have."""
    hub_model(folder, model__safetensors=None)
    shapes = {"q": [WIDE, WIDE], "k": [1024, WIDE], "v": [1024, WIDE], "o": [WIDE, WIDE], "gate": [HIDDEN, WIDE],
              "up": [HIDDEN, WIDE], "down": [WIDE, HIDDEN], "norm": [WIDE]}  # fmt: skip
    layer = 2 * sum(shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes.values())
    layers = max(shards, size // layer)
    index: dict[str, str] = {}
    for shard in range(shards):
        name, at, header = f"model-{shard + 1:05}-of-{shards:05}.safetensors", 0, {}
        for number in range(shard * layers // shards, (shard + 1) * layers // shards):
            for role, shape in shapes.items():
                length = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
                tensor = f"model.layers.{number}.{role}.weight"
                header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + length]}
                at, index[tensor] = at + length, name
        raw = json.dumps(header).encode()
        with (folder / name).open("wb") as file:
            file.write(len(raw).to_bytes(8, "little") + raw)
            file.truncate(8 + len(raw) + at)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    main()
