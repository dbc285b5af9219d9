"""How answers are sampled and compared, from the options of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.uncertainty import Draw


def drawing(samples: int, seed: int, entailment: Path | None) -> Draw:
    """The samples that are asked for, compared by rules or by the model of entailment in a folder."""
    from assay.uncertainty import Draw

    if entailment is None:
        return Draw(samples, seed=seed)
    if not samples:
        raise UsageError("--entailment goes with --samples: it says which of them mean the same")
    from assay.runtime.entailment import Entailer

    encoder = Entailer(entailment)
    return Draw(samples, seed=seed, same=encoder, by=f"entailment ({encoder.name})")
