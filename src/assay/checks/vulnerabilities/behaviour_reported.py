"""Did another tool report failures?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational
from assay.facts.reported import Reported

SHOWN = 10


@check(
    "behaviour.reported",
    title="Did another tool report failures?",
    severity=3.0,
    remedy="Read the report itself, and how its tool counts; a number by means that are known to be weak says little.",
)
def behaviour_reported(report: Reported) -> Iterator[Answer]:
    """What garak, inspect_ai, lm-evaluation-harness or promptfoo reported is taken in as what it is: their words.

    Nothing of it is mixed with what assay measured, and whether the report is of this model cannot be told: it has no
    digest of the weights. Named are the tests with the most failures, and what is known to be weak about how a number
    was made.
    """
    failed = sorted((row for row in report.rows if row.failures), key=lambda row: -(row.failures or 0))
    weak = sum(bool(row.weak) for row in report.rows)
    places = (
        Evidence(
            report.file,
            f"{row.metric}: {row.failures:,} failures of {row.count or 0:,}{f'; weak: {row.weak}' if row.weak else ''}",
            name=row.test,
        )
        for row in failed[:SHOWN]
    )
    yield informational(
        f"{report.by}: failures in {len(failed):,} of {len(report.rows):,} numbers"
        f"{f', {weak:,} of them by means that are known to be weak' if weak else ''} (sha256 {report.sha256[:12]})",
        *places,
    )
