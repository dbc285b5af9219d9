"""A model from disk, ready to run: every file parsed as in an audit, weights and tokenizer by assay's readers."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from assay.isolation import InProcess, Reader
from assay.runtime.torch_ import TorchRuntime
from assay.subject import Walk, digest, walked
from assay.weights import needed, opened


def torch_runtime(model: Path | Walk, *, threads: int = 0, isolation: bool = True) -> TorchRuntime:
    """The runtime of a model on disk, or of one that was walked already; its `sha256` is the subject digest that an audit of the same files has.

    Raises UsageError and InputError as `assay.weights.open` does, and UsageError where the model cannot be run.
    """
    with ExitStack() as stack:
        walk = model if isinstance(model, Walk) else walked(model)
        reader = _reader(walk, isolation=isolation)
        stack.callback(reader.close)
        weights = opened(walk, reader)
        return TorchRuntime(weights, digest(walk), threads)


def _reader(walk: Walk, *, isolation: bool) -> Reader:
    from assay.isolation import process

    if isolation and process.available() and walk.roots:
        return process.Worker(walk.roots, needed(walk), require=False)
    return InProcess(render=False)
