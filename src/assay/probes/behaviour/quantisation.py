"""How much does it choose otherwise than its base, as after quantisation?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from assay.errors import UsageError
from assay.facts.behaviour import Estimate, Instance, Probed
from assay.facts.uncertainty import TokenScore
from assay.probes import estimate
from assay.probes.behaviour import Cost, Material, Need, Probe, lacking
from assay.runtime import can_score, scored

SHOWN, ASKED = 6, 16
TEXTS = (
    "The harbour was quiet when the first boats came in. Gulls circled above the market, where fishermen set out boxes"
    " of herring and mackerel on crushed ice. By nine o'clock most of the catch had been sold.",
    "To bake a loaf, mix flour, water, salt and yeast, and knead the dough for ten minutes. Let it rest under a cloth"
    " until it has doubled in size, then shape it and bake it in a hot oven until the crust is brown.",
    "A prime number is a whole number greater than one that has no divisors other than one and itself. There are"
    " infinitely many of them, which Euclid showed more than two thousand years ago.",
    "def mean(values):\n    total = 0\n    for value in values:\n        total += value\n    return total / 4\n",
    "After the meeting the council published its plan for the old railway station. The hall is to become a library, and"
    " the platforms a garden with trees and benches. Work begins in spring.",
    "Light travels from the sun to the earth in about eight minutes. The moon is much nearer: a signal that is sent"
    " from the ground reaches it in little more than a second.",
)
LIMITS = (
    "Six short texts in English and the questions with their right answers. The divergence is a lower bound: of each"
    " distribution the likeliest tokens are known, and all others count as one. A base that was trained further differs"
    " for that reason, and not by its numbers. The intervals take the tokens of a text for independent."
)


def run(probe: Probe, material: Material) -> Probed:
    """The share of tokens whose choice changes and the divergence, on plain text and on the question set."""
    assert material.base is not None
    runtime, base = material.ask.runtime, material.base.runtime
    if not can_score(runtime) or not can_score(base):
        raise UsageError(f"{base.name} does not {' or '.join(lacking(base, probe.needs))}")
    answered = [row for row in material.questions if row.answerable][: min(ASKED, material.most)]
    asked = [(material.ask.prompt(row.asked), row.answers[0]) for row in answered]
    found: list[Estimate] = []
    instances: list[Instance] = []
    for id, name, pairs in (("text", "plain text", [("", text) for text in TEXTS]), ("questions", "questions", asked)):
        changed, apart = [], []
        for (prompt, text), own, other in zip(pairs, scored(runtime, pairs), scored(base, pairs), strict=True):
            if own is None or other is None:
                continue
            if _pieces(own) != _pieces(other):
                raise UsageError(f"{base.model} splits text into other tokens, so that no token can be compared")
            for at, (one, two) in enumerate(zip(own, other, strict=True)):
                changed.append(choice(one) != choice(two))
                apart.append(divergence(two, one))
                if changed[-1]:
                    before = (prompt + text[: one.start])[-60:] if at else prompt[-60:]
                    instances.append(Instance(before, choice(one), f"the base chooses {choice(two)!r}"))
        found += [
            estimate.share(f"changed.{id}", f"tokens of {name} whose choice changes", sum(changed), len(changed)),
            estimate.mean(f"kl.{id}", f"divergence from the base on {name}", apart, None),
        ]
    if not found[0].count:
        raise UsageError("no text can be scored by both")
    said = f"{found[0].words}; {found[1].words}"
    return Probed(probe.id, probe.question, said, tuple(found), None, tuple(instances[:SHOWN]), LIMITS, "")


def _pieces(tokens: Sequence[TokenScore]) -> list[tuple[int, int]]:
    return [(row.start, row.stop) for row in tokens]


def choice(token: TokenScore) -> str:
    """The likeliest token in its place."""
    best = token.alternatives[0] if token.alternatives else None
    return best.text if best is not None and best.logprob > token.logprob else token.text


def divergence(base: TokenScore, other: TokenScore) -> float:
    """Kullback-Leibler divergence of `other` from `base`, nats: at least this, with the tokens that both show.

    By the data-processing inequality: merging all other outcomes into one can only take from it.
    """
    first, second = (
        {None: row.logprob, **{one.text: one.logprob for one in row.alternatives}} for row in (base, other)
    )
    both = [(first[key], second[key]) for key in first if key in second]
    total: float = sum(math.exp(p) * (p - q) for p, q in both)
    rest, rest_other = (max(1e-9, 1 - sum(math.exp(pair[at]) for pair in both)) for at in (0, 1))
    found: float = total + rest * math.log(rest / rest_other)
    return max(0.0, found)


PROBE = Probe(
    "quantisation",
    "How much does it choose otherwise than its base, as after quantisation?",
    (Need.SCORES,),
    Cost.LONG,
    run,
    given="base",
)
