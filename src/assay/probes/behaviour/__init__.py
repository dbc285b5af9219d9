"""One probe a file: what a model does when it is asked for one thing, with `PROBE = Probe(...)`, found by listing.

A probe is deterministic: it scores given texts or writes greedily, asks no other model, and opens no connection. What
it finds comes with an interval, with the precision and recall of the rule that reads answers, and with its limits.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from assay.facts.behaviour import Probed
from assay.facts.calibration import Question
from assay.lazy import dataclass
from assay.runtime import Runtime, can_generate, can_sample, can_score

if TYPE_CHECKING:
    from assay.facts.values import Directions, TokenReview
    from assay.probes.ask import Ask


class Need(StrEnum):
    """What a runtime has to do for a probe; the value says in words what is lacking where it does not."""

    WRITES = "write an answer"
    SCORES = "give log-probabilities of given texts"
    CHATS = "render a conversation by a template of its own"
    BATCHES = "answer several prompts side by side"


class Cost(StrEnum):
    """When a probe is run."""

    QUICK = "quick"
    """With every audit that runs the model: seconds for a small model."""
    LONG = "long"
    """Where it is asked for by name, or what it needs is given."""
    DEEP = "deep"
    """Where it is asked for by name, or by `--deep`: minutes for a small model."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an audit knows of the model beside what running it shows: facts of its weights, languages by its card."""

    tokens: TokenReview | None = None
    directions: Directions | None = None
    languages: tuple[str, ...] = ()


NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Material:
    """What a probe works on: the model, its base where one is given, questions, the user's own prompts, a limit."""

    ask: Ask
    questions: tuple[Question, ...]
    base: Ask | None = None
    prompts: tuple[str, ...] = ()
    known: Known = NOTHING
    most: int = 16
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """One question about behaviour.

    Args:
        id: its name on the command line and in a dossier; the name of its file.
        question: what it answers, as a sentence.
        needs: what the runtime has to do for it.
        cost: when it is run.
        run: gives what was found; a UsageError becomes the reason why it cannot be known.
        given: the field of the material without which it is not asked for (`base`, `prompts`); empty if it needs none.
        facts: whether it goes by what an audit knows of the files.
    """

    id: str
    question: str
    needs: tuple[Need, ...]
    cost: Cost
    run: Callable[[Probe, Material], Probed]
    given: str = ""
    facts: bool = False


def lacking(runtime: Runtime, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """What a runtime does not do of what is needed."""
    from assay.facts.uncertainty import Capability
    from assay.runtime import Batches

    does = {
        Need.WRITES: can_generate(runtime) or can_sample(runtime),
        Need.SCORES: can_score(runtime),
        Need.CHATS: Capability.CHAT in runtime.can,
        Need.BATCHES: isinstance(runtime, Batches),
    }
    return tuple(need for need in needs if not does[need])


@cache
def installed() -> tuple[Probe, ...]:
    """Every probe, in the order of their names."""
    names = sorted(entry.name for entry in pkgutil.iter_modules(__path__) if not entry.name.startswith("_"))
    return tuple(importlib.import_module(f"{__name__}.{name}").PROBE for name in names)
