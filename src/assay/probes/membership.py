"""Infer membership: scores that are said to show that a text was trained on, and blind baselines. Plain numpy.

Sources: loss (arXiv:1709.01604), Min-K % Prob (arXiv:2310.16789, K = 20), loss against compressed size
(arXiv:2012.07805, section 5.1); the blind baseline after arXiv:2406.16201, which shows that published scores do not
beat it on data sets that were not split at random.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assay.text.plain import pieces

BUCKETS, FOLDS, RIDGE = 512, 5, 1.0
LEAST_SHARE = 0.2


def loss(logprobs: Sequence[float]) -> float:
    """Mean log-probability, nats a token: higher for what is known."""
    return sum(logprobs) / len(logprobs)


def lowest(logprobs: Sequence[float]) -> float:
    """Mean of the lowest fifth of the log-probabilities."""
    kept = sorted(logprobs)[: max(1, math.ceil(LEAST_SHARE * len(logprobs)))]
    return sum(kept) / len(kept)


def compressed(text: str, logprobs: Sequence[float]) -> float:
    """Log-probability of the whole for each byte of the compressed text."""
    return sum(logprobs) / len(zlib.compress(text.encode(), 9))


def blind(texts: Sequence[str], member: NDArray[np.bool_]) -> NDArray[np.float64]:
    """float64[texts]: the log-odds that each is a member by its words alone, fitted on the others.

    No model is asked.
    """
    values = np.array([_hashed(text) for text in texts])
    fold = np.random.default_rng(0).permutation(len(texts)) % FOLDS
    found = np.zeros(len(texts))
    for number in range(FOLDS):
        mine = fold == number
        if member[~mine].any() and not member[~mine].all():
            found[mine] = values[mine] @ _fitted(values[~mine], member[~mine])
    return found


def _hashed(text: str) -> NDArray[np.float64]:
    """Words in buckets by a checksum, as shares of the text."""
    row = np.zeros(BUCKETS + 1)
    words = pieces(text)
    for word in words:
        row[zlib.crc32(word.encode()) % BUCKETS] += 1
    row[:BUCKETS] /= max(1, len(words))
    row[BUCKETS] = 1.0
    return row


def _fitted(values: NDArray[np.float64], member: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Ridge regression on +1 and -1: enough for a baseline, and in closed form."""
    target = np.where(member, 1.0, -1.0)
    return np.asarray(np.linalg.solve(values.T @ values + RIDGE / BUCKETS * np.eye(values.shape[1]), values.T @ target))
