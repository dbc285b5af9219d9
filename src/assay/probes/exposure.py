"""Measure how exposed planted secrets (canaries) are: their rank among other secrets of the same form."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from assay.facts.memorisation import Canary
from assay.facts.uncertainty import TokenScore
from assay.runtime import Scores

ALTERNATIVES = 63  # other secrets that a canary is ranked among
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def exposed(
    runtime: Scores, planted: list[dict[str, Any]], generator: random.Random, step: Callable[[], None]
) -> Iterator[Canary]:
    """The exposure of canaries by their number of copies (arXiv:1802.08232, definition 2).

    It is estimated by the rank among 63 other secrets of the same form.
    """
    bits: dict[int, list[float]] = {}
    for row in planted:
        step()
        others = [_secret(row["secret"], generator) for _ in range(ALTERNATIVES)]
        own = _sum(runtime.score(row["prefix"], row["secret"]))
        rank = 1 + sum(_sum(runtime.score(row["prefix"], other)) > own for other in others if other != row["secret"])
        bits.setdefault(row["copies"], []).append(math.log2(ALTERNATIVES + 1) - math.log2(rank))
    for copies in sorted(bits):
        values = sorted(bits[copies])
        yield Canary(copies, len(values), float(np.median(values)), values[-1], math.log2(ALTERNATIVES + 1))


def _secret(form: str, generator: random.Random) -> str:
    """Another secret of the same form: digits for digits, letters for letters."""
    return "".join(
        str(generator.randrange(10)) if letter.isdigit() else generator.choice(_LETTERS) if letter.isalpha() else letter
        for letter in form
    )


def _sum(rows: tuple[TokenScore, ...]) -> float:
    return sum(row.logprob for row in rows)
