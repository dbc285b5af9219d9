"""Memorisation as one page: the answer, shares with their intervals as bars, then what was repeated."""

from __future__ import annotations

from assay.facts.codec import canonical
from assay.facts.memorisation import Memorisation
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.memorisation import CAUTIONS, corpora_words, headline, often
from assay.render.svg import shares

MOST_ROWS = 500


def page(found: Memorisation) -> bytes:
    """The page as UTF-8."""
    groups = [row for row in (*found.groups, *filter(None, [found.held_out])) if row.passages]
    rows = [
        (
            often(row),
            row.repeated / row.passages,
            row.share_low,
            row.share_high,
            f"{row.repeated:,} of {row.passages:,}, 95 % {100 * row.share_low:.1f} to {100 * row.share_high:.1f} %",
        )
        for row in groups
    ]
    return shell.page(
        "memorisation.html.j2",
        canonical(found),
        "memorisation",
        styles=("record.css",),
        contents=_contents(found),
        found=found,
        headline=headline(found),
        picture=shares("Passages that come back word for word, by how often they occur in the corpora", rows),
        groups=groups,
        often=often,
        corpora=corpora_words(found),
        cautions=CAUTIONS,
        most=MOST_ROWS,
    )


def _contents(found: Memorisation) -> tuple[Part, ...]:
    rows = (
        Part("verdict", "How much it repeats"),
        Part("groups", "By how often", f"{len(found.groups):,}"),
        Part("canaries", "Canaries") if found.canaries else None,
        Part("told", "Membership") if found.told else None,
        Part("free", "Texts of its own") if found.free else None,
        Part("repeated", "Repeated", f"{len(found.repeated):,}") if found.repeated else None,
        Part("missing", "Not known", f"{len(found.missing):,}") if found.missing else None,
    )
    return tuple(row for row in rows if row is not None)
