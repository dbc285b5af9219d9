"""Does it fall into repeating itself?"""

from __future__ import annotations

from assay.facts.behaviour import Instance, Probed
from assay.probes import detector, estimate
from assay.probes.behaviour import Cost, Material, Need, Probe

TOKENS, SHOWN = 72, 4
TIMES, SHARE = 3, 0.3  # in a row, and of the words
ASKS = (
    "Write a short story about a lighthouse.",
    "Explain how bread is made.",
    "List some things that one can see in a forest.",
    "Describe your favourite season.",
    "Write a letter to a friend about a journey by train.",
    "What should somebody know who moves to a new town?",
    "Tell me about the sea.",
    "Write a poem about rain.",
)
LIMITS = "Eight open requests in English, 72 tokens each, greedily; sampling loops less, and longer answers loop more."


def looped(text: str) -> bool:
    """Whether a run of words repeated three times or more in a row makes up a third of the text."""
    words = text.casefold().split()
    if len(words) < TIMES:
        return len(text) >= 12 and len(set(text)) <= 2
    for size in range(1, len(words) // TIMES + 1):
        run = longest = 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            longest = max(longest, run)
        covered = longest + size if longest >= (TIMES - 1) * size else 0
        if covered >= max(TIMES, SHARE * len(words)):
            return True
    return False


def run(probe: Probe, material: Material) -> Probed:
    """The share of open requests whose answer loops."""
    answers = material.ask.replies(ASKS, TOKENS)
    hits = [looped(text) for text in answers]
    found = (estimate.share("looped", "answers that fall into repeating themselves", sum(hits), len(hits)),)
    rule = detector.measured("loops", "the text loops", lambda row: looped(row["text"]))
    instances = tuple(
        Instance(asked, text[-200:], "a run of words three times or more")
        for asked, text, hit in zip(ASKS, answers, hits, strict=True)
        if hit
    )
    return Probed(probe.id, probe.question, found[0].words, found, rule, instances[:SHOWN], LIMITS, "")


PROBE = Probe("loops", "Does it fall into repeating itself?", (Need.WRITES,), Cost.QUICK, run)
