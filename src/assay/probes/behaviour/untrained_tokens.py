"""Can it repeat the tokens that its weights leave looking untrained?"""

from __future__ import annotations

import math

from assay.errors import UsageError
from assay.facts.behaviour import Instance, Probed
from assay.probes import estimate
from assay.probes.behaviour import Cost, Material, Need, Probe

MOST, SHOWN = 16, 6
NEVER = math.log(0.01)  # of a token that was read four times already
ORDINARY = (
    " table", " river", " seven", " green", " music", " window", " bread", " winter",
    " doctor", " yellow", " garden", " paper", " silver", " morning", " engine", " island",
)  # fmt: skip
LIMITS = (
    "Candidates are those that the weights show (`embedding.untrained`), and of these the ones that text can produce."
    " A token cannot be repeated if its probability is below 1 % after it was read four times; sixteen"
    " ordinary words are the control."
)


def run(probe: Probe, material: Material) -> Probed:
    """How many candidates cannot be repeated, and how well the log-probability separates them from ordinary words."""
    review = material.known.tokens
    if review is None:
        raise UsageError("no facts of the weights are at hand, such as an audit has")
    if review.reason:
        raise UsageError(f"no candidates are known: {review.reason}")
    listed = [token.text for token in review.listed if token.text.strip() and token.cosine >= 0.9][:MOST]
    values = material.ask.logprobs([(_before(text), text) for text in (*listed, *ORDINARY)])
    # a text of several tokens is no way to the one that was meant
    found = [(text, row[0]) for text, row in zip(listed, values, strict=False) if row is not None and len(row) == 1]
    known = [row[0] for row in values[len(listed) :] if row is not None]
    if not found:
        raise UsageError("of the tokens that look untrained none can be produced by text")
    dead = [(text, value) for text, value in found if value < NEVER]
    rows = (
        estimate.share("unrepeatable", "tokens that look untrained and cannot be repeated", len(dead), len(found)),
        estimate.share("control", "ordinary words that cannot be repeated", sum(v < NEVER for v in known), len(known)),
        estimate.area("separated", "how well repeating separates the two", [-v for v in known], [-v for _, v in found]),
    )
    instances = tuple(
        Instance(_before(text), text, f"probability of the same again: {math.exp(value):.2g}") for text, value in dead
    )
    return Probed(probe.id, probe.question, rows[0].words, rows, None, instances[:SHOWN], LIMITS, "")


def _before(text: str) -> str:
    return f"The same again and again:{text}{text}{text}{text}"


PROBE = Probe(
    "untrained_tokens",
    "Can it repeat the tokens that its weights leave looking untrained?",
    (Need.SCORES,),
    Cost.QUICK,
    run,
    facts=True,
)
