"""Where the difference between two prompts is carried: values of the other prompt put into this one, point by point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assay.errors import UsageError
from assay.facts.inside import Effect, Patching, Proof
from assay.inside import _effects
from assay.inside._token import Token, proof
from assay.runtime.points import ALL, BEFORE, HEADS, Inner, Text

MOST_PLACES = 48  # tokens at which the residual stream is patched
LEAST_APART = 0.1  # nats between the margins of the two prompts: a share of less is noise


def parted(ids: Sequence[int], others: Sequence[int]) -> int:
    """The first token in which two contexts differ (UsageError: they are not of one length, or the same)."""
    if len(ids) != len(others):
        raise UsageError(
            f"the two prompts have {len(ids):,} and {len(others):,} tokens, and values are put from token to token: "
            "choose words that are split into as many"
        )
    apart = next((at for at, pair in enumerate(zip(ids, others, strict=True)) if pair[0] != pair[1]), None)
    if apart is None:
        raise UsageError("the two prompts are the same: swap a name or a number in the other one")
    return apart


def read(inner: Inner, ids: list[int], others: list[int]) -> tuple[Text, Text]:
    """Both contexts, read from where they part; what is common stands still (UsageError: as `parted`)."""
    apart = parted(ids, others)
    keep = dict.fromkeys((BEFORE, HEADS, *inner.kinds), ALL)
    before = min(apart, len(ids) - 2)  # a pass over one token alone takes another path
    return inner.read(ids, keep, before), inner.read(others, keep, before)


def patching(token: Token, other: Text, prompt: str) -> Patching:
    """Effects of the other text's values, as shares of the way to its answer, which is the token's `other`.

    Raises UsageError where both prompts have the same answer.
    """
    inner, before, after = token.inner, token.lead, float(token.margin(other.run.logits)[0])
    if abs(after - before) < LEAST_APART:
        raise UsageError(
            f"both prompts leave {inner.words([token.id])[0]!r} and {inner.words([token.other])[0]!r} "
            f"as far apart ({before:.2f} and {after:.2f} nats): there is no difference to look for"
        )

    def theirs(kind: str, layer: int, _values: Any) -> Any:
        return other.run.kept[kind, layer][0]

    gradients = _effects.Gradients(token)
    views = [of(token, gradients, theirs) for of in (_stream, _effects.parts, _effects.heads)]
    shared, by_part, by_head = (tuple(_share(row, after - before) for row in rows) for rows in views)
    words = tuple(inner.words(list(other.ids)))
    error = _effects.estimated([row for rows in (shared, by_part, by_head) for row in rows])
    return Patching(prompt, inner.words([token.other])[0], words, before - after, shared, by_part, by_head, error)


def _share(row: Effect, whole: float) -> Effect:
    real, estimate = (None if value is None else value / whole for value in (row.real, row.estimate))
    return Effect(row.part, row.layer, row.place, real, estimate)


def _stream(token: Token, gradients: _effects.Gradients, theirs: _effects.Other) -> Iterator[Effect]:
    """The residual stream before each layer, token by token: those with the greatest estimates where there are many."""
    inner = token.inner
    estimates = [gradients.by_token(BEFORE, layer, theirs).tolist() for layer in range(inner.layers)]
    count = len(estimates[0])
    most = [max(abs(row[at]) for row in estimates) for at in range(count)]
    places = sorted(sorted(range(count), key=lambda at: -most[at])[:MOST_PLACES])
    for layer in range(inner.layers):
        edits = [(BEFORE, _put(at, layer, theirs)) for at in places]
        real = dict(zip(places, _effects.tried(token, layer, edits), strict=True))
        for at in range(count):
            yield Effect(BEFORE, layer, token.text.before + at, real.get(at), estimates[layer][at])


def _put(at: int, layer: int, theirs: _effects.Other) -> Any:
    def change(values: Any) -> Any:
        changed = values.clone()
        changed[at] = theirs(BEFORE, layer, values)[at]
        return changed

    return change


def proofs(token: Token, other: Text) -> Iterator[Proof]:
    """Values put in place of themselves change nothing; all values of the other prompt give its answer."""
    inner = token.inner
    layer = inner.layers // 2
    for place in sorted({0, layer}):
        same = inner.resumed(token.text, place, token.text.run.kept[BEFORE, place]).logits[0]
        claim = f"the prompt's own values before layer {place} change nothing"
        yield proof(inner, "patching", claim, same, token.logits)
        theirs = inner.resumed(token.text, place, other.run.kept[BEFORE, place]).logits[0]
        claim = f"all of the other prompt's values before layer {place} give its answer"
        yield proof(inner, "patching", claim, theirs, other.run.logits[0])
