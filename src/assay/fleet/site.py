"""A static site of kept models: what changed since the last time, and a page for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.errors import Stopped, UsageError
from assay.facts.dossier import Dossier
from assay.facts.fleet_change import FleetChange
from assay.facts.kept import KeptAudit
from assay.fleet.diff import WORST, compared, row_of
from assay.pipeline.change import change
from assay.progress import Progress
from assay.registry import Registry
from assay.render.record import site
from assay.writing import reason, write

MOST_HISTORY = 50  # audits of a model on its page
BEFORE = "the audit before"


def written(
    registry: Registry,
    folder: Path,
    *,
    query: Sequence[str] = (),
    since: tuple[str, str] | None = None,
    reports: bool = False,
    most: int = 10_000,
    progress: Progress | None = None,
) -> FleetChange:
    """Write the site of the kept models that a query fits, and return what became of them.

    Args:
        since: a time as registries write it, and how it is called; by default each is compared with its audit before.
        reports: write the whole report of each, too.
        most: the models that were kept last.
    """
    audits = registry.audits(*query, most=most + 1)
    shown, more = audits[:most], len(audits) > most
    then = {row.name: row for row in registry.as_of(since[0])} if since else None
    _made(folder / "models", *([folder / "reports"] if reports else []))
    rows: list[site.Shown] = []
    was: list[KeptAudit] = []
    for done, descent in enumerate(registry.descents(shown), 1):
        audit = descent.audit
        history = registry.history(audit.name, MOST_HISTORY)
        older = then.get(audit.name) if then is not None else next(iter(history[1:]), None)
        was += [older] if older else []
        dossier = registry.dossier(audit)
        changed = change(registry.dossier(older), dossier) if older and older.dossier != audit.dossier else None
        number = len(history) if len(history) < MOST_HISTORY else registry.count(audit.name)
        row = site.Shown(descent, tuple(history), number, changed, reports)
        write(folder / "models" / row.file, site.model(row, dossier))
        if reports:
            write(folder / "reports" / row.file, dossier.render("html").encode())
        rows.append(row)
        if progress and progress("writing", done, len(shown), "pages"):
            raise Stopped("writing", done, len(shown), "pages")

    def read(digest: str) -> Dossier:
        return registry.dossier(registry.one(digest))

    found = compared(since[1] if since else BEFORE, "now", list(map(row_of, was)), list(map(row_of, shown)), read)
    write(folder / "index.html", site.index(sorted(rows, key=_worst), found, more))
    return found


def _made(*folders: Path) -> None:
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise UsageError(f"cannot write {folder}: {reason(cause)}") from None


def _worst(row: site.Shown) -> tuple[int, str]:
    return WORST.index(row.audit.verdict), row.audit.name.casefold()
