"""The page of what the workbench runs with."""

from __future__ import annotations

from collections.abc import Sequence

from assay.facts.setting import DEFAULT, FIXED, Settings
from assay.render.headline import Headline, Tone
from assay.render.record.workbench import page as bench_page
from assay.text.many import many


def page(groups: Sequence[Settings]) -> bytes:
    """All values, each with where it comes from; nothing is changed here."""
    rows = [row for group in groups for row in group.rows]
    chosen = sum(row.origin not in (DEFAULT, FIXED) for row in rows)
    said = f"{many(len(rows), 'value')}, {chosen:,} of them chosen here, the others as assay has them."
    return bench_page(
        "workbench_settings.html.j2",
        "/settings",
        headline=Headline("SETTINGS", said, Tone.TELL),
        groups=groups,
        plain=(DEFAULT, FIXED),
    )
