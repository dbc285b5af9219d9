"""Are there bytes in a weight file that belong to no tensor?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex

MOST = 20


@check(
    "weights.unowned-bytes",
    title="Are there bytes in a weight file that belong to no tensor?",
    severity=5.0,
    remedy="Ask what the bytes are. A file re-written by the reference library has none.",
    references=("CWE-1286", "CWE-506"),
    aspects=(Aspect.TENSORS,),
    of_bytes=True,
)
def weights_unowned_bytes(index: WeightIndex, indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """Bytes that no tensor owns carry something that no loader asks for.

    safetensors forbids holes; GGUF and PyTorch checkpoints pad only up to their alignment. A larger gap, or a tail
    after the last tensor, can hold a second file, code or a message, and changes the digest without changing the
    model. So in a file of values beside an ONNX or OpenVINO model. Where tensors lie among the parts of a graph or of
    an archive, artifact.hidden-bytes asks it of the file.
    """
    if not index.tensors or not index.only_weights:
        return
    if index.listed_in:  # several graphs may share one file of values
        others = [row for row in indexes if row.artifact == index.artifact]
        if index != others[0]:
            return
        index = replace(index, tensors=tuple(tensor for row in others for tensor in row.tensors))
    at, found = index.data_start, 0
    for tensor in sorted(index.tensors, key=lambda tensor: (tensor.start, tensor.stop)):
        if tensor.start - at >= index.alignment and found < MOST:
            found += 1
            yield _gap(index, at, tensor.start, f"before tensor {tensor.name!r}")
        at = max(at, tensor.stop)
    if index.data_stop - at >= index.alignment:
        yield _gap(index, at, index.data_stop, "after the last tensor")


def _gap(index: WeightIndex, start: int, stop: int, where: str) -> Answer:
    return fail(
        f"{index.artifact}: {stop - start:,} bytes {where} belong to no tensor",
        Evidence(index.artifact, f"{stop - start:,} bytes", start=start, stop=stop, name=where),
    )
