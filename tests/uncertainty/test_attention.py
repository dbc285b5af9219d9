"""Scores from inside: attention by hand, and what a probe can and cannot find."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.facts.interval import needed, wilson
from assay.uncertainty.attention import chained, probed
from assay.uncertainty.statistics import auroc


def test_confidence_along_attention_by_hand() -> None:
    quiet = np.zeros((1, 2, 3), np.float32)
    looks = quiet.copy()
    looks[0, 1] = (0.0, 0.5, 0.5)  # the head that looks back most is the one that counts
    logprobs = [math.log(0.5), math.log(0.8), math.log(0.2)]
    first, second = 0.5 * 0.8 + 0.5 * 0.5 * 0.5, 0.0
    second = 0.5 * 0.2 + 0.5 * 0.5 * first
    expected = -(math.log(0.5) + math.log(first) + math.log(second)) / 3
    assert chained(logprobs, looks).value == pytest.approx(expected)
    without = -(math.log(0.5) + math.log(0.4) + math.log(0.1)) / 3
    assert chained(logprobs, quiet).value == pytest.approx(without)
    assert chained(logprobs, np.concatenate([looks, quiet])).value == pytest.approx(without)  # the worst layer counts
    assert chained([math.log(0.25)], np.zeros((2, 2, 1), np.float32)).value == pytest.approx(math.log(4))


def test_a_probe_finds_what_is_there_and_nothing_in_noise() -> None:
    chosen = np.random.default_rng(1)
    wrong = chosen.random(400) < 0.5
    states = chosen.normal(size=(400, 300)).astype(np.float32)
    folds = np.arange(400) % 5
    assert 0.4 < auroc(probed(states, wrong, folds), wrong) < 0.6
    states[:, 7] += 3 * wrong
    assert auroc(probed(states, wrong, folds), wrong) > 0.9


def test_a_probe_that_only_learnt_the_topic_is_found_out_by_leaving_topics_out() -> None:
    chosen = np.random.default_rng(2)
    topic = np.arange(400) % 10
    wrong = chosen.random(400) < np.where(topic < 5, 0.9, 0.1)  # an error is a matter of topic alone
    states = (np.eye(10)[topic] * 5 + chosen.normal(size=(400, 10))).astype(np.float32)
    assert auroc(probed(states, wrong, chosen.permutation(400) % 5), wrong) > 0.8
    assert auroc(probed(states, wrong, topic), wrong) < 0.7


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_of_a_share(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("share", "most"), [(0.1, 0.2), (0.5, 0.52), (0.0, 0.05), (0.394, 0.4), (0.89, 0.9)])
def test_as_many_as_are_needed_keep_the_interval_below_a_limit(share: float, most: float) -> None:
    count = needed(share, most)
    assert count is not None and wilson(round(share * count), count)[1] <= most + 1 / count
    assert wilson(round(share * count * 0.8), round(count * 0.8))[1] > most
    assert needed(most, most) is None and needed(most + 0.01, most) is None
