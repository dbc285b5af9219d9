"""What a stranger asks of a page first, in a line each below its verdict: to decide, not known, licence, changed."""

from __future__ import annotations

from assay.lazy import dataclass
from assay.render.answer import Reply
from assay.render.decision import Weight
from assay.render.tally import Tally

MOST_NAMED = 3  # things of a line; of more the number is said
MOST_LETTERS = 90  # of a thing


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its word, and what it says as (text, anchor); `command` is what would say it, `more` is left out."""

    id: str
    word: str
    named: tuple[tuple[str, str], ...] = ()
    more: int = 0
    command: str = ""


def brief(found: Tally, replies: tuple[Reply, ...]) -> tuple[Line, ...]:
    """The lines that there is something to say in; what changed is always among them."""
    licences = [
        (row.known.removeprefix("Licence "), f"card-{row.question}")
        for row in replies
        if row.question == "openness" and row.known
    ]
    blocked = any(row.weight is Weight.BLOCKS for row in found.matters)
    rows = (
        _line("decide", "In the way" if blocked else "To decide", [(row.what, row.anchor, 1) for row in found.matters]),
        _line(
            "unknown", "Not known", [(row.what, f"u-{at}", len(row.checks)) for at, row in enumerate(found.unknowns)]
        ),
        _line("licence", "Licence", [(*row, 1) for row in licences]),
    )
    return (*(row for row in rows if row.named), _changed(found))


def _line(id: str, word: str, things: list[tuple[str, str, int]]) -> Line:
    """A line of things, each (text, anchor, how many it counts for), so that the line adds up to what was counted."""
    named = tuple(
        (f"{_cut(text)}{f' ({count:,})' if count > 1 else ''}", anchor) for text, anchor, count in things[:MOST_NAMED]
    )
    return Line(f"brief-{id}", word, named, sum(count for _, _, count in things[MOST_NAMED:]))


def _changed(found: Tally) -> Line:
    """Against a base, where one was given; otherwise how to tell, for one audit does not know another."""
    compared = found.dossier.comparison
    if compared is not None:
        return _line("changed", "Changed", [(f"{compared.relation}, against {compared.base}", "part-comparison", 1)])
    return Line("brief-changed", "Changed", command="assay compare OLD.html NEW.html")


def _cut(text: str) -> str:
    """A thing up to its last whole word."""
    if len(text) <= MOST_LETTERS:
        return text
    start = text[:MOST_LETTERS]
    return (start.rpartition(" ")[0] or start).rstrip(",;: '\"") + " …"
