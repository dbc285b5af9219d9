"""Score an answer by how it differs from other answers that were sampled for the same prompt.

Sources: sequence entropy (arXiv:2002.07650, Monte Carlo), semantic entropy over clusters (arXiv:2302.09664, the
discrete form of doi:10.1038/s41586-024-07421-0), confidence times inconsistency, CoCoA (arXiv:2502.04964, equation
6). Two answers are in one cluster where their words agree, or where the caller's measure says so; no model of
entailment is used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from assay.facts.uncertainty import Sample, Score
from assay.text.plain import plain

SAME = 0.7  # share of words in common (F1) from which two answers mean the same: a convention

Similarity = Callable[[str, str], float]


def similarity(one: str, other: str) -> float:
    """The words that two texts share, from 0 to 1: F1 over words with their counts (SQuAD, arXiv:1606.05250)."""
    left, right = Counter(plain(one).split()), Counter(plain(other).split())
    if not left and not right:
        return 1.0
    shared = sum((left & right).values())
    return 2 * shared / (sum(left.values()) + sum(right.values()))


def clustered(samples: tuple[Sample, ...], similar: Similarity = similarity, least: float = SAME) -> tuple[Sample, ...]:
    """The samples with their cluster (`meaning`): that of the first sample that means the same, else a new one."""
    first: list[str] = []
    rows = []
    for sample in samples:
        cluster = next((number for number, text in enumerate(first) if similar(text, sample.text) >= least), len(first))
        if cluster == len(first):
            first.append(sample.text)
        rows.append(replace(sample, meaning=cluster))
    return tuple(rows)


def scores(
    text: str, logprob: float | None, samples: tuple[Sample, ...], similar: Similarity = similarity
) -> tuple[Score, ...]:
    """The scores of an answer beside clustered samples, higher for less trust; none where there are no samples.

    Args:
        text: the answer.
        logprob: the sum of its tokens' log-probabilities (nats; None: not known).
    """
    if not samples:
        return ()
    count = len(samples)
    sizes = Counter(sample.meaning for sample in samples)
    entropy = -sum(size / count * math.log(size / count) for size in sizes.values())
    apart = 1 - sum(similar(text, sample.text) for sample in samples) / count
    logprobs = [sample.logprob for sample in samples if sample.logprob is not None]
    cost = f"{count} samples"
    semantic = "discrete semantic entropy (arXiv:2302.09664), answers clustered by their words"
    rows = [
        Score("samples.apart", apart, "share", "mean distance of the samples to the answer, by words", cost),
        Score("meaning.entropy", entropy, "nats", semantic, cost),
    ]
    if len(logprobs) == count:
        source = "sequence entropy, Monte Carlo (arXiv:2002.07650)"
        rows.append(Score("samples.entropy", -sum(logprobs) / count, "nats", source, cost))
    if logprob is not None:
        source = "confidence times inconsistency, CoCoA (arXiv:2502.04964)"
        rows.append(Score("sequence.apart", -logprob * apart, "nats", source, cost))
    return tuple(rows)
