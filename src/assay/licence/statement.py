"""What is stated about a licence, by whom: of several statements the one that counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from assay.facts.corpus import Licence, LicenceBasis, LicenceClass
from assay.facts.text import Stated
from assay.licence.name import named
from assay.licence.term import asks

MOST_DECLARED = 150  # words of a file that only declares its licence

Declared = tuple[tuple[str, Stated], ...]  # artifact and claim

# what people write where they name no licence
_NOTHING = frozenset(
    {"", "unknown", "other", "none", "n/a", "na", "null", "various", "mixed", "see license", "unspecified"}
)


def says_nothing(text: str) -> bool:
    """Whether a field for a licence was filled with a word that names none, such as the hub's `other`."""
    return text.strip().casefold() in _NOTHING


def declared(stated: Callable[[str], Declared]) -> Declared:
    """(artifact, claim) for each licence that is declared.

    A tag that names no licence, such as the hub's `other`, gives way to the name or the address beside it. Where there
    is no tag, a sentence of the card that names a known licence counts.

    Args:
        stated: what cards and weight files state under a key (`Model.stated`).
    """
    tags, names, links = (stated(key) for key in ("license", "license_name", "license_link"))
    rows = tuple((artifact, _telling(artifact, tag, names, links)) for artifact, tag in tags)
    if not rows:
        rows = tuple(in_prose(stated("license_in_prose")))
    return tuple(row for row in rows if not says_nothing(row[1].text)) or rows


def in_prose(sentences: Declared) -> Iterator[tuple[str, Stated]]:
    """The known licences that sentences begin to name: "MIT license, see below" names MIT."""
    for artifact, claim in sentences:
        words = claim.text.split()
        for stop in range(len(words), 0, -1):
            written = re.sub(r"\W*(?:licen[cs]e)?\W*\Z", "", " ".join(words[:stop]), flags=re.IGNORECASE)
            if named(written):
                yield artifact, replace(claim, text=written)
                break


def _telling(artifact: str, tag: Stated, names: Declared, links: Declared) -> Stated:
    if not says_nothing(tag.text):
        return tag
    beside = [claim for place, claim in (*names, *links) if place == artifact]
    own_name = next((claim for place, claim in names if place == artifact), tag)
    return next((claim for claim in beside if named(claim.text)), own_name)


def of_document(document: str, asserted: str = "", card: str = "", croissant: str = "") -> Licence:
    """The licence of a document from what it says itself, what a user asserts, and what card and Croissant file say.

    The document's own word comes first, then the user's, the Croissant file's and the card's. Where two of them name
    different licences the class is CONFLICTING.
    """
    sources = (
        (document, LicenceBasis.DOCUMENT),
        (asserted, LicenceBasis.ASSERTED),
        (croissant, LicenceBasis.CROISSANT),
        (card, LicenceBasis.DATASET_CARD),
    )
    stated = [(text.strip(), basis) for text, basis in sources if not says_nothing(text)]
    if not stated:
        return Licence(next((text for text, _ in sources if text), ""), "", LicenceBasis.UNKNOWN, LicenceClass.UNKNOWN)
    text, basis = stated[0]
    found = {named(other) or other.casefold() for other, _ in stated}
    kind = LicenceClass.CONFLICTING if len(found) > 1 else asks(text)
    return Licence(text, named(text), basis, kind)
