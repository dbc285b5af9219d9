"""What the model's signature says of its files, where a trust file says whose signature to expect."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from assay.errors import InputError
from assay.facts.signature import ExpectedSignature
from assay.measures import Asked, Cost, Material, Measure
from assay.measures.reached import reached


def run(material: Material) -> Iterator[object]:
    """That signers are expected, and what the signature beside a local model says of each file."""
    from assay.attest.model import beside, compared
    from assay.attest.trust import expected

    trust = material.request.trust or Path()
    whom, model = expected(trust), Path(material.walk.roots[0]) if material.walk.roots else Path()
    found = beside(model)
    if found is None:
        yield ExpectedSignature(trust.name, "", "")
        return
    if unread := [artifact.path for artifact in material.artifacts if not artifact.sha256]:
        yield ExpectedSignature(trust.name, found.name, f"{unread[0]} was not read in full, and so not compared")
        return
    digests = {artifact.path: artifact.sha256 for artifact in material.artifacts}
    try:
        verified = compared(model, found, whom, digests, partial(reached, material))
    except InputError as cause:
        yield ExpectedSignature(trust.name, found.name, str(cause))
        return
    yield ExpectedSignature(trust.name, found.name, "")
    yield verified


def ready(asked: Asked) -> None:
    """Raises UsageError where the trust file is none."""
    from assay.attest.trust import expected

    expected(asked.trust or Path())


MEASURE = Measure(
    "signature",
    ("Artifact",),
    ("ExpectedSignature", "Verification"),
    Cost.HEADER,
    run,
    ready=ready,
    given="trust",
    reported=True,
)
