"""What the model does when it is asked for something: it is run, and probed."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.behaviour import Behaviour, NotProbed
from assay.facts.text import ModelCard
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Behaviour | NotProbed]:
    """What each probe found, or why the model could not be run."""
    asked = material.request
    if asked.probes is None:
        return
    from assay.probes.behaviour import Known

    cards: tuple[ModelCard, ...] = material.all("ModelCard")
    languages = tuple(dict.fromkeys(row.text for card in cards for row in card.stated("language")))
    tokens, directions = (next(iter(material.all(name)), None) for name in ("TokenReview", "Directions"))
    yield asked.probes.probed(
        asked.model if material.walk.closed else material.walk.reference or asked.model,
        asked.base,
        Known(tokens, directions, languages),
        isolation=asked.isolation,
        offline=asked.offline,
        progress=material.progress,
    )


MEASURE = Measure(
    "behaviour",
    ("ModelCard", "TokenReview", "Directions"),
    ("Behaviour", "NotProbed"),
    Cost.RUNTIME,
    run,
    given="probes",
    option="--probes",
)
