"""The training data at hand: what each indexed corpus holds, for the checks that compare it with the card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.errors import UsageError
from assay.facts.corpus import CorpusRecord
from assay.measures import Asked, Cost, Material, Measure


def run(material: Material) -> Iterator[CorpusRecord]:
    """The record of each corpus that the request names, of those that are the same one."""
    found = _records(material.request.corpora, offline=material.request.offline)
    yield from {row.sha256: row for row in found}.values()


def ready(asked: Asked) -> None:
    """Raises UsageError where a folder holds no corpus, or a server does not say what it has."""
    _records(asked.corpora, offline=asked.offline)


def _records(corpora: Sequence[str], *, offline: bool) -> tuple[CorpusRecord, ...]:
    from assay import corpus

    found = corpus.open(corpora, offline=offline).records
    for row in found:
        if row.unasked:  # a report must not tell of training data that nobody could look at
            raise UsageError(f"{row.name} did not answer ({row.unasked}): start it, or leave it out")
    return found


MEASURE = Measure("corpora", (), ("CorpusRecord",), Cost.CORPUS, run, ready=ready, given="corpora", reported=True)
