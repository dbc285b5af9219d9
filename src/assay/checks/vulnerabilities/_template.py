"""Answers about what a chat template did when it was rendered."""

from __future__ import annotations

from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.text import Conduct, Conducted, TemplateTrial


def steers(done: Conducted) -> bool:
    """Whether published templates do it too: count turns, begin the answer, read directives in a system prompt."""
    return (
        done.conduct is Conduct.COUNTS
        or (done.conduct is Conduct.PREFILLS and "://" not in done.message)
        or "as system prompt or earlier answer" in done.message
    )


def told(trial: TemplateTrial, done: Conducted, kind: Kind) -> Answer:
    """One thing that a template did, as an answer."""
    where = f"{trial.artifact} {trial.pointer}".strip()
    place = Evidence(
        trial.artifact,
        done.trigger or done.message,
        pointer=trial.pointer or None,
        name=f"{done.conduct}: {done.trigger}",
    )
    more = f"; {done.more:,} more probes show it" if done.more else ""
    return Answer(kind, f"{where} {done.conduct}: {done.message}{more}", (place,))
