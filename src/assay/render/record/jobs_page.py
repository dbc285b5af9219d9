"""The pages of audits that were started from the workbench: all of them, and one as it goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from assay.facts.codec import encode
from assay.facts.job import Job, State
from assay.facts.kept import KeptAudit
from assay.progress import amount
from assay.render.headline import Headline, Tone
from assay.render.record.workbench import at, page
from assay.text.many import many

# the shape and colour of a state, as of an answer
_LOOKS = {
    State.WAITING: "unknown",
    State.RUNNING: "gaps",
    State.ENDING: "gaps",
    State.DONE: "fine",
    State.FAILED: "fail",
    State.CANCELLED: "none",
    State.INTERRUPTED: "fail",
}
_LIVE = {"connect-src": "'self'"}  # the page asks for events


def jobs(rows: Sequence[Job], *, may: bool) -> bytes:
    """All jobs, the last first; `may`: whoever looks may start and cancel some."""
    open_ = sum(not row.state.ended for row in rows)
    said = f"{many(open_, 'audit')} wait{'s' if open_ == 1 else ''} or run{'s' if open_ == 1 else ''}."
    return page(
        "workbench_jobs.html.j2",
        "/jobs",
        headline=Headline("JOBS", said if rows else "No audit was started from here.", Tone.TELL),
        rows=[(row, _LOOKS[row.state], progress_words(row)) for row in rows],
        may=may,
    )


def job(row: Job, audit: KeptAudit | None, *, may: bool) -> bytes:
    """One job; `audit` is the one that it kept."""
    return page(
        "workbench_job.html.j2",
        "",
        headline=_headline(row, audit),
        job=row,
        look=_LOOKS[row.state],
        words=progress_words(row),
        audit=audit,
        may=may,
        at=at,
        scripts=() if row.state.ended else ("job.js",),
        policy=_LIVE,
    )


def event(row: Job) -> bytes:
    """A job as a server-sent event (HTML Living Standard, "server-sent events"); the last one ends the stream."""
    record: Any = encode(row)
    return f"data: {json.dumps(record | {'words': progress_words(row), 'over': row.state.ended})}\n\n".encode()


def progress_words(row: Job) -> str:
    """How far a job is: `reading, 1.2 of 3.4 GB`; why there is no audit; empty where there is nothing to say."""
    if row.state.ended:
        return row.said
    return f"{row.label}, {amount(row.done, row.total, row.unit)}" if row.label else ""


def _headline(row: Job, audit: KeptAudit | None) -> Headline:
    if audit:
        return Headline("KEPT", f"The audit is kept: {audit.verdict}.", Tone.TELL)
    if row.state in (State.FAILED, State.INTERRUPTED):
        return Headline(
            "NO AUDIT" if row.state is State.FAILED else "INTERRUPTED",
            f"{row.said[:1].upper()}{row.said[1:]}",
            Tone.CARE,
        )
    said = {
        State.WAITING: "It waits until an audit that runs has ended.",
        State.RUNNING: "It runs.",
        State.ENDING: "It is being ended.",
        State.DONE: "It has ended; its audit is not kept here any more.",
        State.CANCELLED: "It was cancelled, and nothing of it is kept.",
    }
    return Headline(str(row.state).upper(), said[row.state], Tone.TELL)
