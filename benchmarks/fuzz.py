"""Mutated files by the million through every reader: no crash, no hang, no bound exceeded.

    python -m benchmarks.fuzz --inputs 1000000 --jobs 2      mutations of every hostile and sound file, by a fixed seed
    python -m benchmarks.fuzz --coverage --inputs 100000     guided by coverage

The second needs `pip install atheris` (Linux, CPython 3.11 to 3.13). Each input goes to the reader of its seed's
format, in this process, with what assay does besides (second natures, template trials). Anything but facts and one
obstacle ends the run with the input written to a file. Printed: inputs, how many were read to the end, the slowest in
CPU seconds, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import random
import resource
import sys
import time
from pathlib import Path

from assay.facts.artifact import Trouble
from assay.formats import HEAD, Format, recognised
from assay.formats.window import Window
from assay.isolation import reading

SLOW = 10.0  # CPU seconds for one small input: a hang by any name
LARGEST = 200_000  # bytes of a seed; larger ones only repeat
# beginnings of formats, numbers at their limits, opcodes and brackets, markup of templates, YAML and XML, a call
_TOKENS = (
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x80\x04", b"\x93NUMPY", b"GGUF"),
    *(b"\xff" * 8, b"\0" * 8, b"\x7f\xff\xff\xff"),
    *(b"(", b"[", b"{", b"}", b".", b"R", b"b"),
    *(b"{{", b"}}", b"{%", b"%}", b'"', b"\\", b"&a", b"*a", b"!!", b"<!ENTITY"),
    b"cos\nsystem\n",
)


def seeds() -> list[tuple[str, bytes]]:
    """(name, content) of every file that the tests build, hostile and sound."""
    from tests.formats.test_every_reader import SOUND, by_id
    from tests.hostile import cases

    found = [(path.rpartition("/")[2], raw) for case in cases() for path, raw in case.files.items()]
    for kind, raw in SOUND.items():
        pattern = next((name for name in by_id[kind].names if name != "*"), "x.bin")
        found.append((pattern.replace("*", "x"), raw))
    return [(name, raw) for name, raw in found if len(raw) <= LARGEST]


def mutated(raw: bytes, other: bytes, dice: random.Random) -> bytes:
    """`raw` with a few changes: bytes, tokens, cuts, repetitions, pieces of another seed."""
    changed = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(8):
            case 0 if changed:
                changed[at % len(changed)] = dice.randrange(256)
            case 1 if changed:
                changed[at % len(changed)] ^= 1 << dice.randrange(8)
            case 2:
                changed[at:at] = dice.choice(_TOKENS)
            case 3:
                del changed[at : at + dice.randrange(1, 32)]
            case 4:
                del changed[at:]
            case 5:
                piece = bytes(changed[at : at + dice.randrange(1, 64)])
                changed[at:at] = piece * dice.choice((1, 2, 16))
            case 6 if other:
                start = dice.randrange(len(other))
                changed[at:at] = other[start : start + dice.randrange(1, 256)]
            case _:
                width = dice.choice((1, 2, 4, 8))
                changed[at : at + width] = dice.choice((0, 1, 2**31, 2**63, 2**64 - 1)).to_bytes(8, "little")[:width]
    return bytes(changed)


def examined(name: str, kind: Format, raw: bytes) -> tuple[bool, float]:
    """Whether the reader came to its end, and its CPU seconds; AssertionError if a bound or a contract is broken."""
    start = time.process_time()
    found = reading(name, kind, Window(io.BytesIO(raw)))
    spent = time.process_time() - start
    assert spent < SLOW, f"{spent:.1f} CPU seconds"
    if found.obstacle is not None:
        assert found.obstacle.trouble in (Trouble.MALFORMED, Trouble.LIMIT), found.obstacle
        assert "\n" not in found.obstacle.reason
    return found.obstacle is None, spent


def run(seed: int, inputs: int) -> dict[str, object]:
    """One worker's share."""
    dice = random.Random(seed)
    pool = seeds()
    done = whole = 0
    slowest: tuple[float, str] = (0.0, "")
    for _ in range(inputs):
        name, raw = dice.choice(pool)
        changed = mutated(raw, dice.choice(pool)[1], dice)
        kind = recognised(name, changed[:HEAD])
        if kind is None:
            continue
        try:
            ended, spent = examined(name, kind, changed)
        except BaseException:
            kept = Path(f"fuzz-{kind.id}-{seed}-{done}")
            kept.write_bytes(changed)
            print(f"{kept} (as {name}) breaks the reader of {kind.id}", file=sys.stderr)
            raise
        done, whole = done + 1, whole + ended
        slowest = max(slowest, (spent, f"{kind.id}, {len(changed):,} bytes"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"inputs": done, "read to the end": whole, "slowest": slowest, "peak MiB": round(peak)}


def guided(inputs: int) -> None:
    """The same under libFuzzer: each input's first two bytes choose the seed's name, the rest is the file."""
    import atheris

    names = sorted({name for name, _ in seeds()})
    with atheris.instrument_imports(include=["assay.formats"]):
        import importlib

        from assay.formats import installed

        for kind in installed():
            for module in (kind.read.__module__, *kind.needs):
                importlib.reload(sys.modules[module]) if module in sys.modules else importlib.import_module(module)

    def one(data: bytes) -> None:
        if len(data) < 2:
            return
        name = names[int.from_bytes(data[:2], "little") % len(names)]
        kind = recognised(name, data[2 : 2 + HEAD])
        if kind is not None:
            examined(name, kind, data[2:])

    folder = Path("fuzz-corpus")
    folder.mkdir(exist_ok=True)
    for number, (name, raw) in enumerate(seeds()):
        if len(raw) < 20_000:
            (folder / f"{number:04d}").write_bytes(names.index(name).to_bytes(2, "little") + raw)
    atheris.Setup(
        [sys.argv[0], str(folder), f"-runs={inputs}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=2048"], one
    )
    atheris.Fuzz()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", action="store_true")
    options = parser.parse_args()
    if options.coverage:
        guided(options.inputs)
        return
    shares = [(options.seed * 1000 + job, options.inputs // options.jobs) for job in range(options.jobs)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for row in pool.starmap(run, shares):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
