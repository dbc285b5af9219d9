"""Does it know less in a language that its card claims?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import open_, places
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer, passed, review, unknown
from assay.facts.interval import wilson

_REMEDY = "Ask it in each language that the card claims what it is for: what assay asks is too hard for it."


@check(
    "behaviour.language-overstated",
    title="Does it know less in a language that its card claims?",
    severity=3.0,
    remedy="Say in the card how well it does in each language, or claim fewer.",
)
def behaviour_language_overstated(behaviour: Behaviour) -> Iterator[Answer]:
    """A language in the front matter of a card promises that the model is of use in it.

    The same twelve facts are asked in each claimed language that assay has questions in. For review where the 95 %
    interval of the share of right answers lies wholly below that in English; open where so little is right in English
    that no right answer at all would not lie below it.
    """
    row = behaviour.probe("languages")
    english = row.estimate("right.en") if row else None
    if row is None or english is None:
        yield from open_(row)
        return
    for found in row.estimates[1:]:
        said = f"{found.words}; {english.words}"
        if found.high < english.low:
            yield review(said, *places(row))
        elif wilson(0, found.count)[1] < english.low:
            yield passed(said)
        else:
            yield unknown(f"too little is right in English for less to show: {said}", remedy=_REMEDY)
