"""One quick look into a model that an audit has running: the lens and contributions of one token of one short answer.

What is shown was proved on this model first. Nothing is replaced, so that it costs about as much as the answer; `assay
inside` goes further, with any question. Numbers are rounded to what another order of additions leaves alone.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from assay.errors import UsageError
from assay.facts.inside import Inside, LookedInto, Proof
from assay.facts.uncertainty import Capability
from assay.inside.looking import Asked, Opened
from assay.runtime import Runtime, conversation
from assay.runtime.torch_ import TorchRuntime

QUESTION = "What is the capital of France?"
MOST = 16  # tokens of the answer
_DIGITS = 3
_Record = TypeVar("_Record")


def glance(runtime: Runtime) -> LookedInto:
    """What is seen of the first name in the answer to `QUESTION`, or why nothing can be seen."""
    if not isinstance(runtime, TorchRuntime):
        return LookedInto(QUESTION, None, f"{runtime.name} shows nothing of what goes on inside: it takes the weights")
    chats = Capability.CHAT in runtime.can
    prompt = conversation(runtime, QUESTION) if chats else f"Question: {QUESTION}\nAnswer:"
    try:
        found = Opened(runtime).seen(Asked(prompt, most=MOST, quick=True, question=QUESTION)).record
    except UsageError as cause:
        return LookedInto(QUESTION, None, str(cause))
    return LookedInto(QUESTION, _steady(found), "")


def _steady(found: Inside) -> Inside:
    proofs = tuple(replace(row, error=_power(row)) for row in found.proofs)
    return replace(_rounded(found), proofs=proofs)


def _power(proof: Proof) -> float:
    """The power of ten that an error is below; as it is where it fails."""
    if not proof.holds or proof.error <= 0:
        return proof.error
    return min(proof.bound, float(f"1e{math.floor(math.log10(proof.error)) + 1}"))


def _rounded(value: _Record) -> _Record:
    """A record with every float in it rounded."""
    found: object = value
    if isinstance(value, float):
        found = round(value, _DIGITS)
    elif isinstance(value, tuple):
        found = tuple(map(_rounded, value))
    elif is_dataclass(value) and not isinstance(value, type):
        found = replace(value, **{row.name: _rounded(getattr(value, row.name)) for row in fields(value)})
    return found  # type: ignore[return-value]
