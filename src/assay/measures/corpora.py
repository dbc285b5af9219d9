"""The training data at hand: what each indexed corpus holds, for the checks that compare it with the card."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.corpus import CorpusRecord
from assay.measures import Asked, Cost, Material, Measure


def run(material: Material) -> Iterator[CorpusRecord]:
    """The record of each corpus that the request names."""
    from assay import corpus

    yield from corpus.open(material.request.corpora, offline=material.request.offline).records


def ready(asked: Asked) -> None:
    """Raises UsageError where a folder holds no corpus."""
    from assay import corpus

    corpus.open(asked.corpora, offline=asked.offline)


MEASURE = Measure("corpora", (), ("CorpusRecord",), Cost.CORPUS, run, ready=ready, given="corpora", reported=True)
