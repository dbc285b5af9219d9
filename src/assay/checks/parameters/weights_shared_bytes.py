"""Do two tensors share bytes?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex

MOST = 50


@check(
    "weights.shared-bytes",
    title="Do two tensors share bytes?",
    severity=6.5,
    remedy=(
        "Do not use the file: its index and its bytes tell different stories. "
        "Ask for one written by the reference library."
    ),
    references=("CWE-119", "CWE-1286"),
    aspects=(Aspect.TENSORS,),
    of_bytes=True,
)
def weights_shared_bytes(index: WeightIndex) -> Iterator[Answer]:
    """Overlapping tensors let a file show different weights to different readers.

    Loaders that trust the index read both without noticing; a reviewer who hashes tensor by tensor then approves
    bytes that the runtime never uses. PyTorch checkpoints may share a storage between tied tensors; that is their
    format, and not reported.
    """
    if index.shares_storage:
        return
    ordered = sorted(
        (tensor for tensor in index.tensors if tensor.stop > tensor.start),
        key=lambda tensor: (tensor.start, tensor.stop, tensor.name),
    )
    found = 0
    widest = next(iter(ordered), None)  # of the tensors before, the one that reaches furthest
    for tensor in ordered[1:]:
        assert widest is not None
        if tensor.start < widest.stop and found < MOST:
            found += 1
            yield fail(
                f"tensor {tensor.name!r} starts {widest.stop - tensor.start:,} bytes before {widest.name!r} ends",
                Evidence(
                    index.artifact,
                    f"shared with {widest.name}",
                    start=tensor.start,
                    stop=min(tensor.stop, widest.stop),
                    name=tensor.name,
                ),
            )
        widest = max(widest, tensor, key=lambda before: before.stop)
