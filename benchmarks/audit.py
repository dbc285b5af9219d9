"""Speed of start-up, of hashing a large model and of reading a header: one table. `python -m benchmarks.audit`.

CPU seconds (user and system, children included) and peak memory, peers interleaved in one run: these machines are
noisy, so the best of the rounds is shown and the ratio is that of the bests.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.builders import hub_model

HASH = "import hashlib, sys\nwith open(sys.argv[1], 'rb') as f: hashlib.file_digest(f, 'sha256')"
# The same into memory that begins with a page, to which some processors copy several times as fast as to a bytearray
HASH_TO_PAGES = """
import hashlib, sys
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
room, digest = memoryview(mmap(-1, 1 << 20, MAP_PRIVATE | MAP_ANONYMOUS)), hashlib.sha256()
with open(sys.argv[1], 'rb', buffering=0) as f:
    while count := f.readinto(room):
        digest.update(room[:count])
"""
HEADERS = ("--max-bytes", "256000000")  # files beyond it are read as far as their headers
MIB = 1024 * 1024


def spent(command: list[str]) -> tuple[float, float]:
    """(CPU seconds, peak MiB) of one run of `command`, away from any configuration, with all that it waited for."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def best(commands: dict[str, list[str]], rounds: int) -> dict[str, tuple[float, float]]:
    """The least CPU and the most memory of each command over interleaved rounds."""
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            rows[name].append(spent(command))
    return {name: (min(cpu for cpu, _ in runs), max(peak for _, peak in runs)) for name, runs in rows.items()}


def small_model(folder: Path) -> None:
    """A config and a weight file of one tensor: what an audit costs before it reads anything of size."""
    header = json.dumps({"model.embed_tokens.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256]}})
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(range(256)))
    (folder / "config.json").write_text('{"model_type": "llama", "hidden_size": 8, "vocab_size": 8}')


def header(names: list[str], size: int) -> bytes:
    """That of a safetensors file of 16-bit tensors, one after another, each of so many bytes and 4,096 wide."""
    rows = {
        name: {"dtype": "BF16", "shape": [size // 8192, 4096], "data_offsets": [at * size, (at + 1) * size]}
        for at, name in enumerate(names)
    }
    text = json.dumps(rows).encode()
    return struct.pack("<Q", len(text)) + text


def large_model(path: Path, mebibytes: int) -> None:
    """A safetensors file of that size with 16-bit tensors of 32 MiB, filled with noise."""
    noise = os.urandom(MIB)
    with path.open("wb") as file:
        file.write(header([f"model.layers.{at}.mlp.up_proj.weight" for at in range(mebibytes // 32)], 32 * MIB))
        for _ in range(mebibytes):
            file.write(noise)


def sharded_model(folder: Path, shards: int) -> None:
    """Shards of 5 GB with 40 tensors each, as sparse files: what a model of up to a terabyte looks like to a header."""
    folder.mkdir()
    count, size = 40, 5 * 10**9 // 40 // 8192 * 8192
    files: dict[str, str] = {}
    for shard in range(1, shards + 1):
        name = f"model-{shard:05}-of-{shards:05}.safetensors"
        rows = [f"model.layers.{shard}.mlp.experts.{at}.up_proj.weight" for at in range(count)]
        head = header(rows, size)
        with (folder / name).open("wb") as file:
            file.write(head)
            file.truncate(len(head) + count * size)
        files |= dict.fromkeys(rows, name)
    index = {"metadata": {"total_size": shards * count * size}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text('{"model_type": "llama", "hidden_size": 4096, "vocab_size": 8}')


def header_times(model: Path, rounds: int) -> tuple[float, float, bool]:
    """(assay, gguf-py) CPU seconds for opening the real model, and whether every tensor is identical."""
    from gguf import GGUFReader

    from assay.facts.tensor import WeightIndex
    from assay.formats import load
    from assay.formats.window import Window

    reader = load("gguf")

    def ours() -> list[object]:
        with model.open("rb", buffering=0) as file:
            return list(reader.read(model.name, Window(file)))

    def timed(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    rows = [(timed(ours), timed(lambda: GGUFReader(model))) for _ in range(rounds)]
    index = next(fact for fact in ours() if isinstance(fact, WeightIndex))
    mine = [(t.name, t.dtype, t.shape, t.start, t.stop) for t in index.tensors]
    theirs = [
        (
            str(t.name),
            t.tensor_type.name,
            tuple(int(n) for n in reversed(t.shape)),
            int(t.data_offset),
            int(t.data_offset + t.n_bytes),
        )
        for t in GGUFReader(model).tensors
    ]
    return min(row[0] for row in rows), min(row[1] for row in rows), mine == theirs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--mebibytes", type=int, default=1024, help="size of the large model")
    options = parser.parse_args()
    python, assay = sys.executable, str(Path(sys.executable).parent / "assay")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode; let this one have it too
    spent([assay, "doctor"])

    print(f"{'what':44} {'CPU s':>8} {'peak MiB':>9} {'ratio':>7}  target")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        small, hub = Path(folder) / "small", Path(folder) / "hub"
        small.mkdir()
        small_model(small)
        hub_model(hub)
        start = best(
            {
                "a bare interpreter": [python, "-c", "pass"],
                "assay --help": [assay, "--help"],
                "assay --version": [assay, "--version"],
                "assay audit, two small files": [assay, "audit", str(small)],
                "assay audit, a hub folder of eight files": [assay, "audit", str(hub)],
            },
            3 * options.rounds,
        )
    targets = {"assay --help": "at most 3x", "assay audit, two small files": "at most 0.10 s over a bare interpreter"}
    _table(start, "a bare interpreter", targets)

    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        model = Path(folder) / "model.safetensors"
        large_model(model, options.mebibytes)
        size = f"{options.mebibytes / 1024:g} GiB safetensors"
        peers = {
            f"SHA-256 of {size} (hashlib.file_digest)": [python, "-c", HASH, str(model)],
            "the same, read to whole pages": [python, "-c", HASH_TO_PAGES, str(model)],
            f"assay audit, {size}, values left out": [assay, "audit", str(model), "--cost", "header"],
            "the same, --require-isolation": [assay, "audit", str(model), "--require-isolation", "--cost", "header"],
        }
        _table(
            best(peers, options.rounds),
            next(iter(peers)),
            {f"assay audit, {size}, values left out": "at most 1.15x, under 150 MiB"},
        )

    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        for shards in (2, 20, 200):
            model = Path(folder) / str(shards)
            sharded_model(model, shards)
            command = {f"headers of {shards} sparse shards, {5 * shards:,} GB": [assay, "audit", str(model), *HEADERS]}
            _table(best(command, options.rounds), next(iter(command)), {})

    from assay.cli.demo import packaged_model

    ours, theirs, same = header_times(packaged_model(), options.rounds)
    print(f"{'gguf GGUFReader, SmolLM2 header':44} {theirs:8.3f}")
    print(
        f"{'assay gguf reader, SmolLM2 header':44} {ours:8.3f} {'':9} {theirs / ours:6.1f}x  at least 50x; "
        f"every tensor identical: {'yes' if same else 'NO'}"
    )
    print(
        f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB (gguf-py included)"
    )


def _table(rows: dict[str, tuple[float, float]], base: str, targets: dict[str, str]) -> None:
    for name, (cpu, peak) in rows.items():
        print(f"{name:44} {cpu:8.3f} {peak:9.1f} {cpu / rows[base][0]:6.2f}x  {targets.get(name, '')}")


if __name__ == "__main__":
    main()
