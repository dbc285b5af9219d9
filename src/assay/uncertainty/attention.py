"""Score a text by attention and hidden states that were traced while the network read it. Plain numpy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from assay.facts.uncertainty import Score

ALPHA = 0.5  # weight of a token's own probability (arXiv:2505.20045, section 4: for instruction-tuned models)
RIDGE = 1.0  # of the probe
COMPONENTS = 128  # of the states that it sees
STEPS = 30


def chained(logprobs: list[float], attention: NDArray[np.float32]) -> Score:
    """RAUQ (arXiv:2505.20045, equations 5 to 7): confidence passed along the head that attends back most, worst layer.

    Args:
        logprobs: of each token, nats.
        attention: float32[layers, heads, tokens], the share that goes to the token before.
    """
    worst = 0.0
    for heads in attention.astype(np.float64):
        back = heads[heads[:, 1:].mean(axis=1).argmax()] if heads.shape[1] > 1 else heads[0]
        confidence, total = math.exp(logprobs[0]), logprobs[0]
        for logprob, share in zip(logprobs[1:], back[1:].tolist(), strict=True):
            confidence = ALPHA * math.exp(logprob) + (1 - ALPHA) * share * confidence
            total += math.log(max(confidence, 1e-300))
        worst = max(worst, -total / len(logprobs))
    cost = "none where a text is given, one pass where it was generated"
    return Score("attention.chain", worst, "nats", "confidence along attention, RAUQ (arXiv:2505.20045)", cost)


def probed(states: NDArray[np.float32], wrong: NDArray[np.bool_], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64[answers]: the log-odds that each answer is wrong, by a logistic regression on the other groups' states.

    Args:
        states: float32[answers, width].
        groups: int64[answers]: answers of one group are left out together.
    """
    found = np.zeros(len(wrong))
    values = _principal(states)
    for group in np.unique(groups):
        mine = groups == group
        if wrong[~mine].any() and not wrong[~mine].all():
            weights = _fitted(values[~mine], wrong[~mine])
            found[mine] = values[mine] @ weights[:-1] + weights[-1]
    return found


def _principal(states: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64[answers, components]: principal components of the states, the first of unit variance; unsupervised."""
    centred = states.astype(np.float64) - states.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = left[:, :COMPONENTS] * sizes[:COMPONENTS]
    return np.asarray(kept / (kept[:, 0].std() or 1.0))


def _fitted(values: NDArray[np.float64], wrong: NDArray[np.bool_]) -> NDArray[np.float64]:
    """float64[components + 1]: ridge logistic regression by Newton's method, the intercept last."""
    design = np.concatenate([values, np.ones((len(values), 1))], axis=1)
    penalty = np.full(design.shape[1], RIDGE)
    penalty[-1] = 1e-6
    weights, target = np.zeros(design.shape[1]), wrong.astype(np.float64)
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (share - target) + penalty * weights
        curve = (design * (share * (1 - share))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights
