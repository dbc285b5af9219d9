"""Kill builds at random moments, then damage what they made: a clear refusal or a sound index, never a wrong answer.

python -m benchmarks.robustness [--kills 200] [--flips 1000] [--extremes]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import assay.corpus
from assay.corpus.building import Options, build
from assay.errors import InputError, UsageError
from assay.execution import executor

WORDS = ("river", "stone", "lantern", "winter", "garden", "copper", "letter", "harbour", "violet", "engine")
QUERIES = ("river stone", "the end of document 7", "first line of document 3 river", "lantern")
COMMAND = "import sys; from assay.cli import main; sys.argv = ['assay', *sys.argv[1:]]; main()"


def documents(path: Path, first: int, count: int, size: int = 120) -> None:
    """Write documents that differ by their number."""
    chosen = random.Random(first)
    with path.open("w") as stream:
        for number in range(first, first + count):
            words = " ".join(chosen.choices(WORDS, k=size))
            stream.write(
                json.dumps(
                    {
                        "id": f"d{number}",
                        "text": f"first line of document {number} {words} the end of document {number}",
                    }
                )
                + "\n"
            )


def answers(folder: Path) -> str:
    """What the corpus says to some questions."""
    corpus = assay.corpus.open(folder)
    told = [
        [
            query,
            corpus.count(query),
            [(hit.document.id, hit.passage.seen, hit.passage.start) for hit in corpus.find(query, 3)],
        ]
        for query in QUERIES
    ]
    trace = corpus.trace("Well: first line of document 5 river stone. And the end of document 5, lantern garden.")
    return json.dumps(
        [
            told,
            [(span.start, span.words, span.count) for span in trace.spans],
            [source.document.id for source in trace.sources],
        ]
    )


def kill(times: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Kill `corpus add` again and again; between two kills the corpus is what it was, or has all of the addition."""
    chosen = random.Random(seed)
    documents(folder / "old.jsonl", 0, 40)
    documents(folder / "new.jsonl", 1000, 4000, 300)
    target = folder / "index"
    build((str(folder / "old.jsonl"),), target, Options(), executor("local", 0), replace_old=True)
    before = answers(target)
    arguments = [
        sys.executable,
        "-c",
        COMMAND,
        "corpus",
        "add",
        str(target),
        str(folder / "new.jsonl"),
        "--shard-size",
        "1MiB",
        "--jobs",
        "1",
        "-q",
    ]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    subprocess.run(arguments, env=environment, check=True)
    whole = time.monotonic() - start
    after = answers(target)
    outcomes: Counter[str] = Counter()
    for number in range(times):
        if number % 10 == 0:  # from the beginning; in between each build goes on where the last was killed
            build((str(folder / "old.jsonl"),), target, Options(), executor("local", 0), replace_old=True)
        running = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE)
        time.sleep(chosen.uniform(0.05, whole))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        found = answers(target)
        assert found in (before, after), f"kill {number}: another answer: {found}"
        outcomes["killed before the manifest" if found == before else "finished before it was killed"] += 1
        if found == after:
            build((str(folder / "old.jsonl"),), target, Options(), executor("local", 0), replace_old=True)
    subprocess.run(arguments, env=environment, check=True)
    assert answers(target) == after
    left = [path.name for path in target.iterdir() if path.name.endswith(".part") or path.name.startswith(".task")]
    assert not left, f"left behind: {left}"
    return outcomes


def damage(times: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Flip a byte or cut a file, and ask."""
    chosen = random.Random(seed)
    documents(folder / "all.jsonl", 0, 60)
    target = folder / "flipped"
    build((str(folder / "all.jsonl"),), target, Options(), executor("local", 0), replace_old=True)
    sound = answers(target)
    outcomes: Counter[str] = Counter()
    for number in range(times):
        path = chosen.choice([path for path in sorted(target.iterdir()) if path.name != ".lock"])
        raw = path.read_bytes()
        changed = bytearray(raw)
        if chosen.random() < 0.8:
            changed[chosen.randrange(len(raw))] ^= chosen.randrange(1, 256)
        else:
            del changed[chosen.randrange(len(raw)) :]
        path.write_bytes(changed)
        try:
            found = answers(target)
        except (InputError, UsageError) as refused:
            assert str(refused)
            outcomes["refused"] += 1
        else:
            assert found == sound, f"damage {number} to {path.name}: another answer"
            outcomes["sound answer: the damage lies where nothing was asked"] += 1
        path.write_bytes(raw)
    return outcomes


def extremes(folder: Path) -> None:
    """Corpora of unusual shape, each built in a process of its own."""
    shapes: dict[str, Callable[[TextIO], object]] = {
        "one line a million times": lambda out: out.write("the same line again and again\n" * 1_000_000),
        "1 GB on one line": lambda out: [
            out.write(" ".join(random.Random(n).choices(WORDS, k=100_000)) + " ") for n in range(1_450)
        ],
        "100 MB without a space": lambda out: [out.write("x1" * 500_000) for _ in range(100)],
        "100 MB of words that occur once": lambda out: [out.write(f"{n:x}q ") for n in range(14_000_000)],
        "10 million documents": lambda out: [out.write(f'{{"text":"tiny document {n}"}}\n') for n in range(10_000_000)],
    }
    for name, write in shapes.items():
        path = folder / ("shape.jsonl" if "documents" in name else "shape.txt")
        with path.open("w") as out:
            write(out)
        code = (
            "import resource, sys; from pathlib import Path\n"
            "from assay.corpus.building import Options, build; from assay.execution import executor\n"
            "found = build((sys.argv[1],), Path(sys.argv[2]), Options(), executor('local', 0), replace_old=True)\n"
            "used = resource.getrusage(resource.RUSAGE_SELF)\n"
            "total = lambda name: sum(getattr(row, name) for row in found.shards)\n"
            "print(f'{sum(used[:2]):7.1f} CPU s  peak {used.ru_maxrss / 1024:6.0f} MB', end='  ')\n"
            "print(f'{total(\"documents\"):,} documents, {total(\"words\"):,} words', end=', ')\n"
            'print(f\'index {total("size") / 1e6:.0f} MB of {total("bytes") / 1e6:.0f} MB\')'
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, path, folder / "shape"], stdout=subprocess.PIPE, text=True, check=True
        )
        print(f"{name:32} {ran.stdout.strip()}", flush=True)
        path.unlink()


def main() -> None:
    """Print the outcomes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument(
        "--extremes", action="store_true", help="also corpora of unusual shape: 4 GB of disk, half an hour"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, outcomes in (
            ("kills", kill(given.kills, Path(folder))),
            ("damaged files", damage(given.flips, Path(folder))),
        ):
            print(
                f"{name}: {sum(outcomes.values())}, no wrong answer; "
                + ", ".join(f"{count} {words}" for words, count in outcomes.most_common()),
                flush=True,
            )
        if given.extremes:
            extremes(Path(folder))


if __name__ == "__main__":
    main()
