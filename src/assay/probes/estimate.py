"""Estimates with their 95 % intervals: shares (Wilson), means and AUROC (percentile bootstrap, fixed seed)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.facts.behaviour import Estimate, Unit
from assay.facts.interval import wilson
from assay.uncertainty.statistics import DRAWS, discrimination

# the 97.5 % quantile of Student's distribution, by the number of values: a bootstrap of so few is too narrow
_STUDENT = (0.0, 0.0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306)
_DIGITS = 6  # what another order of additions changes lies below


def share(id: str, name: str, hits: int, count: int, chance: float | None = None) -> Estimate:
    """The share of `hits` in `count`, with Wilson's interval (0 to 1 where nothing was tried)."""
    low, high = wilson(hits, count)
    return Estimate(
        id, name, _rounded(hits / count if count else 0.0), _rounded(low), _rounded(high), Unit.SHARE, count, chance
    )


def mean(id: str, name: str, values: Sequence[float], chance: float | None = 0.0) -> Estimate:
    """The mean of values in nats: with a bootstrap interval over them, of nine or fewer with Student's.

    One value alone has no interval, and counts as nothing that could be tried.
    """
    if len(values) < 2:
        return Estimate(id, name, 0.0, 0.0, 0.0, Unit.NATS, 0, chance)
    rows = np.array(values, float)
    middle = float(rows.mean())
    if len(rows) < len(_STUDENT):
        half = _STUDENT[len(rows)] * float(rows.std(ddof=1)) / len(rows) ** 0.5
        low, high = middle - half, middle + half
    else:
        draws = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows)))
        low, high = map(float, np.quantile(rows[draws].mean(axis=1), (0.025, 0.975)))
    return Estimate(id, name, _rounded(middle), _rounded(low), _rounded(high), Unit.NATS, len(rows), chance)


def area(id: str, name: str, low: Sequence[float], high: Sequence[float]) -> Estimate:
    """How well a score separates what should score `high` from what should score `low`: AUROC, 0.5 is chance."""
    if not low or not high:
        return Estimate(id, name, 0.5, 0.0, 1.0, Unit.AREA, 0, 0.5)
    found = discrimination(id, np.array([*low, *high], float), np.arange(len(low) + len(high)) >= len(low))
    count = len(low) + len(high)
    return Estimate(id, name, _rounded(found.auroc), _rounded(found.low), _rounded(found.high), Unit.AREA, count, 0.5)


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
