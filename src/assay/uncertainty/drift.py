"""Detect distribution shift: when the scores of new texts no longer look like those of the calibration.

A guarantee holds for texts like those that were calibrated on; this tells when they no longer are.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from assay.facts.calibration import Calibration
from assay.facts.codec import decode
from assay.facts.uncertainty import identity
from assay.files import AppendOnly
from assay.uncertainty.statistics import shift

LEAST = 30  # texts below which nothing is said
RARE = 0.01  # p-value below which two distributions count as different
LAST = 500  # texts that are compared
MOST = 64 << 20


def added(path: Path, known: Calibration, value: float) -> str:
    """Keep the score of one more text in `path`, and say where the last ones have shifted from the calibration.

    Raises UsageError: the file holds scores of another model, question set or score, or something else.
    """
    bound = {"model": identity(known), "pack": known.pack_sha256, "score": known.score}
    with AppendOnly(path, bound, partial(decode, float), MOST, "live scores") as kept:
        kept.add(value)
    last = np.array([*kept.rows, value][-LAST:])
    if len(last) < LEAST:
        return ""
    distance, chance = shift(np.array(known.scores), last)
    if chance >= RARE:
        return ""
    return (
        f"distribution shift: the scores of the last {len(last)} texts differ from those of the calibration "
        f"(Kolmogorov-Smirnov distance {distance:.2f}, p = {chance:.1g})"
    )
