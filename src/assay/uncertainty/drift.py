"""Scores of live texts beside those of a calibration: a promise is for texts like those that were asked, and these tell when they no longer are."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from assay.facts.calibration import Calibration
from assay.facts.codec import decode
from assay.facts.uncertainty import identity
from assay.files import AppendOnly
from assay.uncertainty.statistics import moved

LEAST = 30  # texts below which nothing is said
RARE = 0.01  # chance below which two distributions count as different
LAST = 500  # texts that are looked at
MOST = 64 << 20


def added(path: Path, known: Calibration, value: float) -> str:
    """Keep the score of one more live text in `path`; says so where the last ones are no longer like those of the calibration.

    Raises UsageError: the file holds scores of another model, question set or score, or something else.
    """
    bound = {"model": identity(known), "pack": known.pack_sha256, "score": known.score}
    with AppendOnly(path, bound, partial(decode, float), MOST, "live scores") as kept:
        kept.add(value)
    live = np.array([*kept.rows, value][-LAST:])
    if len(live) < LEAST:
        return ""
    distance, chance = moved(np.array(known.scores), live)
    if chance >= RARE:
        return ""
    return f"the last {len(live)} live texts have other scores than the calibration (Kolmogorov-Smirnov distance {distance:.2f}, chance {chance:.1g})"
