"""Does it know less in a language that its card claims?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import open_, places
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer, passed, review


@check(
    "behaviour.language-overstated",
    title="Does it know less in a language that its card claims?",
    severity=3.0,
    remedy="Say in the card how well it does in each language, or claim fewer.",
)
def behaviour_language_overstated(behaviour: Behaviour) -> Iterator[Answer]:
    """A language in the front matter of a card promises that the model is of use in it.

    The same eight facts are asked in each claimed language that assay has questions in. For review where the 95 %
    interval of the share of right answers lies wholly below that in English.
    """
    row = behaviour.probe("languages")
    english = row.estimate("right.en") if row else None
    if row is None or english is None:
        yield from open_(row)
        return
    for found in row.estimates[1:]:
        said = f"{found.words}; {english.words}"
        yield review(said, *places(row)) if found.high < english.low else passed(said)
