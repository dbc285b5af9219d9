"""The pages of waivers in the registry: who accepted what, and the form that accepts a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.facts.kept import Accepted, KeptAudit
from assay.render.headline import Headline, Tone
from assay.render.record.workbench import at, page
from assay.text.many import many

FIELDS = ("check", "artifact", "reason", "owner", "expires")  # of the form


def waivers(rows: Sequence[Accepted], model: str, *, may: bool, today: str) -> bytes:
    """The waivers of one model, or of all, the last first.

    Args:
        may: whoever looks may take one back.
        today: the date (UTC), by which some are over.
    """
    count = sum(not row.ended_at and row.expires >= today for row in rows)
    said = f"{many(count, 'waiver')} that count{'s' if count == 1 else ''}."
    return page(
        "workbench_waivers.html.j2",
        "/waivers",
        headline=Headline("WAIVED" if count else "NONE", said, Tone.TELL),
        rows=[(row, _state(row, today)) for row in reversed(rows)],
        model=model,
        may=may,
    )


def new(audit: KeptAudit, given: Mapping[str, str], trouble: str = "") -> bytes:
    """The form that accepts findings of an audit; `trouble` says why what was `given` is not taken."""
    said = "It is recorded with your reason, and holds for exactly the files of this audit."
    head = Headline("NOT RECORDED", f"{trouble[:1].upper()}{trouble[1:]}", Tone.CARE) if trouble else None
    return page(
        "workbench_waive.html.j2",
        "",
        headline=head or Headline("ACCEPT", said, Tone.TELL),
        audit=audit,
        given={name: given.get(name, "") for name in FIELDS},
        at=at,
    )


def _state(row: Accepted, today: str) -> str:
    if row.ended_at:
        return "taken back"
    return "over" if row.expires < today else "counts"
