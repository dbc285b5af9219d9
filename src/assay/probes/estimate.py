"""Estimates with their 95 % intervals: shares (Wilson), means and AUROC (percentile bootstrap with a fixed seed)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.facts.behaviour import Estimate, Unit
from assay.facts.interval import wilson
from assay.uncertainty.statistics import DRAWS, discrimination

_DIGITS = 6  # what another order of additions changes lies below


def share(id: str, name: str, hits: int, count: int, chance: float | None = None) -> Estimate:
    """The share of `hits` in `count`, with Wilson's interval (0 to 1 where nothing was tried)."""
    low, high = wilson(hits, count)
    return Estimate(
        id, name, _rounded(hits / count if count else 0.0), _rounded(low), _rounded(high), Unit.SHARE, count, chance
    )


def mean(id: str, name: str, values: Sequence[float], chance: float | None = 0.0) -> Estimate:
    """The mean of values in nats, with a bootstrap interval over them."""
    if not values:
        return Estimate(id, name, 0.0, 0.0, 0.0, Unit.NATS, 0, chance)
    rows = np.array(values, float)
    draws = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows)))
    low, high = np.quantile(rows[draws].mean(axis=1), (0.025, 0.975))
    return Estimate(
        id,
        name,
        _rounded(float(rows.mean())),
        _rounded(float(low)),
        _rounded(float(high)),
        Unit.NATS,
        len(rows),
        chance,
    )


def area(id: str, name: str, low: Sequence[float], high: Sequence[float]) -> Estimate:
    """How well a score separates what should score `high` from what should score `low`: AUROC, 0.5 is chance."""
    if not low or not high:
        return Estimate(id, name, 0.5, 0.0, 1.0, Unit.AREA, 0, 0.5)
    found = discrimination(id, np.array([*low, *high], float), np.arange(len(low) + len(high)) >= len(low))
    count = len(low) + len(high)
    return Estimate(id, name, _rounded(found.auroc), _rounded(found.low), _rounded(found.high), Unit.AREA, count, 0.5)


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
