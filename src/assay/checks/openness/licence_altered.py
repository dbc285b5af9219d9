"""Does a licence text differ from the licence that it looks like?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import not_read, own_words, unlike
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review
from assay.facts.model import Model
from assay.facts.text import Difference, DifferenceKind
from assay.licence.tag import short

MOST = 8  # places that a finding shows


@check(
    "licence.altered",
    title="Does a licence text differ from the licence that it looks like?",
    severity=5.0,
    remedy="Read the places that differ: a clause added to a permissive licence can take back what the name promises.",
    of_bytes=True,
)
def licence_altered(model: Model) -> Iterator[Answer]:
    """A clause added to a permissive licence can take back what the name promises.

    The text is compared word by word with the licence it holds; names, years, marks of lists and line breaks are left
    out of the comparison, and so are titles and instructions that need not be copied. One word put in, taken out or
    changed is a difference. What stands beside the licence counts if it permits, forbids or asks for something. A
    licence that is known by its name alone is not compared, and that is said; so is a text that is like none.
    """
    lost = tuple(not_read(model))
    yield from lost
    if not lost and not model.licence_texts:
        yield Answer(Kind.NOT_APPLICABLE, "there is no licence text to compare")
    for text in model.licence_texts:
        names = ", ".join(map(short, text.identified))
        if text.differences:
            yield review(
                f"{text.artifact} is {names} with {_counted(text.differences)}",
                *(
                    Evidence(text.artifact, f"{gap.kind}: {gap.text}", line=gap.line, name=gap.kind)
                    for gap in text.differences[:MOST]
                ),
            )
        elif text.complete:
            yield passed(f"{text.artifact} is {names}, word for word", Evidence(text.artifact, text.first_line, line=1))
        elif text.identified:
            by_title = ", ".join(map(short, text.by_title))
            yield informational(
                f"{text.artifact} is {by_title} by title; its text is not known to assay and was not compared",
                Evidence(text.artifact, text.first_line, line=1),
            )
        else:
            yield informational(f"{text.artifact} is {unlike(text)}", own_words(text))


def _counted(gaps: tuple[Difference, ...]) -> str:
    """For example "2 passages put in (31 words), 1 missing (12 words)"."""
    words = {DifferenceKind.INSERTED: "put in", DifferenceKind.MISSING: "missing", DifferenceKind.BESIDE: "beside it"}
    rows = []
    for kind, said in words.items():
        mine = [gap for gap in gaps if gap.kind is kind]
        if mine:
            total = sum(gap.words for gap in mine)
            passages, words_ = ("passage" if len(mine) == 1 else "passages"), ("word" if total == 1 else "words")
            rows.append(f"{len(mine)} {passages} {said} ({total:,} {words_})")
    return ", ".join(rows)
