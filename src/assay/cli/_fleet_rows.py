"""The rows of a fleet as its commands write them, and the exit status that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.cli._several import NOT_AUDITED, worst
from assay.cli._streams import encoded, looks, put
from assay.cli.audit import STATUS
from assay.facts.codec import canonical
from assay.facts.dossier import Verdict
from assay.facts.fleet import FleetRow


def write_rows(rows: Sequence[FleetRow], format: str, path: Path | None, *, quiet: bool, verbose: bool = False) -> None:
    """Write them as JSON, Markdown or text; with `quiet` the first line of a text."""
    from assay.render.record.fleet import headline, lines, markdown

    if format == "json":
        put(canonical(rows), path)
    elif format == "markdown":
        put(encoded(markdown(rows)), path)
    else:
        told = [headline(rows).line] if quiet else lines(rows, *looks(path), verbose=verbose)
        put(encoded(told, fold=path is None and not quiet), path)


def status_of(rows: Sequence[FleetRow]) -> int:
    """The exit status of one model or more."""
    return worst([STATUS[Verdict(row.audit.verdict)] if row.audit else NOT_AUDITED for row in rows])
