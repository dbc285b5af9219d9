"""Does the model come without weights of its own?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import AdapterConfig
from assay.facts.finding import Answer, Evidence, informational, passed, unknown
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, weight_sets


@check(
    "weights.absent",
    title="Does the model come without weights of its own?",
    severity=3.0,
    remedy="Audit the folder that holds the weights; without them nothing can be said about parameters.",
    aspects=(Aspect.TENSORS,),
)
def weights_absent(indexes: tuple[WeightIndex, ...], adapters: tuple[AdapterConfig, ...]) -> Iterator[Answer]:
    """Without weights there is no model to judge, only what is said about one.

    An adapter folder holds a change to a base model and not the model; it is named as such.
    """
    for adapter in adapters:
        base = adapter.base_model or "a base that it does not name"
        yield informational(
            f"this is a {adapter.kind} adapter for {base}, not a whole model",
            Evidence(adapter.artifact, base, pointer="/base_model_name_or_path"),
        )
    sets = weight_sets(indexes)
    if not sets:
        yield unknown("no weight file could be read")
        return
    yield passed(
        "; ".join(
            f"{found.name}: {found.parameters:,} {'values' if found.naming == 'own' else 'parameters'} "
            f"in {len(found.tensors):,} tensors"
            for found in sets
        )
    )
