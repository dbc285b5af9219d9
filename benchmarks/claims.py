"""Measure scores of the claims of long answers of glass, whose corpus is complete: it says which of them are true.

    python examples/glass/make.py GLASS
    assay corpus build GLASS/data/train.jsonl -o INDEX
    python -m benchmarks.claims GLASS INDEX [--most N]

GLASS writes what it knows of N people, towns and firms of its corpus, greedily: half of them stand there once to three
times, half more often. Each sentence of an answer is a claim, and true where a document about the same subject has it.
Printed are the AUROC of each score (intervals by a bootstrap over answers), what a filter of claims keeps at each
guarantee, over 200 halvings of the answers (arXiv:2402.10978), and how often names and numbers that no document holds
together with the subject stand in false claims and in true ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from assay import corpus, uncertainty
from assay.corpus.collection import Corpus
from assay.corpus.support import held
from assay.facts.uncertainty import Sample, Span, SpanKind
from assay.runtime import Answer
from assay.runtime.torch_ import TorchRuntime
from assay.text.plain import plain
from assay.text.sentence import split
from assay.uncertainty import claims, scores, statistics

MOST_TOKENS, SAMPLES, TEMPERATURE = 110, 5, 0.7
OFTEN = 4  # documents from which a subject counts as frequent
DRAWS = 1000
WORST, SAMPLED, APART = (
    "worst name, number or date",
    "share of samples without it",
    "share that never meets the subject",
)
_SUBJECT = re.compile(r"(?P<subject>.{3,40}?) (?:was an? \w+ from|lies on the river|was founded in)\b")


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody or something of the corpus: the sentences of all documents about it, and how many there are."""

    name: str
    known: frozenset[str]
    documents: int


def subjects(path: Path, most: int) -> list[Subject]:
    """As many subjects that are rare as frequent ones, in an order that depends on their names alone."""
    known: dict[str, set[str]] = defaultdict(set)
    documents: dict[str, int] = defaultdict(int)
    for line in path.read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        if match := _SUBJECT.match(text):
            known[match["subject"]].update(split(text))
            documents[match["subject"]] += 1
    rows = [Subject(name, frozenset(known[name]), documents[name]) for name in known]
    rows.sort(key=lambda row: hashlib.sha256(row.name.encode()).digest())
    rare = [row for row in rows if row.documents < OFTEN][: most // 2]
    return [*rare, *[row for row in rows if row.documents >= OFTEN][: most // 2]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer (its number), whether it is true, its scores, and whether it holds what never meets."""

    answer: int
    true: bool
    values: dict[str, float]
    apart: bool


def read(index: Corpus, number: int, row: Subject, answer: Answer, samples: tuple[Sample, ...]) -> list[Claim]:
    """The claims of one answer, which goes on from the subject."""
    begin, text = len(row.name), row.name + answer.text
    tokens = tuple(replace(one, start=one.start + begin, stop=one.stop + begin) for one in answer.tokens)
    spans = scores.spans(text, tokens)
    found = []
    for part in scores.sentences(text, spans):
        mine = tuple(one for one in tokens if one.start < part.stop and one.stop > part.start)
        own = [one for one in spans if max(begin, part.start) <= one.start and one.stop <= part.stop]
        named = [one for one in own if one.kind is not SpanKind.WORDS] or own
        group = [(0, begin), *((one.start, one.stop) for one in named)]
        _, pairs = index.asked(partial(held, text=text, groups=[group]))
        apart = [not pair.documents for pair in pairs if pair.start == 0]
        values = {one.id: one.value for one in scores.scores(mine)}
        values[WORST] = part.surprise
        values[SAMPLED] = _differing(text, named, samples)
        values[APART] = sum(apart) / max(1, len(apart))
        found.append(Claim(number, text[part.start : part.stop] in row.known, values, any(apart)))
    return found


def _differing(text: str, spans: list[Span], samples: tuple[Sample, ...]) -> float:
    """The share of other answers that lack a name, number or date of a claim."""
    keys = {plain(text[one.start : one.stop]) for one in spans}
    return sum(not all(f" {key} " in f" {plain(one.text)} " for key in keys) for one in samples) / len(samples)


def table(found: list[Claim]) -> None:
    """AUROC of each score, and what filters by it keep."""
    wrong = np.array([not one.true for one in found])
    group = np.array([one.answer for one in found])
    columns = {id: np.array([one.values[id] for one in found]) for id in found[0].values}
    columns["mean rank of these three"] = np.mean(
        [claims.ranked(columns[id]) for id in (WORST, SAMPLED, APART)], axis=0
    )
    members = [np.flatnonzero(group == number) for number in np.unique(group)]
    chosen = np.random.default_rng(0)
    draws = [
        np.concatenate([members[at] for at in chosen.integers(0, len(members), len(members))]) for _ in range(DRAWS)
    ]
    both = [draw for draw in draws if wrong[draw].any() and not wrong[draw].all()]
    heads = ("score of a claim", "AUROC", "95 % interval", *(f"{1 - alpha:.0%}: true, kept" for alpha in claims.ALPHAS))
    print(f"| {' | '.join(heads)} |")
    print("|---|--:|---|" + "---|" * len(claims.ALPHAS))
    for id, values in sorted(columns.items(), key=lambda row: -statistics.auroc(row[1], wrong)):
        low, high = np.quantile([statistics.auroc(values[draw], wrong[draw]) for draw in both], (0.025, 0.975))
        rows = (claims.guarded(values, wrong, group, alpha) for alpha in claims.ALPHAS)
        cells = " | ".join(f"{row.all_true:.1%}, {row.kept:.1%}" for row in rows)
        print(f"| {id} | {statistics.auroc(values, wrong):.3f} | {low:.3f} to {high:.3f} | {cells} |")
    for name, part in (("false", wrong), ("true", ~wrong)):
        apart = np.array([one.apart for one in found])[part]
        print(f"of {len(apart)} {name} claims {apart.sum()} ({apart.mean():.1%}) hold what never meets the subject")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("glass", type=Path)
    parser.add_argument("index")
    parser.add_argument("--most", type=int, default=240)
    given = parser.parse_args()
    runtime = uncertainty.open(given.glass)
    assert isinstance(runtime, TorchRuntime)
    index = corpus.open([given.index])
    rows = subjects(given.glass / "data" / "train.jsonl", given.most)
    prompts = [row.name for row in rows]
    found: list[Claim] = []
    for batch in runtime.batches(prompts):
        asked = [prompts[at] for at in batch]
        written = runtime.answers(asked, MOST_TOKENS)
        drawn = runtime.samples(asked, SAMPLES, [MOST_TOKENS] * len(asked), TEMPERATURE, 0)
        for at, answer, others in zip(batch, written, drawn, strict=True):
            found += read(index, at, rows[at], answer, others)
    false = sum(not one.true for one in found)
    print(f"{runtime.model}: {len(rows)} answers, {len(found)} claims, {false} false ({false / len(found):.1%})")
    table(found)


if __name__ == "__main__":
    main()
