"""Ranking, calibration and guarantees: against plain definitions, and against simulated models of known error rate."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.uncertainty import statistics

LABELLED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30)


def arrays(rows: list[tuple[int, bool]]) -> tuple[statistics.Floats, np.ndarray]:
    return np.array([float(score) for score, _ in rows]), np.array([bad for _, bad in rows])


@given(LABELLED)
def test_auroc_is_the_chance_of_a_pair_in_order(rows: list[tuple[int, bool]]) -> None:
    scores, wrong = arrays(rows)
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[wrong] for b in scores[~wrong]]
    assert statistics.auroc(scores, wrong) == pytest.approx(sum(pairs) / len(pairs) if pairs else 0.5)


@given(LABELLED)
def test_auprc_is_the_mean_precision_over_errors(rows: list[tuple[int, bool]]) -> None:
    scores, wrong = arrays(rows)
    precisions = [float(wrong[scores >= score].mean()) for score in scores[wrong]]
    assert statistics.auprc(scores, wrong) == pytest.approx(sum(precisions) / len(precisions) if precisions else 0.0)


@given(LABELLED)
def test_isotonic_steps_do_not_fall_and_keep_the_sum(rows: list[tuple[int, bool]]) -> None:
    scores, wrong = arrays(rows)
    steps = statistics.isotonic(scores, wrong)
    assert all(a.x < b.x and a.y < b.y for a, b in itertools.pairwise(steps))
    rates = [statistics.rate(steps, score) for score in scores]
    assert sum(rates) == pytest.approx(float(wrong.sum()))
    assert steps[-1].x == scores.max()


def test_isotonic_by_hand() -> None:
    scores, wrong = np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True])
    assert [(point.x, point.y) for point in statistics.isotonic(scores, wrong)] == [(1.0, 0.0), (3.0, 0.5), (4.0, 1.0)]


@pytest.mark.parametrize(
    ("errors", "count", "share"), [(0, 10, 0.1), (3, 20, 0.3), (5, 5, 0.2), (0, 1, 0.5), (40, 300, 0.2)]
)
def test_the_binomial_tail_is_the_sum(errors: int, count: int, share: float) -> None:
    plain = sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(errors + 1))
    assert statistics.tail(errors, count, share) == pytest.approx(plain, rel=1e-9)


def test_a_perfect_score_and_one_of_chance() -> None:
    wrong = np.array([False] * 50 + [True] * 50)
    perfect = statistics.discrimination("x", np.arange(100.0), wrong)
    assert (perfect.auroc, perfect.auprc, perfect.prr) == (1.0, 1.0, 1.0) and perfect.low == 1.0
    flat = statistics.discrimination("x", np.zeros(100), wrong)
    assert (flat.auroc, flat.auprc) == (0.5, 0.5) and flat.prr == pytest.approx(0.0, abs=1e-9)
    assert statistics.auroc(np.zeros(3), np.array([True] * 3)) == 0.5


def model(count: int, seed: int) -> tuple[statistics.Floats, np.ndarray]:
    """A made-up model whose error rate at score s is s: calibrated, and known."""
    chosen = np.random.default_rng(seed)
    scores = chosen.uniform(0, 1, count)
    return scores, chosen.uniform(0, 1, count) < scores


def test_calibration_of_a_known_model_is_near() -> None:
    scores, wrong = model(4000, 3)
    rates = statistics.held_out(scores, wrong)
    error, curve = statistics.ece(rates, wrong)
    assert error < 0.03 and all(abs(point.x - point.y) < 0.1 for point in curve)
    assert float(np.abs(rates - scores).mean()) < 0.05


@pytest.mark.parametrize(("alpha", "least"), [(0.1, 1), (0.2, 200), (0.3, 380)])
def test_a_promise_is_broken_no_more_often_than_it_says(alpha: float, least: int) -> None:
    """400 calibrations of the known model: at threshold t the true error among answered is t / 2."""
    broken = given_ = 0
    for seed in range(400):
        found = statistics.guarantee(*model(400, seed), alpha, 0.1)
        if found.threshold is not None:
            given_ += 1
            broken += found.threshold / 2 > alpha
    assert broken / 400 <= 0.1 and given_ >= least


def test_too_few_items_promise_nothing() -> None:
    scores, wrong = model(20, 1)
    assert statistics.guarantee(scores, wrong, 0.05).threshold is None
    assert statistics.guarantee(scores, np.ones(20, bool), 0.5).threshold is None


def test_the_coverage_curve_ends_at_the_error_rate() -> None:
    scores, wrong = model(500, 2)
    curve = statistics.coverage(scores, wrong)
    assert curve[-1].x == 1.0 and curve[-1].y == pytest.approx(float(wrong.mean())) and len(curve) <= 200
