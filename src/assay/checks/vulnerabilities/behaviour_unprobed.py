"""Was its behaviour left unprobed?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.behaviour import Behaviour, NotProbed
from assay.facts.finding import Answer, Kind, informational, passed, unknown

_RUN = "Probe it: `assay audit MODEL --probes`, or `assay probe MODEL`."


@check(
    "behaviour.unprobed",
    title="Was its behaviour left unprobed?",
    severity=2.0,
    remedy=_RUN,
)
def behaviour_unprobed(behaviours: tuple[Behaviour, ...], attempts: tuple[NotProbed, ...]) -> Iterator[Answer]:
    """What a model does when it is asked for something cannot be read from its files.

    Whether user text passes for a system turn, whether a document can give it orders, whether it drops a right answer
    when it is contradicted: it takes running it (`--run`, `--probes`). Which probes ran is listed, and which could not
    be carried out. That they ran is a pass here; what they found is for the other checks of behaviour.
    """
    for found in behaviours:
        done = [row.id for row in found.probes if row.known]
        if done:
            yield passed(f"probed: {', '.join(done)}")
        for row in found.unknown:
            yield informational(f"{row.id} cannot be known: {row.reason}")
    for attempt in attempts:
        yield unknown(f"the model could not be probed: {attempt.reason}")
    if not behaviours and not attempts:
        yield Answer(Kind.NOT_APPLICABLE, "not probed: this audit did not ask what the model does")
