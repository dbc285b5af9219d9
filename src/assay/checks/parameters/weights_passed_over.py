"""Does a loader take other weights than those that the folder's index lists?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assay.checks import check
from assay.facts.config import ConfigValues
from assay.facts.finding import Answer, Evidence, review
from assay.facts.model import folder
from assay.facts.precedence import EXPLICIT, TRANSFORMERS, beside_whole, loader_of
from assay.facts.structure import Aspect
from assay.facts.tensor import ShardIndex, WeightIndex


@check(
    "weights.passed-over",
    title="Does a loader take other weights than those that the folder's index lists?",
    severity=5.0,
    remedy="Delete the copy that is not the model, so that every loader takes the same.",
    references=("CWE-436",),
    aspects=(Aspect.TENSORS,),
)
def weights_passed_over(
    indexes: tuple[WeightIndex, ...], shards: tuple[ShardIndex, ...], values: tuple[ConfigValues, ...]
) -> Iterator[Answer]:
    """A folder can hold a whole file and shards beside it, of one format and not of one model.

    transformers takes the whole file and does not look at the index; diffusers, vLLM and others follow the index. By
    `transformers_weights` in config.json, transformers takes yet another file than the usual. Whoever checks one copy
    has not checked the other. assay judges each copy by itself.
    """
    folders: dict[str, set[str]] = {}
    for path in (*(row.artifact for row in indexes), *(row.artifact for row in shards)):
        folders.setdefault(folder(path), set()).add(path.rpartition("/")[2])
    for root, names in sorted(folders.items()):
        for whole, rows in beside_whole(names).items():
            order = loader_of(whole)
            taken = order.taken(names)
            passed_over: Collection[str] = rows
            if taken is not None and taken.endswith(".json"):  # lists the shards
                passed_over = (whole,)
            if taken is not None:
                what = (
                    "the whole file beside it," if passed_over != rows else f"{len(rows):,} shards beside it, such as"
                )
                yield _taken(order.loader, root, taken, passed_over, what)
    for config in values:
        explicit, root = config.get(EXPLICIT), folder(config.artifact)
        usual = TRANSFORMERS.taken(folders.get(root, ()))
        if isinstance(explicit, str) and usual not in (None, explicit):
            place = Evidence(config.artifact, explicit, pointer=f"/{EXPLICIT}", name=explicit)
            yield _taken(TRANSFORMERS.loader, root, explicit, (str(usual),), "the usual", place)


def _taken(loader: str, root: str, taken: str, passed_over: Collection[str], what: str, *why: Evidence) -> Answer:
    paths = [f"{root}/{name}" if root else name for name in (taken, *passed_over)]
    because = f", as {why[0].artifact} says," if why else ""
    return review(
        f"{loader} takes {paths[0]}{because} and passes over {what} {paths[1]}",
        *why,
        *(Evidence(path, "taken" if path == paths[0] else "passed over", name=path) for path in paths[:20]),
    )
