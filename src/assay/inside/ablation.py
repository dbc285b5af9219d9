"""What would have been said without it: tokens that no later one sees, parts of layers and heads set to their mean.

Attention to a token is cut in every layer (attention knockout, arXiv:2304.14767): what changes is the log-probability
of the answer. A part is set, at every token, to its mean over the context (mean ablation, arXiv:2211.00593): what
changes is by how much the answer leads the likeliest other token, in nats too, which a sure answer does not flatten.
"""

from __future__ import annotations

from typing import Any

from assay.facts.inside import Ablation, Effect, Proof
from assay.inside import _effects
from assay.inside._token import Token, has_heads, proof
from assay.runtime.points import BEFORE, HEADS, MIXED

TOKEN, ROLLOUT = "token", "rollout"
MOST_GROUPS = 64  # of tokens whose effect is tried
MOST_MIXED = 256  # tokens of a context whose whole attention is multiplied


def ablation(token: Token) -> Ablation:
    """The effect of each token, of each part of each layer, and of heads; estimates beside them."""
    gradients = _effects.Gradients(token)
    tokens = _tokens(token) if has_heads(token.inner) else ()
    parts = tuple(_effects.parts(token, gradients, _mean))
    heads = tuple(_effects.heads(token, gradients, _mean))
    return Ablation(tokens, parts, heads, _effects.estimated([*parts, *heads]), rollout(token))


def _mean(_kind: str, _layer: int, values: Any) -> Any:
    """The mean over the context at every token but the first, whose values are unlike all others (arXiv:2402.17762)."""
    found = values.clone()
    found[1:] = values[1:].mean(0, keepdim=True)
    return found


def groups(count: int) -> tuple[tuple[int, int], ...]:
    """The tokens of a context (start, stop): each by itself, or in a long one several together."""
    size = -(-count // MOST_GROUPS)
    return tuple((start, min(start + size, count)) for start in range(0, count, size))


def _tokens(token: Token) -> tuple[Effect, ...]:
    """The change of the answer's log-probability where no later token sees these: `place` is the first of them."""
    states, found = token.text.run.kept[BEFORE, 0], list[float]()
    spans, before = groups(len(token.text.ids)), float(token.logprob(token.text.run.logits)[0])
    for start in range(0, len(spans), token.rows()):
        some = spans[start : start + token.rows()]
        run = token.inner.resumed(token.text, 0, states.expand(len(some), -1, -1), hidden=some)
        found += token.logprob(run.logits).tolist()
    return tuple(Effect(TOKEN, 0, at, value - before, None) for (at, _), value in zip(spans, found, strict=True))


def rollout(token: Token) -> tuple[float, ...]:
    """The share of each token in the last by attention rollout (arXiv:2005.00928, equation 1); nothing where the
    context is too long for whole patterns, or has none."""
    kept, inner = token.text.run.kept, token.inner
    if (MIXED, 0) not in kept:
        return ()
    count = len(token.text.ids)
    found = inner.torch.eye(count, device=kept[MIXED, 0].device)
    for layer in range(inner.layers):
        if (MIXED, layer) in kept:
            found = (kept[MIXED, layer][0] + inner.torch.eye(count, device=found.device)) / 2 @ found
    return tuple(found[-1].tolist())


def unchanged(token: Token) -> Proof:
    """The proof of all that is tried: values put in place of themselves change nothing, from whichever layer."""
    inner, logits = token.inner, []
    for layer in sorted({0, inner.layers // 2, inner.layers - 1}):
        kinds = [row.kind for row in inner.structure.blocks[layer].writers]
        edits = {(kind, layer): (lambda values: values.clone()) for kind in (*kinds, BEFORE, HEADS)}
        states = token.text.run.kept[BEFORE, layer]
        logits.append(inner.resumed(token.text, layer, states, edits, hidden=[(0, 0)]).logits[0])
    worst = max(logits, key=lambda row: float((row - token.logits).abs().max()))
    return proof(inner, "ablation", "a value put in place of itself changes nothing", worst, token.logits)
