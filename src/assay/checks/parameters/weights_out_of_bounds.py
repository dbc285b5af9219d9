"""Does a tensor lie outside its file?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex


@check(
    "weights.out-of-bounds",
    title="Does a tensor lie outside its file?",
    severity=7.5,
    remedy="Get the file again and compare its digest: it was cut off, or its index was made to read beyond it.",
    references=("CWE-125", "CVE-2025-53630"),
    aspects=(Aspect.TENSORS,),
    of_bytes=True,
)
def weights_out_of_bounds(index: WeightIndex) -> Iterator[Answer]:
    """An index that points past the end of the file makes a careless loader read memory that is not the model's.

    Most often the file is simply cut off: an interrupted copy. Either way the tensors named do not exist.
    """
    beyond = [tensor for tensor in index.tensors if tensor.stop > index.data_stop]
    if beyond:
        first = min(beyond, key=lambda tensor: (tensor.start, tensor.name))
        yield fail(
            f"{index.artifact}: {len(beyond):,} of {len(index.tensors):,} tensors end "
            f"past the file's {index.data_stop:,} bytes, the first is {first.name!r}",
            *(
                Evidence(
                    index.artifact,
                    f"ends at byte {tensor.stop:,}",
                    start=min(tensor.start, index.data_stop),
                    stop=index.data_stop,
                    name=tensor.name,
                )
                for tensor in beyond[:20]
            ),
        )
