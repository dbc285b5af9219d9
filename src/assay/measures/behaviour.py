"""What the model does when it is asked for something: it is run, probed, and looked into while it answers once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from assay.errors import InputError, UsageError
from assay.facts.behaviour import Behaviour, NotProbed
from assay.facts.inside import LookedInto
from assay.facts.text import ModelCard
from assay.measures import Cost, Material, Measure

if TYPE_CHECKING:
    from assay.probes.behaviour import Known


def run(material: Material) -> Iterator[Behaviour | NotProbed | LookedInto]:
    """What each probe found and what one look inside shows, or why the model could not be run."""
    from assay.inside.glance import glance
    from assay.probes.probing import probed

    asked, plan = material.request, material.request.probes
    if plan is None:
        return
    opened = partial(plan.opened, isolation=asked.isolation, offline=asked.offline)
    try:
        runtime = opened(asked.model if material.walk.closed else material.walk.reference or asked.model)
        base = opened(asked.base) if asked.base and plan.compares else None
        found = probed(runtime, plan, material.progress, base, known(material.facts))
    except (UsageError, InputError) as cause:
        yield NotProbed(str(cause))
        return
    yield found
    yield glance(runtime)


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
    ("Behaviour", "NotProbed", "LookedInto"),
    Cost.RUNTIME,
    run,
    given="probes",
    option="--probes",
)
