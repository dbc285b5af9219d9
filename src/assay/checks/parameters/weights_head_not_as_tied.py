"""Is there an output head beside the embedding that the config ties it to?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.parameters._loaded import implied, own_sets
from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.family import Undetermined
from assay.facts.finding import Answer, Evidence, Kind, fail, passed, unknown
from assay.facts.role import placed
from assay.facts.tensor import ShardIndex, TensorSpec, WeightIndex, WeightSet
from assay.facts.values import TensorSummary


@check(
    "weights.head-not-as-tied",
    title="Is there an output head beside the embedding that the config ties it to?",
    severity=6.0,
    remedy=(
        "Ask the publisher which of the two was trained: set tie_word_embeddings to false if the head is to be used, "
        "leave the head out if not."
    ),
    references=("CWE-1286",),
)
def weights_head_not_as_tied(
    config: ModelConfig,
    values: tuple[ConfigValues, ...],
    indexes: tuple[WeightIndex, ...],
    shards: tuple[ShardIndex, ...],
    summaries: tuple[TensorSummary, ...],
) -> Iterator[Answer]:
    """A loader that ties the output head to the embedding throws the stored head away.

    Where both are stored and differ, the model answers one way in a library that ties them and another way in one
    that loads what is there. Values are compared by their exact histograms: a head with the same values as the
    embedding is a harmless copy.
    """
    try:
        wanted = implied(config, values) if config.naming == "hub" else None
    except Undetermined:
        wanted = None
    tied = config.tied_embeddings
    if tied is None and wanted is not None:  # the default of the architecture
        tied = any(name in wanted.may for name in wanted.heads)
    found = [pair for row in own_sets(config, indexes, shards, values) if (pair := _pair(row)) is not None]
    if not found or not tied or config.naming != "hub":
        yield Answer(Kind.NOT_APPLICABLE, f"{config.artifact} ties no stored output head to the embedding")
        return
    rows = {(row.artifact, row.name): row for row in summaries}
    for (index, embedding), (other, head) in found:
        left, right = rows.get((index.artifact, embedding.name)), rows.get((other.artifact, head.name))
        place = Evidence(other.artifact, str(list(head.shape)), start=head.start, stop=head.stop, name=head.name)
        same_place = (index.artifact, embedding.start, embedding.stop) == (other.artifact, head.start, head.stop)
        if same_place or (left and right and left.dtype == right.dtype and left.histogram == right.histogram):
            yield passed(f"{head.name!r} holds the values of {embedding.name!r}, to which the config ties it", place)
        elif left is None or right is None:
            yield unknown(
                f"{config.artifact} ties {head.name!r} to {embedding.name!r}, and they could not be compared", place
            )
        elif not _alike(left, right):
            yield fail(
                f"{config.artifact} ties the output head to the embedding, and {head.name!r} holds other values than "
                f"{embedding.name!r}: loaders differ in which they take",
                place,
                Evidence(config.artifact, str(config.tied_embeddings), pointer="/tie_word_embeddings"),
            )
        else:
            yield passed(f"{head.name!r} holds about the values of {embedding.name!r}, in another type", place)


Row = tuple[WeightIndex, TensorSpec]


def _pair(found: WeightSet) -> tuple[Row, Row] | None:
    """The embedding and the output head, if both are stored as plain matrices."""
    of: dict[str, Row] = {}
    for index, tensor in found.tensors:
        place = placed(tensor.name)
        role = "embedding" if tensor.name in ("shared.weight", "model.shared.weight") else place.role
        if role in ("embedding", "head") and place.kind == "weight" and len(tensor.shape) == 2:
            of.setdefault(role, (index, tensor))
    return (of["embedding"], of["head"]) if len(of) == 2 else None


def _alike(left: TensorSummary, right: TensorSummary) -> bool:
    """Whether two matrices of different types may hold the same numbers, rounded."""
    if left.dtype == right.dtype or left.shape != right.shape:
        return False
    pairs = [(left.deviation, right.deviation), *zip(left.quantiles, right.quantiles, strict=False)]
    return all(
        one is not None and other is not None and abs(one - other) <= 0.02 * max(abs(one), abs(other), 1e-9)
        for one, other in pairs
    )
