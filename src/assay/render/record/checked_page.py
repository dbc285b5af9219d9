"""A text beside documents as one page: the text with its sentences marked, then each with its reason and passage."""

from __future__ import annotations

from assay.facts.checked import Checked
from assay.facts.codec import canonical
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.checked import ORDER, answer, heard, told

MOST_ROWS = 2000


_ALONE = "No model of language was asked."


def page(found: Checked) -> bytes:
    """The page as UTF-8."""
    rows = [row for support in ORDER for row in found.sentences if row.support is support]
    return shell.page(
        "check.html.j2",
        canonical(found),
        "checked",
        styles=("trace.css", "check.css"),
        contents=(
            Part("verdict", "What they say"),
            Part("text", "The text"),
            Part("sentences", "Sentences", f"{len(found.sentences):,}"),
            Part("documents", "Documents", f"{len(found.documents):,}"),
        ),
        found=found,
        how=" ".join(("By names, numbers, dates, negation and words.", *([] if found.helpers else [_ALONE]))),
        headline=answer(found),
        told=[told(found, row) for row in found.helpers],
        heard=heard,
        pieces=list(_pieces(found)),
        rows=rows[:MOST_ROWS],
        more=len(rows) - MOST_ROWS,
    )


def _pieces(found: Checked) -> list[tuple[str, str, str]]:
    """(text, what the documents say of it as one word, why) of the sentences and what lies between them, in order."""
    rows, at = [], 0
    for row in found.sentences:
        rows.append((found.text[at : row.start], "", ""))
        rows.append((found.text[row.start : row.stop], row.support.value.replace(" ", "-"), row.reason))
        at = row.stop
    return [row for row in [*rows, (found.text[at:], "", "")] if row[0]]
