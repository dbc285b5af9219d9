"""What several drawn answers to one prompt say of an answer: how many meanings there are, and how far they lie from it.

Sources: sequence entropy (arXiv:2002.07650, Monte Carlo), semantic entropy over clusters (arXiv:2302.09664, the discrete form of doi:10.1038/s41586-024-07421-0), confidence times
inconsistency, CoCoA (arXiv:2502.04964, equation 6). Two answers mean the same where their words do, or where the caller's measure says so; no model of entailment is asked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from assay.facts.uncertainty import Sample, Score
from assay.text.plain import plain

SAME = 0.7  # share of words in common (F1) from which two answers mean the same: a convention

Alike = Callable[[str, str], float]


def alike(one: str, other: str) -> float:
    """The words that two texts share, from 0 to 1: F1 over words with their counts (SQuAD's measure, arXiv:1606.05250)."""
    left, right = Counter(plain(one).split()), Counter(plain(other).split())
    if not left and not right:
        return 1.0
    shared = sum((left & right).values())
    return 2 * shared / (sum(left.values()) + sum(right.values()))


def told_apart(samples: tuple[Sample, ...], likeness: Alike = alike, least: float = SAME) -> tuple[Sample, ...]:
    """The samples, each with the number of its meaning: that of the first sample that means the same, else a new one."""
    first: list[str] = []
    rows = []
    for sample in samples:
        meaning = next(
            (number for number, text in enumerate(first) if likeness(text, sample.text) >= least), len(first)
        )
        if meaning == len(first):
            first.append(sample.text)
        rows.append(replace(sample, meaning=meaning))
    return tuple(rows)


def scores(text: str, logprob: float | None, samples: tuple[Sample, ...], likeness: Alike = alike) -> tuple[Score, ...]:
    """The scores of an answer beside samples that were told apart; larger means less to be trusted. None where there are no samples.

    Args:
        text, logprob: the answer, and the sum of its tokens' log-probabilities (nats; None: not known).
    """
    if not samples:
        return ()
    count = len(samples)
    sizes = Counter(sample.meaning for sample in samples)
    entropy = -sum(size / count * math.log(size / count) for size in sizes.values())
    apart = 1 - sum(likeness(text, sample.text) for sample in samples) / count
    logprobs = [sample.logprob for sample in samples if sample.logprob is not None]
    cost = f"{count} samples"
    rows = [
        Score("samples.apart", apart, "share", "mean distance of the samples to the answer, by words", cost),
        Score("meaning.entropy", entropy, "nats", "discrete semantic entropy (arXiv:2302.09664), meanings told apart by words", cost),
    ]  # fmt: skip
    if len(logprobs) == count:
        rows.append(Score("samples.entropy", -sum(logprobs) / count, "nats", "sequence entropy, Monte Carlo (arXiv:2002.07650)", cost))  # fmt: skip
    if logprob is not None:
        rows.append(Score("sequence.apart", -logprob * apart, "nats", "confidence times inconsistency, CoCoA (arXiv:2502.04964)", cost))  # fmt: skip
    return tuple(rows)
