"""Which sentences are of a well-known licence by their words, and so no condition of an unknown text's own."""

from __future__ import annotations

from collections.abc import Sequence

from assay.licence.index import KNOWN, hashes
from assay.licence.words import words

ENOUGH = 50  # percent of a sentence's runs of words
# licences of the SPDX list of which a sentence is no usual one
_RESTRICTING = ("CC-BY-NC", "CC-BY-ND", "BUSL", "Elastic", "SSPL", "PolyForm", "LicenseRef-")


def usual(sentences: Sequence[str]) -> list[bool]:
    """Of each sentence, whether most of its runs of five words stand in licences of the SPDX list; a sentence of fewer
    words is a heading, and usual.
    """
    rows = [hashes([word.text for word in words(sentence)]) for sentence in sentences]
    asked = {run for row in rows for run in row}
    known: set[int] = set()
    for entry in KNOWN if asked else ():
        if not entry.id.startswith(_RESTRICTING):
            known |= asked.intersection(entry.hashes)
    return [100 * sum(run in known for run in row) >= ENOUGH * len(row) for row in rows]
