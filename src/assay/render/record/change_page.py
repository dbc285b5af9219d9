"""Two audits compared, as one page: both verdicts and all answers side by side, the layers that moved, then why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from assay.facts.change import Change
from assay.facts.codec import canonical
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.openness import BY_ID
from assay.facts.values import TensorSummary, first_copy
from assay.render import page as shell
from assay.render.card import Card, cards
from assay.render.map import layer_map
from assay.render.page import Link, Part
from assay.render.record.change import file_state, headline
from assay.render.tally import Tally, tally
from assay.render.verdict import said
from assay.render.words import location

MOST_ROWS = 500


class Answers(NamedTuple):
    """One of the five questions in both audits; None where it was not asked."""

    question: str
    before: Card | None
    after: Card | None

    @property
    def differs(self) -> bool:
        """Whether a person reads something else now."""
        rows = [(row.word, row.reply.known, row.reply.counted) if row else None for row in (self.before, self.after)]
        return rows[0] != rows[1]


class Moved(NamedTuple):
    """A tensor of both models: how far its quantiles moved on average, in standard deviations of the first."""

    name: str
    by: float


def page(found: Change, before: Dossier, after: Dossier, links: tuple[Link, ...] = ()) -> bytes:
    """The page as UTF-8; `found` is the change from `before` to `after`, `links` are those of a server."""
    sides = (tally(before), tally(after))
    rows = moved(before.tensors, after.tensors)
    return shell.page(
        "change.html.j2",
        canonical(found),
        "change",
        styles=("record.css",),
        contents=_contents(found, bool(rows)),
        links=links,
        found=found,
        headline=headline(found),
        sides=[(side.dossier, said(side).headline) for side in sides],
        answers=_answers(*sides),
        map=_map(rows),
        moved=rows,
        why=found.because or _moved_words(rows),
        most=MOST_ROWS,
        components=BY_ID,
        file_state=file_state,
        location=location,
    )


def moved(before: Sequence[TensorSummary], after: Sequence[TensorSummary]) -> list[Moved]:
    """The tensors with values that both audits summarised; 0 where their histograms are the same to the last value."""
    was = {row.name: row for row in first_copy(before)}
    found = []
    for row in first_copy(after):
        old = was.get(row.name)
        if old is None or not old.deviation or not old.quantiles or not row.quantiles:
            continue
        if (old.dtype, old.histogram) == (row.dtype, row.histogram):
            found.append(Moved(row.name, 0.0))
            continue
        steps = [abs(one - other) for one, other in zip(old.quantiles, row.quantiles, strict=True)]
        found.append(Moved(row.name, sum(steps) / len(steps) / old.deviation))
    return found


def _moved_words(rows: list[Moved]) -> str:
    """How many tensors hold other values, which a count of files hides; empty where none does."""
    other = sum(row.by > 0 for row in rows)
    return f"{other:,} of {len(rows):,} tensors that both have hold other values." if other else ""


def _map(rows: list[Moved]) -> Markup:
    if not any(row.by for row in rows):
        return Markup("")
    title = "How far the values of each tensor moved (quantiles, in standard deviations)"
    return layer_map(title, rows, lambda row: row.by, lambda value: f"{value:.3g}", relative=False)


def _answers(before: Tally, after: Tally) -> list[Answers]:
    was, now = ({card.reply.question: card for card in cards(side)} for side in (before, after))
    return [Answers(title, was.get(id), now.get(id)) for id, title in QUESTIONS.items() if id in was or id in now]


def _contents(found: Change, mapped: bool) -> tuple[Part, ...]:
    rows = (
        Part("verdict", "What changed"),
        Part("sides", "Before and after"),
        Part("map", "Layers") if mapped else None,
        Part("findings", "Findings", f"{len(found.findings):,}") if found.findings else None,
        Part("files", "Files", f"{len(found.files):,}") if found.files else None,
        Part("licences", "Licence texts", f"{len(found.licences):,}") if found.licences else None,
        Part("components", "Openness") if found.components or found.classes or found.frameworks else None,
        Part("values", "Claims and sizes") if found.claims or found.measured else None,
        Part("rules", "assay and its rules") if found.rules else None,
    )
    return tuple(row for row in rows if row is not None)
