"""Does the stated number of parameters differ from what the files hold?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import AdapterConfig, ModelConfig
from assay.facts.finding import Answer, Evidence, Kind, passed
from assay.facts.tensor import WeightIndex, WeightSet, weight_sets
from assay.facts.text import ModelCard, PublisherClaims, Stated
from assay.lazy import regex

_STATED = regex(r"(\d+(?:\.(\d+))?)\s?([KMBT])\Z", re.IGNORECASE)
_UNIT = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
CLOSE, NEAR = 0.03, 0.15  # relative: beyond rounding; small enough that counting habits may explain it


@check(
    "weights.count-not-as-claimed",
    title="Does the stated number of parameters differ from what the files hold?",
    severity=4.0,
    remedy="Ask the publisher which number is meant; until then take the counted one.",
)
def weights_count_not_as_claimed(
    indexes: tuple[WeightIndex, ...],
    cards: tuple[ModelCard, ...],
    claims: tuple[PublisherClaims, ...],
    configs: tuple[ModelConfig, ...],
    adapters: tuple[AdapterConfig, ...],
) -> Iterator[Answer]:
    """The size on the label should be the size in the box.

    Parameters are counted from the tensor index, exactly. A claim agrees if it is the count rounded as stated, or
    within 3 %, with or without the embedding. Within 15 % it is for review, because habits of counting differ; beyond
    that it is a fail. Packed low-bit weights are not compared: their tensors do not show how many values they hold; nor
    graphs and arrays, which hold constants and states besides.
    """
    sets = tuple(found for found in weight_sets(indexes) if found.naming != "own")
    stated = [(card.artifact, claim) for card in cards for claim in card.stated("parameters")]
    stated += [(row.artifact, claim) for row in claims for claim in row.stated("parameters")]
    packed = any(config.quantization for config in configs if config.naming == "hub")
    if adapters or not sets or not stated or packed:
        why = (
            "packed weights"
            if packed
            else "an adapter"
            if adapters
            else "no weights in a format of nothing but parameters"
            if not sets
            else "no number is stated"
        )
        yield Answer(Kind.NOT_APPLICABLE, f"nothing to compare: {why}")
        return
    for found in sets:
        counts = _counts(found)
        compared = [(artifact, claim, min(_distance(claim, count) for count in counts)) for artifact, claim in stated]
        artifact, claim, distance = min(compared, key=lambda row: row[2])
        place = Evidence(
            artifact,
            claim.text,
            line=claim.line or None,
            pointer=None if claim.line else "general.size_label",
            name="parameters",
        )
        if distance == 0:
            yield passed(f"{claim.text} stated, {found.parameters:,} counted in {found.name}", place)
        elif distance != float("inf"):
            yield Answer(
                Kind.REVIEW if distance <= NEAR else Kind.FAIL,
                f"{claim.text} parameters stated, {found.parameters:,} counted in {found.name}",
                (place,),
            )


def _counts(found: WeightSet) -> tuple[int, int]:
    """All parameters, and those outside embedding and output head."""
    outer = sum(
        tensor.elements
        for _, tensor in found.tensors
        if tensor.name.rpartition(".")[0].rpartition(".")[2]
        in ("embed_tokens", "lm_head", "wte", "token_embd", "output")
    )
    return found.parameters, found.parameters - outer


def _distance(claim: Stated, count: int) -> float:
    """0 if the claim is `count` as rounded, else the relative difference; infinite if it is no number."""
    match = _STATED.match(claim.text.strip())
    if not match or not count:
        return float("inf")
    unit = _UNIT[match[3].upper()]
    value, step = float(match[1]) * unit, unit / 10 ** len(match[2] or "")
    relative = abs(value - count) / count
    return 0.0 if abs(value - count) <= step / 2 or relative <= CLOSE else relative
