"""Kept models as a static site: an index, and a page for each; every link is relative, and nothing is fetched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from assay.facts.change import Change
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Finding
from assay.facts.fleet_change import Became, FleetChange
from assay.facts.kept import KeptAudit
from assay.facts.kin import Descent
from assay.lazy import dataclass
from assay.render import page as shell
from assay.render.headline import Headline, Tone
from assay.render.page import Part
from assay.render.record.change import file_state
from assay.render.record.descent import inherited, licences
from assay.render.record.descent import lines as bases
from assay.render.record.fleet_change import headline as of_change
from assay.render.record.kept import NONE, look, numbers, on_a_page

MOST_ROWS = 500  # findings, files or audits on the page of a model


@dataclass(frozen=True, slots=True)
class Shown:
    """A model of the site: what it comes from, its latest of `audits` audits, and what differs from the last time.

    `change` is None where there is nothing to compare with. `report` says that its whole report lies beside the page.
    """

    descent: Descent
    history: tuple[KeptAudit, ...]
    audits: int
    change: Change | None
    report: bool

    @property
    def audit(self) -> KeptAudit:
        """Its latest audit."""
        return self.descent.audit

    @property
    def file(self) -> str:
        """The name of its page."""
        return file(self.audit.name)


def file(name: str) -> str:
    """The file of a model's page: letters of its name that any system takes, and a digest that tells names apart."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:60]
    return f"{plain or 'model'}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:12]}.html"


def index(rows: Sequence[Shown], found: FleetChange, more: bool) -> bytes:
    """The first page: what changed, then every model.

    Args:
        rows: the models, in the order of the page.
        found: what became of them.
        more: whether models that were kept earlier are left out.
    """
    files = {row.audit.name: row.file for row in rows}
    return shell.page(
        "site_index.html.j2",
        b"",
        "",
        styles=("record.css",),
        contents=(
            Part("verdict", "Now"),
            Part("changed", "What changed", f"{len(found.rows):,}"),
            Part("models", "Models", f"{len(rows):,}"),
        ),
        rows=[(row, row.audit, look(row.audit), tuple(inherited(row.descent))) for row in rows],
        headline=_now(rows, more),
        change=of_change(found),
        found=found,
        files=files,
        worse=Became.WORSE,
        numbers=numbers,
        licences=licences,
    )


def model(row: Shown, dossier: Dossier) -> bytes:
    """The page of one model; `dossier` is that of its latest audit."""
    audit = row.audit
    said = f"{numbers(audit)}, by the policy {audit.policy}."
    return shell.page(
        "site_model.html.j2",
        b"",
        "",
        styles=("record.css",),
        contents=tuple(_parts(row, dossier)),
        row=row,
        audit=audit,
        headline=Headline(audit.verdict, said, on_a_page(audit)),
        findings=_deciding(dossier),
        bases=tuple(bases(row.descent)),
        licences=licences(row.descent.licences),
        file_state=file_state,
        most=MOST_ROWS,
    )


def _now(rows: Sequence[Shown], more: bool) -> Headline:
    if not rows:
        return NONE
    often = {verdict: sum(row.audit.verdict == verdict for row in rows) for verdict in Verdict}
    worst = next((verdict for verdict in (Verdict.FAILED, Verdict.INCOMPLETE) if often[verdict]), Verdict.PASSED)
    said = ", ".join(f"{number:,} {verdict}" for verdict, number in often.items() if number)
    left = " Models that were kept earlier are left out." if more else ""
    tones = {on_a_page(row.audit) for row in rows if row.audit.verdict == worst}
    return Headline(worst, f"{len(rows):,} models: {said}.{left}", Tone.CARE if Tone.CARE in tones else tones.pop())


def _deciding(dossier: Dossier) -> Sequence[tuple[Finding, str]]:
    return [(row, dossier.remedy(row)) for row in dossier.blocking]


def _parts(row: Shown, dossier: Dossier) -> Iterator[Part]:
    yield Part("verdict", "Verdict")
    if row.change and not row.change.same:
        yield Part("changed", "What changed")
    if dossier.blocking:
        yield Part("findings", "What decides", f"{len(dossier.blocking):,}")
    if row.descent.origins:
        yield Part("bases", "Bases")
    yield Part("history", "History", f"{row.audits:,}")
