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


def run(material: Material) -> Iterator[TokenReview]:
    """The review of each copy's embedding, where its values were read and its vocabulary is known."""
    summaries = [row for row in material.all("TensorSummary") if placed(row.name).role == "embedding"]
    if not summaries or not material.all("Vocabulary"):
        return
    from assay.weights import tensors
    from assay.weights.embedding import reviewed

    for index, found in tensors(material.walk, _decoders(material)):
        summary = next((row for row in summaries if (row.artifact, row.name) == (index.artifact, found.name)), None)
        vocabulary = beside(index.artifact, material.all("Vocabulary"))
        if summary is None or vocabulary is None or len(found.shape) != 2:
            continue
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
