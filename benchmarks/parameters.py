"""How fast weights are reviewed: one pass, two shards, dequantisation, differences. `python -m benchmarks.parameters`.

CPU seconds and peak memory of child processes, peers interleaved in one run, best of the rounds. `--peers DIR` names a
virtual environment with modeldelta (pip install torch==2.13.0 modeldelta); without it that comparison is left out and
said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.audit import HASH, HASH_TO_PAGES, MIB, best, spent

PASS = """
import sys
from pathlib import Path
from assay import formats
from assay.formats.window import Window
from assay.weights.summaries import Pass
from assay.subject import hashed, walked
(entry,) = walked(Path(sys.argv[1])).entries
with entry.place.source() as source:
    index = next(iter(formats.load("safetensors").read(entry.path, Window(source))))
found = Pass(index.artifact, [index])
hashed(entry, sink=found.feed, shared=found.hashes())
assert len(found.ended()) == len(index.tensors)
"""
TORCH = """
import sys, torch
from safetensors import safe_open
torch.set_num_threads(1)
with safe_open(sys.argv[1], "pt") as file:
    for name in file.keys():
        w = file.get_tensor(name).float()
        (w.min(), w.max(), w.mean(), w.std(), (w == 0).sum(), torch.isnan(w).sum(), torch.isinf(w).sum())
"""
NUMPY = """
import sys, json, struct, numpy as np
with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    for row in header.values():
        start, stop = row["data_offsets"]
        w = (np.frombuffer(file.read(stop - start), "<u2").astype(np.uint32) << 16).view(np.float32)
        (w.min(), w.max(), w.mean(), w.std(), (w == 0).sum(), np.isnan(w).sum(), np.isinf(w).sum())
"""
DIFF = "import sys, assay; print(assay.diff(sys.argv[1], sys.argv[2], isolation=False).relation)"
MODELDELTA = """
import sys, torch
torch.set_num_threads(1)
from modeldelta.core.weight_diff import compare_models
from safetensors import safe_open
def named(path):
    with safe_open(path, "pt") as file:
        return {name: path for name in file.keys()}
