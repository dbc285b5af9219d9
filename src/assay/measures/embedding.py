"""The embedding against itself: rows that no text seems to have trained."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.facts.artifact import INSIDE
from assay.facts.model import beside
from assay.facts.role import placed
from assay.facts.tensor import WeightIndex
from assay.facts.values import TokenReview
from assay.measures import Cost, Material, Measure

MOST = 64  # embeddings reviewed: a model has one or two in each copy, and each takes some 50 ms


def run(material: Material) -> Iterator[TokenReview]:
    """The review of each copy's embedding, where its values were read and its vocabulary is known; of so many."""
    rows = [row for row in material.all("TensorSummary") if placed(row.name).role == "embedding"]
    summaries = {(row.artifact, row.name): row for row in rows}
    if not summaries or not material.all("Vocabulary"):
        return
    from assay.weights import tensors
    from assay.weights.embedding import reviewed

    number = 0
    for index, found in tensors(material.walk, _decoders(material), material.progress):
        summary = summaries.get((index.artifact, found.name))
        if summary is None or len(found.shape) != 2:
            continue
        if (number := number + 1) > MOST:
            reason = f"it comes after the {MOST} embeddings that assay reviews"
            yield TokenReview(summary.artifact, summary.name, found.rows, (), (), 0, 0, reason)
            return
        vocabulary = beside(index.artifact, material.all("Vocabulary"))
        assert vocabulary is not None
        tokenizer = beside(index.artifact, [row for row in material.all("Tokenizer") if INSIDE not in row.artifact])
        try:
            yield reviewed(summary, found, vocabulary, tokenizer)
        except InputError as cause:
            yield TokenReview(summary.artifact, summary.name, found.rows, (), (), 0, 0, str(cause))


def _decoders(material: Material) -> tuple[WeightIndex, ...]:
    return tuple(index for index in material.all("WeightIndex") if index.decoder)


MEASURE = Measure(
    "embedding", ("WeightIndex", "TensorSummary", "Vocabulary", "Tokenizer"), ("TokenReview",), Cost.WEIGHTS, run
)
