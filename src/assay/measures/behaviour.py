"""What the model does when it is asked for something: it is run, and probed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assay.facts.behaviour import Behaviour, NotProbed
from assay.facts.text import ModelCard
from assay.measures import Cost, Material, Measure

if TYPE_CHECKING:
    from assay.probes.behaviour import Known


def run(material: Material) -> Iterator[Behaviour | NotProbed]:
    """What each probe found, or why the model could not be run."""
    asked = material.request
    if asked.probes is None:
        return
    yield asked.probes.probed(
        asked.model if material.walk.closed else material.walk.reference or asked.model,
        asked.base,
        known(material.facts),
        isolation=asked.isolation,
        offline=asked.offline,
        progress=material.progress,
    )


def known(facts: Mapping[str, tuple[Any, ...]]) -> Known:
    """What probes go by besides, from facts that are keyed by the name of their type."""
    from assay.probes.behaviour import Known

    cards: tuple[ModelCard, ...] = facts.get("ModelCard", ())
    languages = tuple(dict.fromkeys(row.text for card in cards for row in card.stated("language")))
    tokens, directions = (next(iter(facts.get(name, ())), None) for name in ("TokenReview", "Directions"))
    return Known(tokens, directions, languages)


MEASURE = Measure(
    "behaviour",
    ("ModelCard", "TokenReview", "Directions"),
    ("Behaviour", "NotProbed"),
    Cost.RUNTIME,
    run,
    given="probes",
    option="--probes",
)
