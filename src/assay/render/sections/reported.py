"""What other tools reported of the model: each with its file's digest, apart from what assay measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.dossier import Dossier
from assay.facts.reported import Reported, ReportedRow
from assay.render.page import fragment
from assay.render.sections import View
from assay.render.visible import escaped

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 200  # rows on a page
CAUTION = (
    "These are the words of the reports; assay did not measure them, and cannot tell whether they are of this model."
)


def text(reports: tuple[Reported, ...], dossier: Dossier) -> Iterator[str]:
    """Who reported what, and how much of it is by means that are known to be weak."""
    for row in reports:
        failed = sum(one.failures or 0 for one in row.rows)
        weak = sum(bool(one.weak) for one in row.rows)
        yield (
            f"{row.by} of {row.model or 'a model that it does not name'}: {len(row.rows):,} numbers, {failed:,}"
            f" failures{f', {weak:,} by means that are known to be weak' if weak else ''}"
            f" ({row.file}, sha256 {row.sha256[:12]})"
        )


def markdown(reports: tuple[Reported, ...], dossier: Dossier) -> Iterator[str]:
    """The same lines, and whose words they are."""
    yield from (f"- {escaped(row)}" for row in (*text(reports, dossier), CAUTION))


def html(reports: tuple[Reported, ...], dossier: Dossier) -> Markup:
    """The same as a table for each report."""
    lines = zip(reports, text(reports, dossier), strict=True)
    return fragment("sections/reported.html.j2", reports=list(lines), caution=CAUTION, most=MOST, amount=amount)


def amount(row: ReportedRow) -> str:
    """A number of a report, and of how many tries."""
    return f"{row.value:.4g}" if row.count is None else f"{row.value:.4g} (n {row.count:,})"


def again(reports: tuple[Reported, ...]) -> str:
    """The files that were given; where they lie is not known."""
    from assay.render.words import quoted

    return "".join(f" --reported {quoted(row.file)}" for row in reports)


VIEW = View("reported", "hallucination", "What other tools reported", text, markdown, html, again)
