"""How asking a corpus grows with its shards: 64 here, of made text whose words have the frequencies of Zipf's law.

python -m benchmarks.scale
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import assay.corpus
from assay.corpus.building import Options, build
from assay.execution import executor

WORDS = 50_000  # different ones
DOCUMENT = 400  # words
TRACED = 450  # words of a text that is traced: about as long as an answer
QUOTED = 15  # words of each piece that it has from the corpus, with as many others behind it


def texts(megabytes: float, draw: random.Random) -> list[str]:
    """Documents of made words, of about so many MB."""
    vocabulary = ["".join(draw.choices("etaoinshrdlu", k=draw.randrange(2, 10))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))
    found: list[str] = []
    held = 0
    while held < megabytes * 1e6:
        found.append(" ".join(draw.choices(vocabulary, cum_weights=weights, k=DOCUMENT)))
        held += len(found[-1])
    return found


def answer(documents: list[str], draw: random.Random) -> str:
    """A text that quotes many documents."""
    words: list[str] = []
    while len(words) < TRACED:
        own = draw.choice(documents).split()
        start = draw.randrange(len(own) - QUOTED)
        words += own[start : start + QUOTED] + draw.sample(own, QUOTED)
    return " ".join(words[:TRACED])


def timed(act: Callable[[str], object], asked: list[str]) -> tuple[float, float]:
    """Median milliseconds by the processor's clock and by the wall's, after one round to warm up."""
    act(asked[0])
    spent, waited = [], []
    for text in asked:
        cpu, wall = time.process_time(), time.perf_counter()
        act(text)
        spent.append(time.process_time() - cpu)
        waited.append(time.perf_counter() - wall)
    return 1e3 * statistics.median(spent), 1e3 * statistics.median(waited)


def main() -> None:
    """Build, then ask 1, 4, 16 and 64 shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--megabytes", type=float, default=0.5, help="of text in each shard")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    draw = random.Random(11)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        documents: list[str] = []
        for number in range(given.shards):
            own = texts(given.megabytes, draw)
            documents += draw.sample(own, 5)
            (folder / f"{number:03}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in own))
        shard = int(given.megabytes * 1.05e6)
        build((str(folder),), folder / "index", Options(shard=shard), executor("local", 0))
        corpus = assay.corpus.open(folder / "index")
        size = sum(path.stat().st_size for path in (folder / "index").glob("shard-*"))
        held = corpus.records[0].bytes
        amounts = f"{held / 1e6:.1f} MB of text, {corpus.records[0].words:,} words"
        print(f"{len(corpus.shards)} shards, {amounts}; {size / held:.2f} bytes for each of text")
        asked = [answer(documents, draw) for _ in range(given.rounds)]
        print(f"{'shards':>8}{'count':>18}{'match':>18}{'trace':>18}   median ms: CPU, wall")
        count = 1
        while count <= len(corpus.shards):
            part = replace(corpus, shards=corpus.shards[:count], names=corpus.names[:count])
            rows = [
                timed(act, asked)
                for act in (lambda text, at=part: at.count(" ".join(text.split()[:5])), part.match, part.trace)
            ]
            print(f"{count:>8}" + "".join(f"{f'{cpu:.2f}, {wall:.2f}':>18}" for cpu, wall in rows))
            count *= 4


if __name__ == "__main__":
    main()
