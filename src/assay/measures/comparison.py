"""The weights beside those of a base: every tensor, and the relation that explains them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError, UsageError
from assay.facts.comparison import Comparison, Relation
from assay.measures import Asked, Cost, Material, Measure


def run(material: Material) -> Iterator[Comparison]:
    """The comparison; the base is named by its manifest's digest, so that it can be found again.

    A base that changes after it was listed has no digest, and nothing is known of the relation to it.
    """
    from assay.subject import digest
    from assay.subject.reference import opened
    from assay.weights.comparison.reference import diff

    asked, base = material.request, material.request.base or ""
    walk = opened(base, offline=asked.offline)  # before it is compared: what changes meanwhile is no longer this
    try:
        found = diff(base, asked.model, offline=asked.offline, isolation=asked.isolation, progress=material.progress)
    except (InputError, UsageError) as cause:  # the model's own files: the audit says so, and goes on
        found = _unknown(base, str(cause))
    try:
        yield replace(found, base_sha256=digest(walk))
    except InputError as cause:
        yield _unknown(base, f"the base: {cause}")


def _unknown(base: str, reason: str) -> Comparison:
    return Comparison(base, "", Relation.UNKNOWN, Relation.UNRELATED, 0.0, (reason,), (), (), (), (), None, None)


def ready(asked: Asked) -> None:
    """Raises UsageError where the base has no weights that can be read."""
    from assay.weights.comparison.reference import usable

    usable(asked.base or "", offline=asked.offline, isolation=asked.isolation)


MEASURE = Measure("comparison", (), ("Comparison",), Cost.WEIGHTS, run, ready=ready, given="base", reported=True)
