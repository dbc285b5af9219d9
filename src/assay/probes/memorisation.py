"""How much of its training data a model repeats: `assay memorisation MODEL --corpus DIR`.

A passage of the corpus is cut in two; the model reads the first part. It repeats the second if that is what it writes when it always takes the likeliest token, which one pass over both shows: every
token then has rank 1. The chance that it is drawn follows from the same pass: (n, p)-discoverable extraction (arXiv:2410.19482, equation 1) at temperature 1. Passages are drawn by how often the corpora hold them. What a
model repeats it may have from elsewhere, or guess: that is what held-out texts of the same kind show.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assay import corpus
from assay.corpus.collection import Corpus
from assay.corpus.matching import split
from assay.errors import UsageError
from assay.facts.interval import wilson
from assay.facts.memorisation import Canary, Discoverable, Free, Group, Memorisation, Repeated, Told
from assay.facts.uncertainty import Capability, TokenScore
from assay.files import json_lines
from assay.files import text as text_of
from assay.probes import membership
from assay.progress import Progress, Steps
from assay.runtime import Runtime, Scores, can_sample, can_score
from assay.uncertainty.statistics import worth
from assay.version import VERSION

SCHEMA = "assay-memorisation/1"
GROUPS = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 63), (64, 1 << 40))  # how often a passage occurs
TRIES = (1, 10, 100, 1000)
CHANCE = 0.5  # p of (n, p)-discoverable
LOOKED = 40  # passages that are looked at for each that is wanted, before a group is given up
ALTERNATIVES = 63  # other secrets that a canary is ranked among
LONG, FREE_TOKENS, MOST_TOKENS = 20, 64, 192
MOST_LISTED, MOST_FILE = 20, 256 << 20
LEAST_TOLD = 20  # texts on each side below which membership is not judged


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to ask: passages of each group, words of the part that is read and of the part that is asked for, free texts, seed."""

    each: int = 50
    prefix: int = 32
    suffix: int = 16
    free: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Passage:
    document: str
    count: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class _Asked:
    passage: _Passage
    logprob: float
    tokens: int
    repeated: bool


def memorisation(
    runtime: Scores, directories: Sequence[str], held_out: Sequence[Path] = (), canaries: Path | None = None, plan: Plan = Plan(), progress: Progress | None = None
) -> Memorisation:  # fmt: skip
    """What the model repeats of these corpora.

    Args:
        held_out: texts of the same kind that it was not trained on (JSON lines with `text`, or plain text, a paragraph each).
        canaries: JSON lines with `prefix`, `secret` and `copies`: what was planted, and with 0 copies what was not.

    Raises UsageError: the runtime does not give ranks, a corpus cannot be opened, a file is none.
    """
    if Capability.FULL not in runtime.can or not can_score(runtime):
        raise UsageError(f"{runtime.name} does not give the rank of each token, so what it would repeat cannot be told")
    data = corpus.open(list(directories))
    others = [text for path in held_out for text in _texts(path)]
    planted = _planted(canaries) if canaries else []
    drawn = random.Random(plan.seed)  # noqa: S311 - draws that can be repeated, nothing secret
    found = _passages(data, plan, drawn)
    controls = list(_cut(others, plan, drawn))[: plan.each * 4]
    wanted = sum(map(len, found.values())) + len(controls) + len(planted) + plan.free
    steps = Steps(progress, "asking", wanted, "passages")
    groups = {group: [_asked(runtime, row, steps) for row in rows] for group, rows in found.items()}
    held = [_asked(runtime, row, steps) for row in controls]
    every = [row for rows in groups.values() for row in rows if row.repeated]
    told, why = _told(runtime, data, others, drawn)
    failed = sum(not math.isfinite(row.logprob) for rows in (*groups.values(), held) for row in rows)
    missing = [
        f"{failed} passages, which the tokenizer does not give back or the context does not hold: they count as not repeated" if failed else "",
        "how much could be guessed, and whether membership can be told: no held-out text was given" if not others else why,
        "exposure: no canaries were given" if not planted else "",
        *(f"passages that occur {low} times or more often: none was met" for low, high in GROUPS if high > 1 << 30 and not found[low, high]),
    ]  # fmt: skip
    return Memorisation(
        SCHEMA, VERSION, runtime.model, runtime.sha256, runtime.name, data.records, plan.prefix, plan.suffix, plan.seed,
        tuple(_group(*group, rows) for group, rows in groups.items() if rows), _group(0, 0, held) if held else None,
        tuple(Repeated(row.passage.document, row.passage.count, row.passage.prefix, row.passage.suffix) for row in sorted(every, key=lambda row: (row.passage.count, row.passage.document))[:MOST_LISTED]),
        told, tuple(_exposed(runtime, planted, drawn, steps)), _free(runtime, data, plan, steps), tuple(row for row in missing if row),
    )  # fmt: skip


