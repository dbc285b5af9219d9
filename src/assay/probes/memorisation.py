"""Measure how much of its training data a model has memorised: `assay memorisation MODEL --corpus DIR`.

A passage of the corpus is cut in two; the model reads the first part. It has memorised the second if greedy decoding
gives it, which one pass over both shows: every token then has rank 1. The chance of sampling it follows from the same
pass: (n, p)-discoverable extraction (arXiv:2410.19482, equation 1) at temperature 1. Passages are grouped by how
often they occur in the corpora. A model may have a passage from elsewhere, or guess it: held-out texts of the same
kind show how often.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay import corpus
from assay.corpus.collection import Corpus
from assay.corpus.index import Query
from assay.corpus.several import Several, pieces
from assay.errors import UsageError
from assay.facts.corpus import CorpusRecord
from assay.facts.interval import wilson
from assay.facts.memorisation import Discoverable, Free, Group, Memorisation, Repeated, Told
from assay.facts.uncertainty import Capability
from assay.files import json_lines
from assay.files import text as text_of
from assay.lazy import dataclass
from assay.probes import membership
from assay.probes.exposure import exposed
from assay.progress import Progress, Steps
from assay.runtime import Runtime, Scores, can_sample, can_score, scored
from assay.uncertainty.statistics import discrimination
from assay.version import VERSION

SCHEMA = "assay-memorisation/1"
GROUPS = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 63), (64, 1 << 40))  # how often a passage occurs
TRIES = (1, 10, 100, 1000)
CHANCE = 0.5  # p of (n, p)-discoverable
TRIED = 40  # passages that are tried for each that is wanted, before a group is given up,
DRAWN = 64  # of which so many are looked at together: a corpus may be far away
MEMBER = 1 << 12  # words of a document by which membership is inferred
LONG, FREE_TOKENS, MOST_TOKENS = 20, 64, 192
MOST_LISTED, MOST_FILE = 20, 256 << 20
LEAST_SIDE = 20  # texts on each side below which membership inference is not measured

_UNKNOWN = "how much could be guessed, and how well membership can be inferred: no held-out text was given"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to ask: passages of each group, words of a prefix and of a suffix, texts without a prompt, seed."""

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
    memorised: bool


def memorisation(
    runtime: Scores,
    directories: Sequence[str],
    held_out: Sequence[Path] = (),
    canaries: Path | None = None,
    plan: Plan = Plan(),
    progress: Progress | None = None,
    *,
    offline: bool = False,
) -> Memorisation:
    """What the model has memorised of these corpora.

    Args:
        held_out: texts of the same kind that it was not trained on: JSON lines with `text`, or plain text, a
            paragraph
            each.
        canaries: JSON lines with `prefix`, `secret` and `copies`: what was planted, and with 0 copies what was not.
        offline: open no connection to a corpus.

    Raises UsageError: the runtime does not give ranks, a corpus cannot be opened, a file is none.
    """
    # whether a token is the likeliest shows beside a few others, too
    if not {Capability.FULL, Capability.ALTERNATIVES} & runtime.can or not can_score(runtime):
        raise UsageError(f"{runtime.name} does not give the rank of each token, so memorisation cannot be measured")
    data = corpus.open(list(directories), offline=offline)
    others = [text for path in held_out for text in _texts(path)]
    planted = _planted(canaries) if canaries else []
    generator = random.Random(plan.seed)  # noqa: S311 - draws that can be repeated, nothing secret
    found = data.asked(lambda index: _passages(index, plan, random.Random(plan.seed)))  # noqa: S311 - the same
    controls = list(_cut(others, plan, generator))[: plan.each * 4]
    wanted = sum(map(len, found.values())) + len(controls) + len(planted) + plan.free
    steps = Steps(progress, "asking", wanted, "passages")
    groups = {group: _asked(runtime, rows, steps) for group, rows in found.items()}
    held = _asked(runtime, controls, steps)
    inferred, why = _inferred(runtime, data, others, generator)
    failed = sum(not math.isfinite(row.logprob) for rows in (*groups.values(), held) for row in rows)
    return Memorisation(
        schema=SCHEMA,
        assay=VERSION,
        model=runtime.model,
        sha256=runtime.sha256,
        runtime=runtime.name,
        corpora=data.records,
        prefix=plan.prefix,
        suffix=plan.suffix,
        seed=plan.seed,
        groups=tuple(_group(*group, rows) for group, rows in groups.items() if rows),
        held_out=_group(0, 0, held) if held else None,
        repeated=_rarest(row.passage for rows in groups.values() for row in rows if row.memorised),
        told=inferred,
        canaries=tuple(exposed(runtime, planted, generator, steps.add)),
        free=_free(runtime, data, plan, steps),
        missing=(*_missing(failed, why if others else _UNKNOWN, planted, found), *_unasked(data.records)),
    )


