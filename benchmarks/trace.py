"""Build and query the index of a corpus, beside infini-gram on the same documents, and trace planted text.

    python -m benchmarks.trace --data DIR [--peer PYTHON] [--sizes 20,200,900]

DIR gets Debian's documentation packages (`benchmarks/_debian.py`; about 540 MB) and what is made of them. PYTHON is the
interpreter of an environment with infini-gram 2.6.0, numpy, transformers and zstandard; without it the peer is left
out. The peer's tokens are made here with SmolLM2's vocabulary, in its own file format, because the three vocabularies
that it knows come from a hub; that time is printed apart. CPU seconds with children; queries are the best of three
rounds.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _debian

RESPONSES, WORDS = 100, 450
PLANTED = 500


def cpu() -> float:
    """CPU seconds of this process and its ended children, in kernel and out."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def responses(data: Path) -> list[str]:
    """Texts of 450 words from documents that are not in the corpus."""
    chosen = random.Random(1)
    found = []
    for line in (data / "held-out.jsonl").read_text().splitlines():
        words = json.loads(line)["text"].split()
        if len(words) > WORDS + 50:
            start = chosen.randrange(len(words) - WORDS)
            found.append(" ".join(words[start : start + WORDS]))
    return found[:RESPONSES]


def build(data: Path, size: int) -> dict[str, float]:
    """Build the index in a process of its own."""
    code = (
        "import sys, json, resource, time; from pathlib import Path\n"
        "from assay.corpus.building import Options, build; from assay.execution import executor\n"
        "both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"  # inputs are parsed in a process of their own
        "def cpu(): return sum(sum(resource.getrusage(who)[:2]) for who in both)\n"
        "start = cpu()\n"
        "found = build((sys.argv[1],), Path(sys.argv[2]), Options(), executor('local', 0), replace_old=True)\n"
        "peak = sum(resource.getrusage(who).ru_maxrss for who in both) * 1024\n"
        "row = found.shards[0]\n"
        "print(json.dumps(dict(cpu=cpu() - start, peak=peak, text=row.bytes, "
        "index=sum(s.size for s in found.shards), words=row.words, shards=len(found.shards))))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(
        [sys.executable, "-c", code, data / f"c{size}.jsonl", data / f"index-{size}"],
        stdout=subprocess.PIPE,
        check=True,
        env=environment,
    )
    row: dict[str, float] = json.loads(ran.stdout)
    print(
        f"assay        build {row['cpu']:7.2f} CPU s  {row['text'] / 1e6 / row['cpu']:5.1f} "
        f"MB/CPU s  peak {row['peak'] / row['text']:.2f} x text"
        f"  {row['index'] / row['text']:.3f} B/B  ({row['words']:,.0f} words, {row['shards']:.0f} shard)",
        flush=True,
    )
    return row


def timed(function: Callable[[str], Any], texts: list[str], rounds: int = 3) -> float:
    """Best CPU seconds for one text."""
    best = 1e9
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            function(text)
        best = min(best, (time.process_time() - start) / len(texts))
    return best


def query(data: Path, size: int, texts: list[str]) -> float:
    """Match, trace and count on a warm index; milliseconds of a match."""
    from assay import corpus

    opened = corpus.open(data / f"index-{size}")
    match, whole = timed(opened.match, texts), timed(opened.trace, texts, 1)
    pieces = [" ".join(text.split()[start : start + n]) for text in texts for n in (1, 3, 8) for start in (0, 100)]
    count = timed(opened.count, pieces)
    print(
        f"assay        match {match * 1e3:6.2f} CPU ms  trace with documents, "
        f"passages and licences {whole * 1e3:.1f}  count {count * 1e6:.1f} us",
        flush=True,
    )
    return match * 1e3


def cold(data: Path, size: int, texts: list[str]) -> float:
    """Milliseconds of wall time for a match whose pages are not in memory."""
    from assay import corpus

    corpus.open(data / f"index-{size}").match(texts[0])  # imports what it needs
    times = []
    for text in texts[:20]:
        evict(data / f"index-{size}")  # nothing is mapped here: mapped pages stay
        opened = corpus.open(data / f"index-{size}")
        start = time.perf_counter()
        opened.match(text)
        times.append(time.perf_counter() - start)
        del opened
        gc.collect()
    return float(np.median(times)) * 1e3


