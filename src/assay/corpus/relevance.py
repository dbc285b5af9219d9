"""BM25 of a document's passage against a text and its prompt: Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009, equation 3.15, with the inverse document frequency of Lucene, which is never
negative.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus.index import AROUND, Index, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

K1, B = 1.2, 0.75
Place = tuple[int, int]  # document and unit


class Relevance:
    """Scores passages; the words of the prompt count as those of the text do.

    Frequencies are those of all shards together and sums have one order, so that how documents are spread over shards
    makes no difference.
    """

    def __init__(self, index: Index, query: Query, prompt: str, holders: NDArray[np.int64]) -> None:
        """Nothing is asked yet; `holders` int64[n] are the documents that have each word of the query."""
        self._index, self._query, self._holders = index, query, holders
        self._prompted = bool(prompt)
        if prompt:
            self._query = Query.of(f"{query.text}\n{prompt}")
        self._weights: list[float] = []  # of each word of the query
        self._scores: dict[Place, float] = {}

    def of(self, document: int, unit: int) -> float:
        """The score of the passage around `unit`."""
        self.prepare([(document, unit)])
        return self._scores[document, unit]

    def prepare(self, places: Iterable[Place]) -> None:
        """Score many passages at once: an index may be far away."""
        wanted = [place for place in dict.fromkeys(places) if place not in self._scores]
        if not wanted:
            return
        tally = self._index.tally(self._query, np.array(wanted, np.int64))
        lengths = 1 - B + B * tally.sizes / (2 * AROUND)
        scores = [0.0] * len(wanted)
        weights = self._of_words()
        for place, word, count in tally.rows.tolist():
            scores[place] += weights[word] * count * (K1 + 1) / (count + K1 * float(lengths[place]))
        self._scores.update(zip(wanted, scores, strict=True))

    def _of_words(self) -> list[float]:
        """The inverse document frequency of each word of the query."""
        if not self._weights:
            holders = self._index.frequencies(self._query)[1] if self._prompted else self._holders
            idf = np.log1p((self._index.documents - holders + 0.5) / (holders + 0.5))
            self._weights = idf.tolist()
        return self._weights