compare_models(named(sys.argv[1]), named(sys.argv[2]))
"""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def normal_model(path: Path, mebibytes: int, seed: int = 0) -> Path:
    """A safetensors file of that size, bf16 matrices of 32 MiB with normal weights of deviation 0.02."""
    random, header, count = np.random.default_rng(seed), {}, mebibytes // 32
    for number in range(count):
        name = f"model.layers.{number}.mlp.up_proj.weight"
        header[name] = {
            "dtype": "BF16",
            "shape": [4096, 4096],
            "data_offsets": [number * 32 * MIB, (number + 1) * 32 * MIB],
        }
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in range(count):
            values = random.standard_normal(4096 * 4096, dtype=np.float32) * np.float32(0.02)
            bits = values.view(np.uint32)
            ((bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)).astype("<u2").tofile(
                file
            )
    return path


def made(maker: str, *arguments: object) -> None:
    """Call a maker of this module in a process of its own, as a child's peak memory counts what its parent held."""
    code = (
        "import sys; from pathlib import Path; "
        f"from benchmarks import parameters; parameters.{maker}(*eval(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, repr(arguments).replace("PosixPath", "Path")], check=True)


def row(what: str, cpu: float, peak: float | None = None, ratio: float | None = None, target: str = "") -> None:
    """One line of the table."""
    print(
        f"{what:58} {cpu:9.3f} {'' if peak is None else f'{peak:9.1f}':>9} "
        f"{'' if ratio is None else f'{ratio:7.2f}x':>8}  {target}",
        flush=True,
    )


def one_pass(folder: Path, rounds: int) -> None:
    """Hashing alone, hashing with every value summarised, and what is usually written for the same numbers."""
    large, small = folder / "large.safetensors", folder / "small.safetensors"
    made("normal_model", large, 1024)
    made("normal_model", small, 256)
    python, assay = sys.executable, str(Path(sys.executable).parent / "assay")
    rows = best(
        {
            "read and SHA-256, 1 GiB bf16 (hashlib.file_digest)": [python, "-c", HASH, str(large)],
            "the same, read to whole pages": [python, "-c", HASH_TO_PAGES, str(large)],
            "read, SHA-256 and full statistics, 1 GiB bf16": [python, "-c", PASS, str(large)],
            "the same, 256 MiB": [python, "-c", PASS, str(small)],
            "assay audit, 1 GiB, with everything else": [assay, "audit", str(large)],
        },
        rounds,
    )
    slow, _ = spent([python, "-c", "import sys; sys.modules['openassay_native'] = None" + PASS, str(small)])
    peers = best(
        {
            "torch: float() and seven reductions, 1 GiB": [python, "-c", TORCH, str(large)],
            "numpy: widened, seven reductions, 1 GiB": [python, "-c", NUMPY, str(large)],
        },
        1,
    )
    (hashed, _), (paged, _), (full, _), (least, _), _ = rows.values()
    said = ("", "", "at most 1.5x", "memory as for 1 GiB", "at most 1.5x; start, checks and report included")
    for target, (name, (cpu, peak)) in zip(said, rows.items(), strict=True):
        row(name, cpu, peak, None if "256 MiB" in name else cpu / hashed, target)
    row("the same, 256 MiB, by the numpy kernels", slow, None, slow / least, "times the native ones")
    for name, (cpu, peak) in peers.items():
        row(name, cpu, peak, cpu / (full - paged), "times the statistics alone; target at least 20x")


def two_shards(folder: Path, rounds: int) -> None:
    """Wall time of two files on one core and on two."""
    shards = folder / "shards"
    shards.mkdir()
    for number in (1, 2):
        made("normal_model", shards / f"model-{number:05}-of-00002.safetensors", 1024, number)
    assay = str(Path(sys.executable).parent / "assay")

    def wall(jobs: int) -> float:
        start = time.perf_counter()
        spent([assay, "audit", str(shards), "--jobs", str(jobs)])
        return time.perf_counter() - start

    walls = [(wall(1), wall(2)) for _ in range(rounds)]
    one, two = min(w[0] for w in walls), min(w[1] for w in walls)
    print(f"{'wall: two shards of 1 GiB, --jobs 1':58} {one:9.3f} s")
    print(
        f"{'wall: the same, --jobs 2':58} {two:9.3f} s {'':8} {two / one:7.2f}x  at most 0.6x ({os.cpu_count()} cores)",
        flush=True,
    )


def dequantisation(rounds: int) -> None:
    """Every block format against gguf-py, bit by bit: the real model's Q4_1 tensors, random blocks for the others."""
    from gguf import GGMLQuantizationType, GGUFReader
    from gguf.quants import dequantize

    from assay import kernels
    from assay.cli.demo import packaged_model
    from assay.kernels.types import GGML, TYPES

    def timed(work: Callable[[], object], times: int) -> float:
        found = []
        for _ in range(times):
            start = time.process_time()
            work()
            found.append(time.process_time() - start)
        return min(found)

    tensors = [t for t in GGUFReader(packaged_model()).tensors if t.tensor_type is GGMLQuantizationType.Q4_1]
    blocks = {"Q4_1": np.concatenate([np.asarray(t.data).reshape(-1) for t in tensors])}
    random = np.random.default_rng(0)
    for name, kind in TYPES.items():
        if kind.number >= GGML and name not in ("Q4_1", "Q8_K", "Q1_0"):
            blocks[name] = (
                random.integers(0, 256, 16 * MIB // kind.elements * kind.bytes // 16, np.uint8)
                .reshape(-1, kind.bytes)
                .reshape(-1)
            )
    print(
        f"\n{'dequantisation, M values in a CPU second':40} "
        f"{'assay':>8} {'gguf':>8} {'ratio':>7}  kernels {kernels.name()}"
    )
    for name, packed in blocks.items():
        kind = TYPES[name]
        with np.errstate(all="ignore"):
            theirs = dequantize(packed.reshape(-1, kind.bytes), GGMLQuantizationType[name]).reshape(-1)
            mine = kernels.widened(kind, packed)
            slow = timed(partial(dequantize, packed.reshape(-1, kind.bytes), GGMLQuantizationType[name]), 2)
        same = bool(((mine == theirs) | (np.isnan(mine) & np.isnan(theirs))).all())
        out = np.empty_like(mine)
        quick = timed(partial(_into, kind, packed, out), rounds)
        target = "at least 20x" if name == "Q4_1" else "at least 10x" if name.endswith("_K") else ""
        print(
            f"{name:40} {len(mine) / quick / 1e6:8.0f} {len(mine) / slow / 1e6:8.0f} "
            f"{slow / quick:6.0f}x  {target}{'' if same else '  NOT IDENTICAL'}",
            flush=True,
        )


def _into(kind: object, packed: object, out: object) -> None:
    import openassay_native

    from assay.kernels._grids import grid
    from assay.kernels.types import GGML, Type, table

    assert isinstance(kind, Type)
    tables = table(kind.name), grid(kind.number - GGML)
    openassay_native.widen(kind.number, packed, out, *tables)  # type: ignore[arg-type]


def real_pairs(folder: Path) -> None:
    """The real model in bf16, with a LoRA merged into it, and tuned."""
    from assay.cli.demo import packaged_model
    from benchmarks import derived

    state, random = derived.smollm2(packaged_model(), 30, 49_152), np.random.default_rng(1)
    derived.write_safetensors(folder / "base.safetensors", state)
    derived.write_safetensors(folder / "LoRA.safetensors", derived.lora(state, 16, 0.01, ("q_proj", "v_proj"), random))
    derived.write_safetensors(folder / "full fine-tune.safetensors", derived.noisy(state, 0.01, random))


def differences(folder: Path, rounds: int, peers: Path | None, billion: bool) -> None:
    """A LoRA pair and a full fine-tune pair of the real model, against modeldelta; starts of Python apart."""
    made("real_pairs", folder)
    os.environ.update(ONE_THREAD)
    mine, base = sys.executable, str(folder / "base.safetensors")
    start, _ = best({"": [mine, "-c", "import assay.api, assay.measures.comparison, numpy"]}, rounds)[""]
    print(f"\n{'differences of SmolLM2 in bf16 (269 MB a side)':58} {'CPU s':>9} {'peak MiB':>9}")
    row("starting Python with assay and numpy", start)
    theirs_start = 0.0
    if peers is not None:
        theirs_start, _ = spent([str(peers / "bin" / "python"), "-c", "import modeldelta.core.weight_diff"])
        row("starting Python with modeldelta and torch", theirs_start)
    for name, target in (("LoRA", 100), ("full fine-tune", 20)):
        model = str(folder / f"{name}.safetensors")
        ours, peak = best({name: [mine, "-c", DIFF, base, model]}, rounds)[name]
        row(f"assay diff, {name} pair", ours, peak)
        if peers is None:
            print("  modeldelta left out: no --peers")
            continue
        theirs, peak = spent([str(peers / "bin" / "python"), "-c", MODELDELTA, base, model])
        apart = (theirs - theirs_start) / (ours - start)
        row(
            f"modeldelta compare_models, {name} pair",
            theirs,
            peak,
            theirs / ours,
            f"{apart:.0f}x without the starts; at least {target}x",
        )
    if billion:
        made("normal_model", folder / "b1.safetensors", 2048, 5)
        made("normal_model", folder / "b2.safetensors", 2048, 6)
        cpu, peak = spent([mine, "-c", DIFF, str(folder / "b1.safetensors"), str(folder / "b2.safetensors")])
        row("assay diff, two files of 1.07 B parameters, all changed", cpu, peak, None, "under 1024 MiB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="virtual environment with modeldelta")
    parser.add_argument(
        "--billion", action="store_true", help="also two models of a billion parameters (4 GiB of disk)"
    )
    parser.add_argument("--only", choices=("pass", "shards", "dequantise", "diff"))
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode; let this one have it too
    spent([str(Path(sys.executable).parent / "assay"), "doctor"])
    print(f"{'what':58} {'CPU s':>9} {'peak MiB':>9} {'ratio':>8}")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        if options.only in (None, "pass"):
            one_pass(folder, options.rounds)
        if options.only in (None, "shards"):
            two_shards(folder, options.rounds)
        if options.only in (None, "diff"):
            differences(folder, options.rounds, options.peers, options.billion)
        if options.only in (None, "dequantise"):
            dequantisation(options.rounds)


if __name__ == "__main__":
    main()
