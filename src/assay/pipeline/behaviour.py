"""What the files of a model say that probes go by: the tokens that look untrained, an ablated direction, languages."""

from __future__ import annotations

from assay.measures import behaviour
from assay.pipeline.fact import Facts
from assay.pipeline.request import requested
from assay.pipeline.steps import gathered, isolated
from assay.probes.behaviour import NOTHING, Known
from assay.progress import Progress
from assay.subject.reference import opened

_CHECKS = ("embedding.untrained", "weights.ablated", "limitation.undeclared")  # what they need is all that is read


def known(model: str, *, offline: bool = False, progress: Progress | None = None) -> Known:
    """What an audit would know of this model; nothing of an endpoint, which shows no files."""
    walk = opened(model, offline=offline)
    if walk.closed:
        return NOTHING
    request = requested(model, only=_CHECKS, offline=offline)
    return behaviour.known(Facts(gathered(walk, request, isolated(walk, request), progress).facts).rows)
