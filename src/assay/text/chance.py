"""Probabilities and the words of a model, as text for people."""

from __future__ import annotations

import math

from assay.facts.uncertainty import Alternative, TokenScore


def chance(logprob: float) -> str:
    """A probability in words that fit a line: `62 %`, `0.3 %`, `1 in 40,000`."""
    share = math.exp(logprob)
    if share >= 0.995:
        return "over 99 %"
    if share >= 0.0005:
        return f"{100 * share:.2g} %"
    return f"1 in {min(10**12, round(1 / share)):,}" if share > 0 else "less than 1 in 10^300"


def number(value: float) -> str:
    """A score with three digits, never a negative zero."""
    return f"{round(value, 3) + 0.0:.3f}"


def instead(token: TokenScore) -> str:
    """What the model would rather have said at a token, with its probability, or nothing."""
    other = next((row for row in token.alternatives if row.logprob > token.logprob), None)
    return f"{named(other)} ({chance(other.logprob)})" if other else ""


def named(token: Alternative) -> str:
    """A token in words: quoted, or what it is where it has no letters to show."""
    shown = token.text.strip()
    if shown:
        return repr(shown)
    if "\n" in token.text:
        return "a line break"
    return "a space" if token.text else "to end here"
