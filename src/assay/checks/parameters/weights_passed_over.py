"""Does a loader take other weights than those that the folder's index lists?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.precedence import TRANSFORMERS, passed_over
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex


@check(
    "weights.passed-over",
    title="Does a loader take other weights than those that the folder's index lists?",
    severity=5.0,
    remedy="Delete the copy that is not the model, so that every loader takes the same.",
    references=("CWE-436",),
    aspects=(Aspect.TENSORS,),
)
def weights_passed_over(indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """A folder can hold a whole file and shards beside it, of one format and not of one model.

    transformers takes the whole file and does not look at the index; vLLM and others follow the index. Whoever checks
    one copy has not checked the other. assay judges each copy by itself.
    """
    folders: dict[str, dict[str, WeightIndex]] = {}
    for index in indexes:
        folder, _, name = index.artifact.rpartition("/")
        folders.setdefault(folder, {})[name] = index
    for files in folders.values():
        shards = passed_over(files)
        taken = TRANSFORMERS.taken(files)
        if shards and taken:
            paths = [files[name].artifact for name in (taken, *shards)]
            yield review(
                f"transformers takes {paths[0]} and passes over {len(shards):,} shards beside it, such as {paths[1]}",
                *(Evidence(path, "taken" if path == paths[0] else "passed over", name=path) for path in paths[:20]),
            )