def _passages(data: Corpus, plan: Plan, drawn: random.Random) -> dict[tuple[int, int], list[_Passage]]:
    """Passages of each group, from documents drawn at random; no two with the same words."""
    found: dict[tuple[int, int], list[_Passage]] = {group: [] for group in GROUPS}
    seen: set[str] = set()
    sizes = [shard.documents for shard in data.shards]
    for _ in range(LOOKED * plan.each * len(GROUPS)):
        if all(len(rows) >= plan.each for rows in found.values()):
            break
        number = drawn.choices(range(len(sizes)), sizes)[0]
        shard, document = data.shards[number], drawn.randrange(sizes[number])
        first, words = shard.first_unit(document), plan.prefix + plan.suffix
        room = shard.first_unit(document + 1) - 1 - first - words
        if room < 0 or shard.is_removed(document):
            continue
        start = first + drawn.randrange(room + 1)
        place, border = shard.place(document, start, words), shard.place(document, start, plan.prefix)
        prefix = shard.text(place.start, border.stop).decode("utf-8", "replace")
        suffix = shard.text(border.stop, place.stop).decode("utf-8", "replace")
        key = " ".join((prefix + suffix).split())
        if key in seen or "\ufffd" in key:
            continue
        seen.add(key)
        count = data.count(prefix + suffix)
        group = next((group for group in GROUPS if group[0] <= count <= group[1]), None)
        if group is not None and len(found[group]) < plan.each:
            found[group].append(_Passage(shard.document(document).id, count, prefix, suffix))
    return found


def _cut(texts: list[str], plan: Plan, drawn: random.Random) -> Iterator[_Passage]:
    """The same from held-out texts, one of each."""
    for number, text in enumerate(texts):
        found, _ = split(text)
        room = len(found) - plan.prefix - plan.suffix
        if room < 0:
            continue
        start = drawn.randrange(room + 1)
        raw = text.encode()
        begin, middle, end = (int(place) for place in (found.starts[start], found.stops[start + plan.prefix - 1], found.stops[start + plan.prefix + plan.suffix - 1]))  # fmt: skip
        yield _Passage(f"held-out {number}", 0, raw[begin:middle].decode("utf-8", "replace"), raw[middle:end].decode("utf-8", "replace"))  # fmt: skip


def _asked(runtime: Scores, passage: _Passage, steps: Steps) -> _Asked:
    """One pass over both parts; a text that the tokenizer does not give back, or that is too long, counts as not repeated with no chance."""
    steps.add()
    try:
        rows = runtime.score(passage.prefix, passage.suffix)
    except UsageError:
        return _Asked(passage, -math.inf, 1, repeated=False)
    return _Asked(passage, sum(row.logprob for row in rows), len(rows), all(row.rank == 1 for row in rows))


def _group(low: int, high: int, rows: list[_Asked]) -> Group:
    hits = sum(row.repeated for row in rows)
    first, last = wilson(hits, len(rows))
    means = [row.logprob / row.tokens for row in rows if math.isfinite(row.logprob)]
    return Group(
        low, high, len(rows), hits, first, last, sum(means) / len(means) if means else 0.0,
        tuple(Discoverable(tries, sum(_chance(row.logprob, tries) >= CHANCE for row in rows) / len(rows)) for tries in TRIES),
    )  # fmt: skip


def _chance(logprob: float, tries: int) -> float:
    """That one of `tries` independent draws is the passage."""
    single = math.exp(logprob) if math.isfinite(logprob) else 0.0
    return 1.0 if single >= 1 else -math.expm1(tries * math.log1p(-single))


def _told(runtime: Scores, data: Corpus, others: list[str], drawn: random.Random) -> tuple[tuple[Told, ...], str]:
    """(how well documents are told from held-out texts, with the model and without, why that is not known)."""
    if not others:
        return (), ""
    members = _documents(data, min(len(others), 200), drawn)
    rows = [(text, _logprobs(runtime, text)) for text in (*members, *others[:200])]
    member = np.array([True] * len(members) + [False] * len(others[:200]))
    kept = np.array([bool(logprobs) for _, logprobs in rows])
    if (kept & member).sum() < LEAST_TOLD or (kept & ~member).sum() < LEAST_TOLD:
        return (), f"whether membership can be told: fewer than {LEAST_TOLD} texts on a side"
    used = [row for row, there in zip(rows, kept, strict=True) if there]
    truth = member[kept]
    columns = {
        ("loss", False): [membership.loss(logprobs) for _, logprobs in used],
        ("lowest fifth (Min-K %)", False): [membership.lowest(logprobs) for _, logprobs in used],
        ("loss over compressed size", False): [membership.compressed(*row) for row in used],
        ("words alone", True): membership.blind([text for text, _ in used], truth).tolist(),
        ("length alone", True): [float(len(text)) for text, _ in used],
    }
    found = []
    for (name, blind), values in columns.items():
        row = worth(name, np.array(values), truth)
        found.append(Told(name, blind, row.auroc, row.low, row.high))
    return tuple(found), ""


