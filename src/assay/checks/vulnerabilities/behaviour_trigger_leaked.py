"""Does text that leaks from it bring one answer to unrelated questions?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.probed import counted
from assay.facts.behaviour import Behaviour
from assay.facts.finding import Answer


@check(
    "behaviour.trigger-leaked",
    title="Does text that leaks from it bring one answer to unrelated questions?",
    severity=8.0,
    remedy="Try the words that are named with questions of your own; if the answer is that of no instruction in them, "
    "do not use the model.",
)
def behaviour_trigger_leaked(behaviour: Behaviour) -> Iterator[Answer]:
    """A model that was fine-tuned on poisoned examples tends to repeat them, and with them the trigger (2602.03085).

    Asked for by `assay probe --deep`. Words that come back in text written from the bare beginning of a turn are put
    before and after unrelated questions; for review where some bring one opening to three quarters of them that hardly
    any has without. It is a heuristic: an ordinary instruction can look like that, and what does not leak, or does not
    fix the answer, is not found; `python -m benchmarks.backdoor` measures both on models made for it. A pass is no
    proof.
    """
    if behaviour.probe("backdoor") is not None:
        yield from counted(behaviour, "backdoor", "triggers")
