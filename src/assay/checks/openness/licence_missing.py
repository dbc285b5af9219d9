"""Does the model come without a licence?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import not_read, place
from assay.facts.finding import Answer, Evidence, informational, passed, review, unknown
from assay.facts.model import Model
from assay.licence.statement import declared
from assay.licence.tag import short

MOST = 8  # places that a finding shows


@check(
    "licence.missing",
    title="Does the model come without a licence?",
    severity=5.0,
    remedy="Without a licence text there is no permission to rely on. Ask the publisher to add LICENSE beside the "
    "weights.",
    references=("MOF 1.0: licences", "SPDX 3.0 licensing"),
)
def licence_missing(model: Model) -> Iterator[Answer]:
    """No licence means that all rights are reserved, whatever the download button suggests.

    A tag in the card or in GGUF metadata is a claim about a licence; the text is the licence. A tag without its text is
    for review; neither is open. A licence file that is there and could not be read is said with the reason. Licence
    texts in folders, and licences that files of code name for themselves, are of those parts, and said as such.
    """
    tags, found = declared(model.stated), model.licence_texts
    places = [place(artifact, claim.text, claim.line) for artifact, claim in tags[:5]]
    lost = tuple(not_read(model, follows=""))
    yield from lost
    if found:
        named = ", ".join(", ".join(map(short, text.identified)) or f"unidentified ({text.artifact})" for text in found)
        yield passed(
            f"licence text: {named}", *(Evidence(text.artifact, text.first_line, line=1) for text in found), *places
        )
    elif tags and not lost:
        yield review(f"licence {tags[0][1].text!r} is claimed, its text is not among the files", *places)
    elif not lost:
        yield unknown("no licence is stated, in no card, metadata or file")
    yield from _of_parts(model)


def _of_parts(model: Model) -> Iterator[Answer]:
    """The licences of what lies in folders, and of files of code that name their own: none of them is the model's."""
    rows = [
        (text.artifact, ", ".join(map(short, text.identified)) or "unidentified", 1) for text in model.licences_of_parts
    ]
    rows += [(row.artifact, row.licence, row.licence_line) for row in model.sources if row.licence]
    if rows:
        said = ", ".join(f"{artifact} ({name})" for artifact, name, _ in rows[:3])
        more = f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
        yield informational(
            f"of parts, and not of the model: {said}{more}",
            *(Evidence(artifact, name, line=line) for artifact, name, line in rows[:MOST]),
        )
