"""Open a model from disk to run it: every file is parsed as in an audit, weights and tokenizer by assay's readers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from assay.isolation import reader_for
from assay.runtime._numbers import Numbers
from assay.runtime.torch_ import TorchRuntime
from assay.subject import Walk, digest, walked
from assay.weights import needed, opened


def torch_runtime(
    model: Path | Walk, *, isolation: bool = True, numbers: Numbers | None = None, taken: int = 0
) -> TorchRuntime:
    """The runtime of a model on disk, or of one that was walked already; `sha256` is the subject digest of an audit.

    `numbers` chooses type and device; by default those that fit beside `taken` bytes, which other models take.

    Raises UsageError and InputError as `assay.weights.open` does, and UsageError where the model cannot be run.
    """
    walk = model if isinstance(model, Walk) else walked(model)
    reader = reader_for(walk, needed(walk), isolated=isolation)
    try:
        return TorchRuntime(opened(walk, reader), partial(digest, walk), numbers, taken)
    finally:
        reader.close()
