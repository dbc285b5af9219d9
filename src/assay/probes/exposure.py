"""Measure how exposed planted secrets (canaries) are: their rank among other secrets of the same form."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from assay.facts.memorisation import Canary
from assay.runtime import Scores, scored

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
        own, *rest = _sums(runtime, row["prefix"], [row["secret"], *others])
        rank = 1 + sum(other > own for other, secret in zip(rest, others, strict=True) if secret != row["secret"])
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


def _sums(runtime: Scores, prefix: str, secrets: list[str]) -> list[float]:
    """The log-probability of each secret after the prefix (UsageError: one cannot be scored, and why)."""
    pairs = [(prefix, secret) for secret in secrets]
    read = scored(runtime, pairs)
    return [
        sum(token.logprob for token in (runtime.score(*pair) if tokens is None else tokens))
        for pair, tokens in zip(pairs, read, strict=True)
    ]
