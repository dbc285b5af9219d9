"""Is a known licence text longer or shorter than it should be?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import main_texts
from assay.facts.finding import Answer, Evidence, informational, passed, review
from assay.facts.text import LicenceText


@check(
    "licence.altered",
    title="Is a known licence text longer or shorter than it should be?",
    severity=5.0,
    remedy="Compare the file with the licence as its steward publishes it, and read what was added.",
)
def licence_altered(texts: tuple[LicenceText, ...]) -> Iterator[Answer]:
    """A clause added to a permissive licence can take back what the name promises.

    The length of the text is compared with that of the licence. Heuristic: a text of the right length can still have
    been changed, and a long copyright list makes a sound one longer. Several licences in one file are named.
    """
    for text in main_texts(texts):
        place = Evidence(text.artifact, f"{text.words:,} words", line=1, name="length")
        if len(text.identified) > 1:
            yield review(f"{text.artifact} holds several licences: {', '.join(text.identified)}", place)
        elif text.complete:
            yield passed(f"{text.artifact} has the sentences and the length of {text.identified[0]}", place)
        elif text.identified and not text.identified[0].startswith(("LicenseRef", "CC-BY", "CDLA", "OpenMDW")):
            yield review(
                f"{text.artifact} has the sentences of {text.identified[0]} and another length ({text.words:,} words)",
                place,
            )
        elif text.identified:
            yield informational(f"{text.artifact} is {text.identified[0]}; whether it was altered is not judged", place)
