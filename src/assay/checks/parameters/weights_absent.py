"""Does the model come without weights of its own?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact, Obstacle, Trouble
from assay.facts.config import AdapterConfig
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, unknown
from assay.facts.nature import Nature, SubjectKind
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, weight_sets

SHOWN = 3
_TEXTS = frozenset({"chat-template", "json", "licence", "model-card", "python", "text", "yaml"})  # never hold weights
_WITHOUT = {
    SubjectKind.ESTIMATOR: "a fitted estimator, which keeps what it has learned in its pickles",
    SubjectKind.TOKENIZER: "a tokenizer, which has no weights",
    SubjectKind.DATA: "data, which has no weights",
}


@check(
    "weights.absent",
    title="Does the model come without weights of its own?",
    severity=3.0,
    remedy="Audit the folder that holds the weights; without them nothing can be said about parameters.",
    aspects=(Aspect.TENSORS,),
)
def weights_absent(
    indexes: tuple[WeightIndex, ...],
    adapters: tuple[AdapterConfig, ...],
    natures: tuple[Nature, ...],
    artifacts: tuple[Artifact, ...],
    obstacles: tuple[Obstacle, ...],
) -> Iterator[Answer]:
    """Without weights there is no model to judge, only what is said about one.

    An adapter folder holds a change to a base model and not the model; it is named as such. A fitted estimator keeps
    what it has learned in its pickles; a tokenizer and data have no weights.
    """
    for adapter in adapters:
        base = adapter.base_model or "a base that it does not name"
        yield informational(
            f"this is a {adapter.kind} adapter for {base}, not a whole model",
            Evidence(adapter.artifact, base, pointer="/base_model_name_or_path"),
        )
    sets = weight_sets(indexes)
    if not sets:
        kind = natures[0].kind if natures else SubjectKind.UNKNOWN
        if kind in _WITHOUT:
            yield Answer(Kind.NOT_APPLICABLE, f"this is {_WITHOUT[kind]}: {natures[0].why}")
        else:
            yield _none_read(artifacts, obstacles)
        return
    yield passed(
        "; ".join(
            f"{found.name}: {found.parameters:,} {'values' if found.naming == 'own' else 'parameters'} "
            f"in {len(found.tensors):,} tensors"
            for found in sets
        )
    )


def _none_read(artifacts: tuple[Artifact, ...], obstacles: tuple[Obstacle, ...]) -> Answer:
    """Why there are no weights: the files that may hold some and could not be read, or that none is there."""
    formats = {row.path: row.format for row in artifacts}
    rows = [row for row in obstacles if row.trouble is not Trouble.LINK and formats.get(row.artifact) not in _TEXTS]
    if rows:
        named = "; ".join(f"{row.artifact}: {row.reason}" for row in rows[:SHOWN])
        more = f"; and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
        places = tuple(Evidence(row.artifact, row.reason, start=row.at) for row in rows[:50])
        return unknown(f"no weight file could be read: {named}{more}", *places)
    count = f"{len(artifacts):,} file{'s' if len(artifacts) != 1 else ''}"
    return unknown(f"no weight file is here: {count}, none of a format that holds weights")