def _missing(
    failed: int, membership_: str, planted: list[dict[str, Any]], found: dict[tuple[int, int], list[_Passage]]
) -> Iterator[str]:
    """What could not be measured."""
    if failed:
        yield (
            f"{failed} passages, which the tokenizer does not give back or the context does not hold: "
            "they count as not memorised"
        )
    if membership_:
        yield membership_
    if not planted:
        yield "exposure: no canaries were given"
    for low, high in GROUPS:
        if high > 1 << 30 and not found[low, high]:
            yield f"passages that occur {low} times or more often: none was met"


def _unasked(corpora: Sequence[CorpusRecord]) -> Iterator[str]:
    """What is not known because a corpus did not answer."""
    for row in corpora:
        if row.unasked:
            yield f"how often passages occur in {row.name} ({row.unasked}): counts are those of the other corpora"


def _rarest(passages: Iterable[_Passage]) -> tuple[Repeated, ...]:
    """The memorised passages that occur least often in the corpora, at most 20."""
    rows = sorted(passages, key=lambda row: (row.count, row.document))[:MOST_LISTED]
    return tuple(Repeated(row.document, row.count, row.prefix, row.suffix) for row in rows)


def _passages(index: Several, plan: Plan, generator: random.Random) -> dict[tuple[int, int], list[_Passage]]:
    """Passages of each group, from documents sampled at random; no two with the same words."""
    found: dict[tuple[int, int], list[_Passage]] = {group: [] for group in GROUPS}
    seen: set[str] = set()
    for _ in range(max(1, TRIED * plan.each * len(GROUPS) // DRAWN)):
        if all(len(rows) >= plan.each for rows in found.values()) or not index.documents:
            break
        drawn = list(_drawn(index, plan, generator, seen))
        documents = index.described([document for document, _, _ in drawn])
        for (_, prefix, suffix), described in zip(drawn, documents, strict=True):
            query = Query.of(prefix + suffix)
            count = int(index.places(query, pieces((0, len(query))), 0).counts[0])
            group = next((group for group in GROUPS if group[0] <= count <= group[1]), None)
            if group is not None and len(found[group]) < plan.each:
                found[group].append(_Passage(described.id, count, prefix, suffix))
    return found


def _drawn(index: Several, plan: Plan, generator: random.Random, seen: set[str]) -> Iterator[tuple[int, str, str]]:
    """(document, prefix, suffix) of up to DRAWN passages that were not drawn before."""
    words = plan.prefix + plan.suffix
    documents = [generator.randrange(index.documents) for _ in range(DRAWN)]
    rows = zip(documents, index.extents(documents).tolist(), strict=True)
    starts = [
        (document, first + generator.randrange(held - words + 1))
        for document, (first, held, removed) in rows
        if held >= words and not removed
    ]
    extents = [(document, start, start + size) for document, start in starts for size in (plan.prefix, words)]
    texts = [row.text for row in index.seen(np.array(extents, np.int64).reshape(-1, 3), 0)]
    for (document, _), prefix, whole in zip(starts, texts[::2], texts[1::2], strict=True):
        key = " ".join(whole.split())
        if key not in seen and "\ufffd" not in key:
            seen.add(key)
            yield document, prefix, whole[len(prefix) :]


def _cut(texts: list[str], plan: Plan, generator: random.Random) -> Iterator[_Passage]:
    """A passage of each held-out text, cut in the same way."""
    for number, text in enumerate(texts):
        query, words = Query.of(text), plan.prefix + plan.suffix
        if len(query) < words:
            continue
        start = generator.randrange(len(query) - words + 1)
        whole, first = query.piece(start, words), query.piece(start, plan.prefix)
        prefix, suffix = (part.decode("utf-8", "replace") for part in (first, whole[len(first) :]))
        yield _Passage(f"held-out {number}", 0, prefix, suffix)


def _asked(runtime: Scores, passages: list[_Passage], steps: Steps) -> list[_Asked]:
    """One pass over both parts; what the tokenizer does not give back, or is too long, counts as not memorised."""
    read = scored(runtime, [(passage.prefix, passage.suffix) for passage in passages], steps.add)
    return [
        _Asked(passage, -math.inf, 1, memorised=False)
        if rows is None
        else _Asked(passage, sum(row.logprob for row in rows), len(rows), all(row.rank == 1 for row in rows))
        for passage, rows in zip(passages, read, strict=True)
    ]


def _group(low: int, high: int, rows: list[_Asked]) -> Group:
    hits = sum(row.memorised for row in rows)
    first, last = wilson(hits, len(rows))
    means = [row.logprob / row.tokens for row in rows if math.isfinite(row.logprob)]
    shares = {tries: sum(_chance(row.logprob, tries) >= CHANCE for row in rows) / len(rows) for tries in TRIES}
    return Group(
        low=low,
        high=high,
        passages=len(rows),
        repeated=hits,
        share_low=first,
        share_high=last,
        mean=sum(means) / len(means) if means else 0.0,
        discoverable=tuple(Discoverable(tries, share) for tries, share in shares.items()),
    )


def _chance(logprob: float, tries: int) -> float:
    """The chance that one of `tries` independent samples is the passage."""
    single = math.exp(logprob) if math.isfinite(logprob) else 0.0
    return 1.0 if single >= 1 else -math.expm1(tries * math.log1p(-single))


def _inferred(
    runtime: Scores, data: Corpus, others: list[str], generator: random.Random
) -> tuple[tuple[Told, ...], str]:
    """(AUROC of membership inference, by the model and by baselines without it; why it is not known)."""
    if not others:
        return (), ""
    members = data.asked(lambda index: _documents(index, min(len(others), 200), generator))
    texts = (*members, *others[:200])
    read = scored(runtime, [("", text[: 4 * MOST_TOKENS]) for text in texts])
    rows = [(text, [row.logprob for row in tokens or ()]) for text, tokens in zip(texts, read, strict=True)]
    member = np.array([True] * len(members) + [False] * len(others[:200]))
    kept = np.array([bool(logprobs) for _, logprobs in rows])
    if (kept & member).sum() < LEAST_SIDE or (kept & ~member).sum() < LEAST_SIDE:
        return (), f"how well membership can be inferred: fewer than {LEAST_SIDE} texts on a side"
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
        row = discrimination(name, np.array(values), truth)
        found.append(Told(name, blind, row.auroc, row.low, row.high))
    return tuple(found), ""


def _documents(index: Several, count: int, generator: random.Random) -> list[str]:
    """Documents sampled at random, each text once, up to MEMBER words of each."""
    drawn = generator.sample(range(index.documents), min(index.documents, 4 * count))
    texts: dict[str, None] = {}
    for at in range(0, len(drawn), DRAWN):
        documents = drawn[at : at + DRAWN]
        rows = zip(documents, index.extents(documents).tolist(), strict=True)
        extents = [(document, first, first + MEMBER) for document, (first, _, removed) in rows if not removed]
        for row in index.seen(np.array(extents, np.int64).reshape(-1, 3), 0):
            texts.setdefault(row.text)
        if len(texts) >= count:
            break
    return list(texts)[:count]


def _free(runtime: Runtime, data: Corpus, plan: Plan, steps: Steps) -> Free | None:
    """What the model writes without a prompt, and how much of it is in the corpora."""
    if not plan.free or not can_sample(runtime):
        return None
    words, covered, longest = 0, 0, []
    for number in range(plan.free):
        steps.add()
        (sample,) = runtime.sample("", 1, FREE_TOKENS, 1.0, plan.seed + number)
        query = Query.of(sample.text)
        if not len(query):
            continue
        lengths, _ = data.longest(sample.text)
        reached = 0
        for at, length in enumerate(lengths.tolist()):
            if length >= LONG:
                covered += max(0, at + length - max(reached, at))
                reached = max(reached, at + length)
                longest.append((length, query.piece(at, length).decode("utf-8", "replace")))
        words += len(query)
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
    text, fields = text_of(path, MOST_FILE, "list of canaries"), ("prefix", "secret", "copies")
    for where, row in json_lines(text, path, line, fields):
        prefix, secret = row["prefix"], row["secret"]
        stated = isinstance(row["copies"], int) and isinstance(prefix, str) and isinstance(secret, str)
        if not stated or not secret.strip():
            raise UsageError(f"{where}: a canary needs a prefix and a secret, and copies as a number")
        row["prefix"], row["secret"] = prefix.rstrip(), f"{prefix[len(prefix.rstrip()) :]}{secret}"
        rows.append(row)
    return rows
