"""How asking a corpus grows with its shards: 64 here, of made text whose words have the frequencies of Zipf's law.

python -m benchmarks.scale

Each shard is a corpus of its own. They are asked in this process, behind one server, and behind as many servers as
there are shards: these are one process that listens at 64 ports, where 64 machines would have one each,
so that its processor time is that of all of them and no network lies between.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import assay.corpus
from assay.corpus import serving
from assay.corpus.building import Options, build
from assay.corpus.collection import Corpus
from assay.execution import executor
from assay.network.serving import address, door, listening

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


def spent(process: int) -> float:
    """Seconds of the processor that a process has taken (proc(5), stat: fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(act: Callable[[str], object], asked: list[str], behind: int | None) -> tuple[float, float, float]:
    """Median milliseconds by the wall's clock, and mean milliseconds of the processor here and in the servers."""
    act(asked[0])
    waited = []
    there, here = spent(behind) if behind else 0.0, time.process_time()
    for text in asked:
        began = time.perf_counter()
        act(text)
        waited.append(time.perf_counter() - began)
    here = time.process_time() - here
    there = spent(behind) - there if behind else 0.0
    return 1e3 * statistics.median(waited), 1e3 * here / len(asked), 1e3 * there / len(asked)


def rate(act: Callable[[str], object], asked: list[str]) -> float:
    """Questions a second of four clients, which are threads of this process."""
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, asked * 2))
    return 2 * len(asked) / (time.perf_counter() - began)


def serve(folders: list[str], each: bool) -> None:
    """Serve corpora, each at a port of its own or all at one, and print the addresses."""
    served = [serving.Served([Path(row)]) for row in folders] if each else [serving.Served(map(Path, folders))]
    sockets = [listening("127.0.0.1", 0) for _ in served]
    servers = [serving.server(row, door("127.0.0.1", (), None)) for row in served]

    async def all_of_them() -> None:
        await asyncio.gather(*(row.serve(sockets=[at]) for row, at in zip(servers, sockets, strict=True)))

    print(",".join(address("127.0.0.1", row.getsockname()[1]) for row in sockets), flush=True)
    asyncio.run(all_of_them())


@contextmanager
def behind(folders: list[str], *, each: bool) -> Iterator[tuple[str, int]]:
    """(the addresses of servers of these corpora, the process that they are)."""
    command = [sys.executable, "-m", "benchmarks.scale", "--each" if each else "--all", *folders]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        addresses = process.stdout.readline().strip()
        time.sleep(1)  # until all listen
        try:
            yield addresses, process.pid
        finally:
            process.kill()


def row(name: str, count: int, corpus: Corpus, asked: list[str], process: int | None) -> None:
    """Print what it costs to ask so many shards."""
    acts = (lambda text: corpus.count(" ".join(text.split()[:5])), corpus.match, corpus.trace)
    cells = [timed(act, asked, process) for act in acts]
    each = "".join(f"{f'{wall:.1f}; {here:.1f} + {there:.1f}':>24}" for wall, here, there in cells)
    print(f"{count:>6}  {name:<16}{each}{rate(corpus.trace, asked):>10.1f}", flush=True)


def main() -> None:
    """Build, then ask 1, 4, 16 and 64 shards in each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--megabytes", type=float, default=0.5, help="of text in each shard")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--each", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--all", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.each or given.all:
        serve(given.each or given.all, bool(given.each))
        return
    draw = random.Random(11)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        documents: list[str] = []
        for number in range(given.shards):
            own = texts(given.megabytes, draw)
            documents += draw.sample(own, 5)
            source = folder / f"{number:03}.jsonl"
            source.write_text("".join(json.dumps({"text": text}) + "\n" for text in own))
            build((str(source),), folder / f"index-{number:03}", Options(), executor("local", 0))
        folders = [str(folder / f"index-{number:03}") for number in range(given.shards)]
        corpus = assay.corpus.open(folders)
        size = sum(path.stat().st_size for path in folder.glob("index-*/shard-*"))
        held, words = (sum(getattr(record, name) for record in corpus.records) for name in ("bytes", "words"))
        amounts = f"{held / 1e6:.1f} MB of text, {words:,} words"
        print(f"{len(corpus.shards)} shards, {amounts}; {size / held:.2f} bytes for each of text")
        asked = [answer(documents, draw) for _ in range(given.rounds)]
        print("ms: median of the wall's clock; mean of the processor's here + in the servers")
        print(f"{'shards':>6}  {'':<16}{'count':>24}{'match':>24}{'trace':>24}{'traces/s':>10}")
        count = 1
        while count <= given.shards:
            part = folders[:count]
            row("this process", count, assay.corpus.open(part), asked, None)
            for name, each in (("one server", False), ("a server each", True)):
                with behind(part, each=each) as (addresses, process):
                    row(name, count, assay.corpus.open(addresses), asked, process)
            count *= 4


if __name__ == "__main__":
    main()
