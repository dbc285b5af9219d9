"""Turn labelled answers into error rates with a guarantee: ranking measures, isotonic calibration, learn-then-test.

Plain numpy. Sources: ROC and precision-recall areas as usual, ties counted by half; prediction-rejection ratio
(arXiv:2406.15627); isotonic regression by pooling adjacent violators (Barlow et al. 1972); expected calibration error
in equal-mass bins; learn-then-test (arXiv:2110.01052) with the exact binomial tail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assay.facts.calibration import Answered, Point, Promise, Topic, Worth

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
GRID = 8  # thresholds that are tried; the correction pays for each
DRAWS = 1000  # of the bootstrap
FOLDS, BINS = 5, 10
MOST_POINTS = 200
ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5)
DELTA = 0.05


def auroc(scores: Floats, wrong: NDArray[np.bool_]) -> float:
    """The chance that a wrong answer scores higher than a right one, ties by half; 0.5 where there are not both."""
    bad, good = int(wrong.sum()), int((~wrong).sum())
    if not bad or not good:
        return 0.5
    ranks = _ranks(scores)
    return float((ranks[wrong].sum() - bad * (bad + 1) / 2) / (bad * good))


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, the mean rank for ties."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.concatenate([first, [len(values)]]))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    return ranks


def auprc(scores: Floats, wrong: NDArray[np.bool_]) -> float:
    """Average precision of finding errors by a high score, ties taken together; the error rate is chance."""
    if not wrong.any():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], wrong[order]
    last = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    found = np.cumsum(hits)[last]
    precision, recall = found / (last + 1), found / found[-1]
    return float((np.diff(np.concatenate([[0.0], recall])) * precision).sum())


def prr(scores: Floats, wrong: NDArray[np.bool_]) -> float:
    """The prediction-rejection ratio: 1 where every error is rejected first, 0 where errors are rejected at random."""
    if not wrong.any() or wrong.all():
        return 0.0
    own, best = _rejection(scores, wrong), _rejection(wrong.astype(float), wrong)
    chance = float(wrong.mean())
    return float((chance - own) / (chance - best))


def _rejection(scores: Floats, wrong: NDArray[np.bool_]) -> float:
    """The mean error rate of what is kept, over all shares rejected by the highest score; ties count as their mean."""
    order = np.argsort(scores, kind="stable")
    ordered, bad = scores[order], wrong[order].astype(float)
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    group = np.cumsum(first) - 1
    mean = np.bincount(group, bad) / np.bincount(group)
    kept = np.cumsum(mean[group]) / np.arange(1, len(bad) + 1)
    return float(kept.mean())


def within(scores: Floats, wrong: Bools, groups: Sequence[str]) -> float | None:
    """AUROC of pairs of a wrong and a right answer of one group; None where there are none."""
    total, pairs, names = 0.0, 0, np.array(groups)
    for name in dict.fromkeys(groups):
        mine = names == name
        count = int(wrong[mine].sum()) * int((~wrong[mine]).sum())
        total, pairs = total + auroc(scores[mine], wrong[mine]) * count, pairs + count
    return total / pairs if pairs else None


def discrimination(
    name: str, scores: Floats, wrong: NDArray[np.bool_], groups: Sequence[str] = (), seed: int = 0
) -> Worth:
    """How well a score separates wrong answers from right ones, with a bootstrap over questions.

    Args:
        groups: the topic of each answer, for what it does within topics.
    """
    chosen = np.random.default_rng(seed)
    draws = chosen.integers(0, len(scores), (DRAWS, len(scores)))
    areas = [auroc(scores[row], wrong[row]) for row in draws]
    low, high = np.quantile(areas, (0.025, 0.975))
    return Worth(
        name,
        auroc(scores, wrong),
        float(low),
        float(high),
        auprc(scores, wrong),
        prr(scores, wrong),
        within(scores, wrong, groups) if groups else None,
    )


def isotonic(scores: Floats, wrong: NDArray[np.bool_]) -> list[Point]:
    """Isotonic regression of the error rate on the score: (highest score of a step, rate), in order of scores."""
    order = np.argsort(scores, kind="stable")
    blocks: list[list[float]] = []  # highest score, errors, count
    for score, bad in zip(scores[order].tolist(), wrong[order].tolist(), strict=True):
        if blocks and blocks[-1][0] == score:
            blocks[-1][1] += bad
            blocks[-1][2] += 1
        else:
            blocks.append([score, float(bad), 1.0])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            top, errors, count = blocks.pop()
            blocks[-1] = [top, blocks[-1][1] + errors, blocks[-1][2] + count]
    return [Point(top, errors / count) for top, errors, count in blocks]


def rate(steps: list[Point] | tuple[Point, ...], score: float) -> float:
    """The error rate at a score; above the last step its rate holds."""
    return next((step.y for step in steps if score <= step.x), steps[-1].y)


def held_out(scores: Floats, wrong: NDArray[np.bool_], seed: int = 0) -> Floats:
    """For each answer the error rate that the others give its score: folds by a fixed draw."""
    fold = np.random.default_rng(seed).permutation(len(scores)) % FOLDS
    rates = np.zeros(len(scores))
    for number in range(FOLDS):
        mine = fold == number
        if mine.any() and (~mine).any():
            steps = isotonic(scores[~mine], wrong[~mine])
            rates[mine] = [rate(steps, score) for score in scores[mine]]
    return rates


def ece(rates: Floats, wrong: NDArray[np.bool_]) -> tuple[float, list[Point]]:
    """(expected calibration error, reliability curve: mean predicted and observed rate of each bin of equal size)."""
    bins = [row for row in np.array_split(np.argsort(rates, kind="stable"), BINS) if len(row)]
    points = [Point(float(rates[row].mean()), float(wrong[row].mean())) for row in bins]
    weights = [len(row) / len(rates) for row in bins]
    return float(sum(weight * abs(point.x - point.y) for weight, point in zip(weights, points, strict=True))), points


def coverage(scores: Floats, wrong: NDArray[np.bool_]) -> list[Point]:
    """(share answered, error rate among them), answering the lowest scores first, at most 200 points."""
    order = np.argsort(scores, kind="stable")
    errors = np.cumsum(wrong[order])
    counts = np.unique(np.linspace(1, len(scores), min(MOST_POINTS, len(scores))).astype(int))
    return [Point(float(at / len(scores)), float(errors[at - 1] / at)) for at in counts]


def tail(errors: int, count: int, share: float) -> float:
    """The binomial distribution function, exact: the chance of at most `errors` errors in `count` with rate `share`."""
    if share <= 0 or errors >= count:
        return 1.0
    if share >= 1:
        return 0.0
    logs = [
        math.lgamma(count + 1)
        - math.lgamma(k + 1)
        - math.lgamma(count - k + 1)
        + k * math.log(share)
        + (count - k) * math.log1p(-share)
        for k in range(errors + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(value - top) for value in logs))


def guarantee(scores: Floats, wrong: NDArray[np.bool_], alpha: float, delta: float = DELTA) -> Promise:
    """The threshold that answers most with at most a share `alpha` wrong, at confidence 1 - delta, or none.

    The thresholds that are tried are quantiles of the scores, chosen without looking at labels; each is tested at
    delta / 8 (Bonferroni), so that the chance that any of those accepted violates its guarantee is at most delta."""
    best = Promise(alpha, delta, None, 0.0, 0, 0)
    for threshold in np.quantile(scores, np.arange(1, GRID + 1) / GRID, method="inverted_cdf"):
        kept = scores <= threshold
        errors, count = int(wrong[kept].sum()), int(kept.sum())
        if tail(errors, count, alpha) <= delta / GRID:
            best = Promise(alpha, delta, float(threshold), count / len(scores), errors, count)
    return best


def shift(known: Floats, new: Floats) -> tuple[float, float]:
    """(Kolmogorov-Smirnov distance between two samples, its p-value, asymptotic: Smirnov 1948)."""
    every = np.sort(np.concatenate([known, new]))
    one, other = (np.searchsorted(np.sort(rows), every, "right") / len(rows) for rows in (known, new))
    distance = float(np.abs(one - other).max())
    root = math.sqrt(len(known) * len(new) / (len(known) + len(new)))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return distance, 1.0
    chance = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return distance, min(1.0, max(0.0, chance))


def kept_below(lowest: Floats, alpha: float) -> float | None:
    """The threshold below which claims are kept so that at most a share `alpha` of texts keeps a false one.

    None where the sample does not allow it. Split conformal (arXiv:2402.10978, theorem 3.1): holds on average over
    texts like those of the sample, whatever the score.

    Args:
        lowest: for each text the lowest score of a false claim, infinite where every claim is true.
    """
    rank = math.floor(alpha * (len(lowest) + 1))
    return float(np.sort(lowest)[rank - 1]) if rank >= 1 else None


def topics(rows: tuple[Answered, ...]) -> tuple[Topic, ...]:
    """Errors by topic, most errors first."""
    names = sorted({row.topic for row in rows})
    found = [
        Topic(name, sum(row.topic == name for row in rows), sum(row.topic == name and not row.right for row in rows))
        for name in names
    ]
    return tuple(sorted(found, key=lambda row: (-row.errors / row.count, row.name)))
