"""Scores of live texts beside those of a calibration: a promise is for texts like those that were asked, and these tell when they no longer are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from assay.errors import UsageError
from assay.facts.calibration import Calibration
from assay.uncertainty.statistics import moved

LEAST = 30  # texts below which nothing is said
RARE = 0.01  # chance below which two distributions count as different
LAST = 500  # texts that are looked at
MOST = 64 << 20


def added(path: Path, known: Calibration, value: float) -> str:
    """Keep the score of one more live text in `path`; says so where the last ones are no longer like those of the calibration.

    Raises UsageError: the file holds scores of another model or pack, or is none.
    """
    bound = {"model": known.sha256 or known.model, "pack": known.pack_sha256, "score": known.score}
    rows = _rows(path, bound)
    with open(path, "a", encoding="utf-8") as stream:
        if rows is None:
            stream.write(json.dumps(bound, sort_keys=True) + "\n")
        stream.write(f"{value!r}\n")
        stream.flush()
    live = np.array([*(rows or []), value][-LAST:])
    if len(live) < LEAST:
        return ""
    distance, chance = moved(np.array(known.scores), live)
    if chance >= RARE:
        return ""
    return f"the last {len(live)} live texts have other scores than the calibration (Kolmogorov-Smirnov distance {distance:.2f}, chance {chance:.1g})"


def _rows(path: Path, bound: dict[str, str]) -> list[float] | None:
    """The scores that are kept, or None where the file is new."""
    if not path.exists() or not path.stat().st_size:
        return None
    if path.stat().st_size > MOST:
        raise UsageError(f"{path} is larger than any record of live scores ({MOST >> 20} MiB)")
    lines = path.read_text("utf-8", "replace").splitlines()
    try:
        first = json.loads(lines[0])
        values = [float(line) for line in lines[1:] if line]
    except ValueError:
        raise UsageError(f"{path} is no record of live scores") from None
    if first != bound:
        raise UsageError(f"{path} holds live scores of another model, pack or score: give another file")
    return values