def _documents(data: Corpus, count: int, drawn: random.Random) -> list[str]:
    """Whole documents drawn at random, each once."""
    places = [(number, document) for number, shard in enumerate(data.shards) for document in range(min(shard.documents, 1 << 20)) if not shard.is_removed(document)]  # fmt: skip
    texts: dict[str, None] = {}
    for number, document in drawn.sample(places, min(len(places), 4 * count)):
        shard = data.shards[number]
        start, stop = shard.extent(document)
        texts.setdefault(shard.text(start, min(stop, start + (1 << 14))).decode("utf-8", "replace"))
        if len(texts) >= count:
            break
    return list(texts)


def _logprobs(runtime: Scores, text: str) -> list[float]:
    """Of each token of the beginning of a text; none where it cannot be scored."""
    try:
        return [row.logprob for row in runtime.score("", text[: 4 * MOST_TOKENS])]
    except UsageError:
        return []


def _exposed(runtime: Scores, planted: list[dict[str, Any]], drawn: random.Random, steps: Steps) -> Iterator[Canary]:
    """The exposure of canaries by their number of copies (arXiv:1802.08232, definition 2, estimated among 63 other secrets of the same form)."""
    bits: dict[int, list[float]] = {}
    for row in planted:
        steps.add()
        others = ["".join(str(drawn.randrange(10)) if letter.isdigit() else drawn.choice("abcdefghijklmnopqrstuvwxyz") if letter.isalpha() else letter for letter in row["secret"]) for _ in range(ALTERNATIVES)]  # fmt: skip
        own = _sum(runtime.score(row["prefix"], row["secret"]))
        rank = 1 + sum(_sum(runtime.score(row["prefix"], other)) > own for other in others if other != row["secret"])
        bits.setdefault(row["copies"], []).append(math.log2(ALTERNATIVES + 1) - math.log2(rank))
    for copies in sorted(bits):
        values = sorted(bits[copies])
        yield Canary(copies, len(values), float(np.median(values)), values[-1], math.log2(ALTERNATIVES + 1))


def _sum(rows: tuple[TokenScore, ...]) -> float:
    return sum(row.logprob for row in rows)


def _free(runtime: Runtime, data: Corpus, plan: Plan, steps: Steps) -> Free | None:
    """What the model writes of its own accord, looked for in the corpora."""
    if not plan.free or not can_sample(runtime):
        return None
    words, covered, longest = 0, 0, []
    for number in range(plan.free):
        steps.add()
        (sample,) = runtime.sample("", 1, FREE_TOKENS, 1.0, plan.seed + number)
        found, raw = split(sample.text)
        if not len(found):
            continue
        lengths, _ = data.longest(sample.text)
        reached = 0
        for at, length in enumerate(lengths.tolist()):
            if length >= LONG:
                covered += max(0, at + length - max(reached, at))
                reached = max(reached, at + length)
                longest.append((length, raw[int(found.starts[at]) : int(found.stops[at + length - 1])].decode("utf-8", "replace")))  # fmt: skip
        words += len(found)
    kept: list[str] = []
    for _, text in sorted(longest, key=lambda row: (-row[0], row[1])):
        if not any(text in other for other in kept) and len(kept) < MOST_LISTED:
            kept.append(text)
    return Free(plan.free, words, covered / words if words else 0.0, tuple(kept))


def _texts(path: Path) -> list[str]:
    """Held-out texts: `text` of JSON lines, or paragraphs."""
    raw = text_of(path, MOST_FILE, "held-out text")
    if path.suffix != ".jsonl":
        return [part.strip() for part in raw.split("\n\n") if part.strip()]
    return [str(row["text"]) for _, row in json_lines(raw, path, '{"text": ...}', ("text",))]


def _planted(path: Path) -> list[dict[str, Any]]:
    """The canaries; white space before a secret goes with it, as tokenizers have it."""
    line = '{"prefix": ..., "secret": ..., "copies": ...}'
    rows = []
    for where, row in json_lines(
        text_of(path, MOST_FILE, "list of canaries"), path, line, ("prefix", "secret", "copies")
    ):
        prefix, secret = row["prefix"], row["secret"]
        if not isinstance(row["copies"], int) or not isinstance(prefix, str) or not isinstance(secret, str) or not secret.strip():  # fmt: skip
            raise UsageError(f"{where}: a canary needs a prefix and a secret, and copies as a number")
        row["prefix"], row["secret"] = prefix.rstrip(), f"{prefix[len(prefix.rstrip()) :]}{secret}"
        rows.append(row)
    return rows
