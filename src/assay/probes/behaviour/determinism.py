"""Does it answer the same alone and beside others?"""

from __future__ import annotations

from assay.errors import UsageError
from assay.facts.behaviour import Instance, Probed
from assay.probes import estimate
from assay.probes.behaviour import Cost, Material, Need, Probe
from assay.probes.choice import choices
from assay.runtime import can_generate

TOKENS, TRIES, SHOWN = 8, 6, 4
LIMITS = (
    "Greedy answers of eight tokens in this runtime, alone and in one batch: sums in another order round otherwise, and"
    " a close choice may turn. Other runtimes, types of numbers and devices are not compared."
)


def run(probe: Probe, material: Material) -> Probed:
    """The share of answers that differ between a batch and each alone."""
    ask, runtime = material.ask, material.ask.runtime
    rows = choices(material.questions, min(TRIES, material.most))
    prompts = [ask.prompt(row.asked) for row in rows]
    together = ask.answers(prompts, TOKENS)
    if not can_generate(runtime):
        raise UsageError(f"{runtime.name} writes no answer token by token")
    alone = ["".join(token.text for token in runtime.generate(prompt, TOKENS)) for prompt in prompts]
    apart = [one.strip() != other.strip() for one, other in zip(together, alone, strict=True)]
    found = (estimate.share("changed", "answers that change with the size of the batch", sum(apart), len(apart)),)
    instances = tuple(
        Instance(row.asked, one, f"alone: {other}")
        for row, one, other, changed in zip(rows, together, alone, apart, strict=True)
        if changed
    )
    return Probed(probe.id, probe.question, found[0].words, found, None, instances[:SHOWN], LIMITS, "")


PROBE = Probe("determinism", "Does it answer the same alone and beside others?", (Need.BATCHES,), Cost.QUICK, run)