def evict(folder: Path) -> None:
    """Ask the kernel to forget the pages of every file in a folder."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


PEER = r"""
import json, os, resource, sys, time
import numpy as np
task, folder = sys.argv[1], sys.argv[2]
def cpu(): return sum(sum(resource.getrusage(w)[:2]) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
if task == "build":
    from infini_gram import indexing
    start = cpu()
    options = "--token_dtype u16 --cpus 2 --mem 16 --shards 1 --add_metadata --add_unigram --ulimit 20000"
    sys.argv = ["indexing", "--data_dir", folder + "/data", "--save_dir", folder + "/index", *options.split()]
    out, sys.stdout = sys.stdout, open(os.devnull, "w")
    indexing.main()
    sys.stdout = out
    peak = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * 1024
    index = sum(os.path.getsize(folder + "/index/" + n) for n in os.listdir(folder + "/index"))
    print(json.dumps(dict(cpu=cpu() - start, peak=peak, index=index)))
else:
    from infini_gram.engine import InfiniGramEngine
    def opened():
        return InfiniGramEngine(
            index_dir=folder + "/index", eos_token_id=0, vocab_size=49152, token_dtype="u16",
            bow_ids_path=folder + "/bow.txt", precompute_unigram_logprobs=True,
        )
    texts = json.load(open(folder + "/texts.json"))
    engine = opened()
    def match(ids): return engine.attribute(input_ids=ids, delim_ids=[], min_len=3, max_cnt=1000000, enforce_bow=True)
    if task == "query":
        best = 1e9
        for _ in range(3):
            start = cpu()
            for ids in texts: match(ids)
            best = min(best, (cpu() - start) / len(texts))
        start = cpu()
        for ids in texts:
            for n in (1, 3, 8): engine.count(input_ids=ids[:n])
        print(json.dumps(dict(match=best * 1e3, count=(cpu() - start) / len(texts) / 3 * 1e6)))
    else:
        times = []
        for ids in texts[:20]:
            del engine
            for n in os.listdir(folder + "/index"):
                h = os.open(folder + "/index/" + n, os.O_RDONLY)
                os.posix_fadvise(h, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(h)
            engine = opened()
            start = time.perf_counter(); match(ids); times.append(time.perf_counter() - start)
        print(json.dumps(dict(cold=float(np.median(times)) * 1e3)))
"""


def tokenised(data: Path, size: int, texts: list[str]) -> float:
    """Write corpus and texts as SmolLM2 tokens in infini-gram's files; the CPU seconds that the corpus took."""
    from tests.builders import smollm2
    from tokenizers import Tokenizer

    from assay.cli.demo import packaged_model

    folder = data / f"peer-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    (folder / "index").mkdir(exist_ok=True)
    link = folder / "data" / "documents.jsonl"
    link.symlink_to((data / f"c{size}.jsonl").resolve())
    tokenizer = Tokenizer.from_str(json.dumps(smollm2.tokenizer(packaged_model())))
    (folder / "texts.json").write_text(
        json.dumps([row.ids for row in tokenizer.encode_batch(texts, add_special_tokens=False)])
    )
    begins = [
        id
        for token, id in tokenizer.get_vocab().items()
        if token.startswith(("\u0120", "\u010a")) or not token[:1].isalnum()
    ]
    (folder / "bow.txt").write_text("\n".join(map(str, sorted(begins))) + "\n")
    start = cpu()
    documents: list[str] = []
    index = folder / "index"
    with (
        open(link) as lines,
        open(index / "tokenized.0", "wb") as tokens,
        open(index / "offset.0", "wb") as offsets,
        open(index / "metadata.0", "wb") as metadata,
        open(index / "metaoff.0", "wb") as metaoffsets,
    ):
        at = number = 0
        for line in lines:
            documents.append(json.loads(line)["text"])
            if len(documents) == 256:
                at, number = _flushed(tokenizer, documents, tokens, offsets, metadata, metaoffsets, at, number)
        _flushed(tokenizer, documents, tokens, offsets, metadata, metaoffsets, at, number)
    with open(folder / "index" / "tokenized.0", "rb") as stream:
        counts = np.bincount(np.frombuffer(stream.read(), "<u2"), minlength=65536).astype("<u8")
    rows = (f"{token} {count}\n" for token, count in enumerate(counts.tolist()) if count)
    (folder / "index" / "unigram.0").write_text("".join(rows))
    return cpu() - start


def _flushed(
    tokenizer: Any,
    documents: list[str],
    tokens: Any,
    offsets: Any,
    metadata: Any,
    metaoffsets: Any,
    at: int,
    number: int,
) -> tuple[int, int]:
    for row in tokenizer.encode_batch(documents, add_special_tokens=False):
        offsets.write(np.uint64(at).tobytes())
        raw = b"\xff\xff" + np.array(row.ids, "<u2").tobytes()
        tokens.write(raw)
        at += len(raw)
        metaoffsets.write(np.uint64(metadata.tell()).tobytes())
        metadata.write(json.dumps({"path": "documents.jsonl", "linenum": number, "metadata": {}}).encode() + b"\n")
        number += 1
    documents.clear()
    return at, number


def peer(python: str, task: str, folder: Path) -> dict[str, float]:
    """Run one task of infini-gram in its own environment."""
    ran = subprocess.run([python, "-c", PEER, task, folder], capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"infini-gram {task}: {ran.stderr[-2000:]}")
    row: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return row


def planted(data: Path, size: int) -> None:
    """Excerpts of known documents, changed in five ways, inside text of others: is the right document first?"""
    from assay import corpus
    from benchmarks._planted import KINDS, excerpts, plant

    opened = corpus.open(data / f"index-{size}")
    own = excerpts(data / f"c{size}.jsonl", opened, PLANTED)
    surroundings = fresh()
    print(
        f"planted      {len(own)} excerpts of 60 to 120 words that the corpus "
        "holds once, each inside 200 words of assay's own documentation"
    )
    for kind in KINDS:
        chosen = random.Random(7)
        first = listed = 0
        for number, (id, excerpt) in enumerate(own):
            start = number * 200 % (len(surroundings) - 200)
            around = surroundings[start : start + 200]
            text = " ".join(around[:100]) + "\n\n" + plant(excerpt, kind, chosen) + "\n\n" + " ".join(around[100:])
            ids = [source.document.id for source in opened.trace(text).sources]
            first += ids[:1] == [id]
            listed += id in ids[:10]
        print(
            f"  {kind:24} right document first {first / len(own):6.1%}   among the first ten {listed / len(own):6.1%}",
            flush=True,
        )


def fresh() -> list[str]:
    """Words of text that Debian 12 cannot hold: this repository's documents, written after it."""
    folder = Path(__file__).parents[1] / "docs"
    return " ".join(path.read_text() for path in sorted(folder.rglob("*.md"))).split()


def unwritten(data: Path, size: int) -> None:
    """Text that cannot be in the corpus: words sampled from it."""
    from assay import corpus

    opened = corpus.open(data / f"index-{size}")
    words = sorted({word for text in responses(data) for word in re.findall(r"[A-Za-z]{2,}", text)})
    chosen = random.Random(3)
    longest, spans, sources = 0, 0, 0
    for _ in range(200):
        trace = opened.trace(" ".join(chosen.choices(words, k=WORDS)))
        longest = max([longest, *trace.longest])
        spans += len(trace.spans)
        sources += len(trace.sources)
    words_fresh = fresh()
    own = [
        max(opened.longest(" ".join(words_fresh[at : at + WORDS]))[0])
        for at in range(0, len(words_fresh) - WORDS, WORDS)
    ]
    print(
        f"fresh        {len(own)} texts of {WORDS} words of assay's own documentation: "
        f"longest match {max(own)} words, 25 or more in {sum(row >= 25 for row in own)}"
    )
    print(
        f"unwritten    200 texts of {WORDS} words sampled at random: "
        f"{spans} spans, {sources} documents, longest match {longest} words"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peer")
    parser.add_argument("--sizes", default="20,200,900")
    parser.add_argument("--peer-most", type=int, default=200, help="MB of the largest corpus that the peer gets")
    given = parser.parse_args()
    _debian.made(given.data)
    texts = responses(given.data)
    matches = {}
    sizes = [int(size) for size in given.sizes.split(",")]
    for size in sizes:
        print(f"\n{size} MB of text, {len(texts)} texts of {WORDS} words")
        own = build(given.data, size)
        matches[size] = query(given.data, size, texts)
        wall = cold(given.data, size, texts)
        print(f"assay        cold match {wall:.0f} ms")
        if given.peer and size <= given.peer_most:
            folder = given.data / f"peer-{size}"
            tokens = tokenised(given.data, size, texts)
            row = peer(given.peer, "build", folder)
            asked, frozen = peer(given.peer, "query", folder), peer(given.peer, "cold", folder)
            print(
                f"infini-gram  tokens {tokens:.1f} CPU s, build {row['cpu']:.1f} CPU s  peak "
                f"{row['peak'] / own['text']:.2f} x text  {row['index'] / own['text']:.3f} B/B"
            )
            print(
                f"infini-gram  match {asked['match']:.1f} CPU ms  count "
                f"{asked['count']:.1f} us  cold match {frozen['cold']:.0f} ms"
            )
            print(
                f"ratio        build with tokens {(tokens + row['cpu']) / own['cpu']:.1f}x, "
                f"without {row['cpu'] / own['cpu']:.1f}x; match {asked['match'] / matches[size]:.0f}x; "
                f"cold {wall / frozen['cold']:.2f} of its time",
                flush=True,
            )
    if 200 in matches and 900 in matches:
        print(f"\nmatch at 900 MB: {matches[900] / matches[200]:.2f} x that at 200 MB")
    largest = 200 if 200 in sizes else sizes[-1]
    planted(given.data, largest)
    unwritten(given.data, largest)


if __name__ == "__main__":
    main()
