"""What looking into pickles costs: 100,000 opcodes, and a 1 GiB checkpoint beyond hashing it; peers beside, each alone.

python -m benchmarks.scanning [--envs DIR]      (environments as benchmarks.detection makes them)
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
import time
import zipfile
from pathlib import Path

from tests.builders.pickles import Tensors, state_dict

from assay.formats import HEAD, recognised
from assay.formats.window import Window
from assay.isolation import Reading, reading
from benchmarks.detection import _PROGRAMS, PEERS, answers, environment


def opcodes() -> bytes:
    """A pickle of 100,000 opcodes and more, of plain values."""
    return pickle.dumps([{"a": n, "b": [n, float(n)]} for n in range(9_000)], 2)


def checkpoint(path: Path) -> None:
    """A PyTorch checkpoint of 1 GiB as torch.save writes it: 64 tensors of 16 MiB."""
    tensors: Tensors = {f"layer.{n}.weight": ("FloatStorage", (2048, 2048)) for n in range(64)}
    noise = os.urandom(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), state_dict(tensors))
        for number in range(64):
            with archive.open(zipfile.ZipInfo(f"archive/data/{number}"), "w") as member:
                for _ in range(16):
                    member.write(noise)
        archive.writestr(zipfile.ZipInfo("archive/version"), b"3\n")


def timed(path: Path, rounds: int) -> tuple[float, Reading]:
    """The least CPU seconds of reading a file, hashing left out, and what reading gave."""
    best, found = float("inf"), Reading(())
    for _ in range(rounds):
        with path.open("rb", buffering=0) as file:
            format = recognised(path.name, file.read(HEAD))
            assert format is not None
            start = time.process_time()
            found = reading(path.name, format, Window(file))
            best = min(best, time.process_time() - start)
    return best, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--envs", type=Path, help="environments of the peers; without it only assay is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-scanning-") as name:
        folder = Path(name)
        raw = opcodes()
        (folder / "opcodes.pkl").write_bytes(raw)
        checkpoint(folder / "pytorch_model.bin")
        warm = folder / "warm.pkl"
        warm.write_bytes(pickle.dumps([1], 2))
        timed(warm, 1)
        count = sum(fact.opcodes for fact in timed(folder / "opcodes.pkl", 1)[1].facts if hasattr(fact, "opcodes"))
        cpu, _ = timed(folder / "opcodes.pkl", options.rounds)
        print(f"{'assay, pickle of ' + format(count, ',') + ' opcodes':50}{cpu:8.3f} CPU s   at most 0.3 for 100,000")
        cpu, found = timed(folder / "pytorch_model.bin", options.rounds)
        print(f"{'assay, 1 GiB checkpoint, beyond hashing':50}{cpu:8.3f} CPU s   at most 0.05")
        assert found.obstacle is None and len(found.facts) >= 2
        if options.envs is None:
            return
        for peer, packages in PEERS.items():
            python = environment(options.envs / peer.partition(" ")[0], packages)
            least = min(answers(python, _PROGRAMS[peer], [warm])[1] for _ in range(2))
            for path in ("opcodes.pkl", "pytorch_model.bin"):
                words, spent, peak = answers(python, _PROGRAMS[peer], [folder / path])
                print(
                    f"{peer + ', ' + path + ', without its start':50}{max(0.0, spent - least):8.3f} "
                    f"CPU s   {peak:5.0f} MiB, {words[0]}"
                )


if __name__ == "__main__":
    main()
