"""BM25 of a document's passage against a text and its prompt: Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009, equation 3.15, with the inverse document frequency of Lucene, which is never
negative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.corpus.matching import numbered
from assay.corpus.reading import ShardFile
from assay.kernels import words
from assay.kernels.words import Words

K1, B = 1.2, 0.75
AROUND = 200  # words on each side of a match: the passage stands for the document, whatever its length


class Relevance:
    """Scores passages; the words of the prompt count as those of the text do."""

    def __init__(self, shards: Sequence[ShardFile], found: Words, prompt: str) -> None:
        self._shards, self._text = shards, found
        self._prompt = words.split(prompt.encode("utf-8", "replace")) if prompt else None
        self._weights: dict[int, dict[int, float]] = {}
        self._scores: dict[tuple[int, int, int], float] = {}

    def of(self, shard: int, document: int, unit: int) -> float:
        """The score of the passage around `unit`."""
        key = (shard, document, unit)
        if key not in self._scores:
            self._scores[key] = self._score(*key)
        return self._scores[key]

    def _score(self, number: int, document: int, unit: int) -> float:
        shard = self._shards[number]
        first, last = shard.first_unit(document), shard.first_unit(document + 1) - 1
        low, high = max(first, unit - AROUND), min(last, unit + AROUND)
        with shard.guarded():
            raw = shard.ask.units(low, high)
        ids, times = np.unique(np.frombuffer(raw, np.uint32), return_counts=True)
        weights = self._of_shard(number)
        length = 1 - B + B * (high - low) / (2 * AROUND)
        return float(
            sum(
                weights[id] * count * (K1 + 1) / (count + K1 * length)
                for id, count in zip(ids.tolist(), times.tolist(), strict=True)
                if id in weights
            )
        )

    def _of_shard(self, number: int) -> dict[int, float]:
        """The inverse document frequency of each word asked for, by its number in the shard."""
        if number not in self._weights:
            shard = self._shards[number]
            asked = numbered(shard, self._text)
            if self._prompt is not None:
                asked += numbered(shard, self._prompt)
            ids = np.unique(np.frombuffer(asked, np.uint32))
            with shard.guarded():
                _, raw = shard.ask.frequencies(ids.tobytes())
            documents = np.frombuffer(raw, np.uint32).astype(np.float64)
            idf = np.log1p((shard.documents - documents + 0.5) / (documents + 0.5))
            self._weights[number] = {id: weight for id, weight in zip(ids.tolist(), idf.tolist(), strict=True) if id}
        return self._weights[number]
