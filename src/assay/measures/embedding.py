"""The embedding against itself: rows that no text seems to have trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import InputError
from assay.facts.role import placed
from assay.facts.values import TokenReview
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[TokenReview]:
    """The review of each copy's embedding, where its values were read and its vocabulary is known."""
    summaries = [row for row in material.all("TensorSummary") if placed(row.name).role == "embedding"]
    if not summaries or not material.all("Vocabulary"):
        return
    from assay.weights import tensors
    from assay.weights.embedding import reviewed

    for index, found in tensors(material.walk, material.all("WeightIndex")):
        summary = next((row for row in summaries if (row.artifact, row.name) == (index.artifact, found.name)), None)
        if summary is None or len(found.shape) != 2:
            continue
        vocabulary = _beside(index.artifact, material.all("Vocabulary"))
        tokenizer = _beside(index.artifact, material.all("Tokenizer"))
        try:
            yield reviewed(summary, found, vocabulary, tokenizer)
        except InputError as cause:
            yield TokenReview(summary.artifact, summary.name, found.rows, (), (), 0, 0, str(cause))


def _beside(artifact: str, found: tuple[Any, ...]) -> Any:
    """The fact from the same file, else from the same folder, else the first."""
    folder = artifact.rpartition("/")[0]
    return min(
        found, key=lambda fact: (fact.artifact != artifact, fact.artifact.rpartition("/")[0] != folder), default=None
    )


MEASURE = Measure(
    "embedding", ("WeightIndex", "TensorSummary", "Vocabulary", "Tokenizer"), ("TokenReview",), Cost.WEIGHTS, run
)
