"""One large file whose values are summarised beside its hashing gives what one core gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks import derived

from assay import formats
from assay.errors import OverBudget
from assay.facts.dossier import Dossier
from assay.facts.tensor import WeightIndex
from assay.formats.window import Window
from assay.subject import hashed, walked
from assay.weights.summaries import Pass

Audit = Callable[..., Dossier]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files take the way of large ones, each tensor in many blocks."""
    monkeypatch.setattr("assay.pipeline.reading.WORTH_THREADS", 0)
    monkeypatch.setattr("assay.subject.hashing.BLOCK", 1 << 16)


def noise(rows: int, columns: int, seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((rows, columns)) * 0.02).astype(np.float32)


@pytest.mark.parametrize("written", [True, False])
def test_one_file_gives_the_same_dossier_on_two_cores(tmp_path: Path, audit: Audit, written: bool) -> None:
    state = {f"layers.{n}.weight": noise(64 if n % 2 else 700, 256, seed=n) for n in range(6)}
    if written:
        derived.write_safetensors(tmp_path / "model.safetensors", state)
    else:
        np.savez(tmp_path / "model.npz", allow_pickle=False, **state)
    path = next(tmp_path.iterdir())
    assert audit(path, jobs=1) == audit(path, jobs=2)


def test_what_was_begun_when_time_is_over_is_told(tmp_path: Path) -> None:
    derived.write_safetensors(tmp_path / "m.safetensors", {f"t{n}": noise(256, 600, seed=n) for n in range(4)})
    (entry,) = walked(tmp_path / "m.safetensors").entries
    with entry.place.source() as source:
        (index,) = (row for row in formats.load("safetensors").read(entry.path, Window(source))
                    if isinstance(row, WeightIndex))  # fmt: skip
    for most in range(1, 20):
        taken, blocks = Pass("m", [index]), 0

        def advance(count: int, most: int = most) -> None:
            nonlocal blocks
            blocks += 1
            if blocks == most:
                raise OverBudget("the time is over")

        digest = taken.hashes()
        found = hashed(entry, advance, None, digest, beside=taken.begun)
        assert found.obstacle is None or found.obstacle.reason == "the time is over"
        assert [row.name for row in taken.ended()] == ["t0", "t1", "t2", "t3"]
