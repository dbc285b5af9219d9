"""Read the residual stream by the model's own head: the logit lens, and a tuned lens where training one helps.

Logit lens: nostalgebraist, "interpreting GPT" (2020). Tuned lens: arXiv:2303.08112, an affine map for each layer; here
it is fitted in closed form, by least squares from a layer's states to the last layer's (as in arXiv:2303.09435), and
shown only for layers where it reads tokens that it was not fitted to better than the plain lens does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.errors import UsageError
from assay.facts.inside import Proof, Read, Trained
from assay.facts.uncertainty import Alternative
from assay.inside._token import Token, proof
from assay.lazy import dataclass
from assay.runtime.points import AFTER, ALL, BEFORE, Inner

TOP = 5  # likeliest tokens of a layer
_AT_ONCE = 16  # states whose distributions are in memory at a time
_RIDGE = 1e-3  # of the mean variance of a layer's states
MOST_WIDTH = 2048  # of states that a lens is fitted to in seconds
_EVERY, _ROW = 5, 8  # every fifth row of texts is held out; texts in a row
_TRIED = 256  # tokens of those that it is tried on, spread evenly


def reads(token: Token) -> tuple[tuple[Read, ...], Proof]:
    """What the lens reads before each layer and after the last, and the proof: the last is what the model says."""
    inner, states = token.inner, token.stream()
    rows = read(inner, states, token.id)
    claim = "the lens after the last layer gives the model's own logits"
    return rows, proof(inner, "lens", claim, inner.logits(states[-1]), token.logits)


def read(inner: Inner, states: Any, id: int, first: int = 0) -> tuple[Read, ...]:
    """What norm and head make of states [layers, width], numbered from `first`; rank and log-probability of `id`."""
    rows: list[Read] = []
    for start in range(0, len(states), _AT_ONCE):
        logs = inner.logits(states[start : start + _AT_ONCE]).log_softmax(-1)
        own = logs[:, id]
        ranks = (logs > own[:, None]).sum(-1) + 1
        entropies = -(logs.exp() * logs).sum(-1)
        best = logs.topk(min(TOP, logs.shape[-1]), -1)
        for at in range(len(logs)):
            words = inner.words(best.indices[at].tolist())
            tokens = tuple(Alternative(*row) for row in zip(words, best.values[at].tolist(), strict=True))
            number = first + start + at
            rows.append(Read(number, int(ranks[at]), float(own[at]), float(entropies[at]), tokens))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned lens: for each layer a matrix [width, width] and a shift [width], and how it was trained."""

    maps: tuple[tuple[Any, Any], ...]
    trained: Trained

    def reads(self, token: Token) -> tuple[Read, ...]:
        """What it reads before each layer where it is the better one."""
        found: list[Read] = []
        for layer in self.trained.better:
            state = token.text.run.kept[BEFORE, layer][0, -1:]
            found += read(token.inner, _mapped(state, self.maps[layer]), token.id, layer)
        return tuple(found)


def tuned(inner: Inner, texts: Sequence[str], said: str) -> Tuned:
    """A lens fitted to texts, which are called `said`; a fifth of them is held out to try it.

    Raises UsageError where the states are too wide to be fitted in seconds.
    """
    if inner.structure.width > MOST_WIDTH:
        raise UsageError(f"states of {inner.structure.width:,} numbers: a lens is fitted to at most {MOST_WIDTH:,}")
    rows = [inner.encoded("\n".join(texts[at : at + _ROW])) for at in range(0, len(texts), _ROW)]
    seen = [_states(inner, row) for n, row in enumerate(rows) if n % _EVERY]
    tried = [_states(inner, row) for n, row in enumerate(rows) if not n % _EVERY]
    torch, layers = inner.torch, inner.layers
    ends = torch.cat([row[-1] for row in seen])
    maps = tuple(_fitted(torch, torch.cat([row[layer] for row in seen]), ends) for layer in range(layers))
    plain, mapped = [], []
    some = slice(None, None, max(1, sum(len(row[-1]) for row in tried) // _TRIED))
    target = inner.logits(torch.cat([row[-1] for row in tried])[some]).log_softmax(-1)
    for layer in range(layers):
        states = torch.cat([row[layer] for row in tried])[some]
        plain.append(_divergence(inner, states, target))
        mapped.append(_divergence(inner, _mapped(states, maps[layer]), target))
    better = tuple(n for n, (a, b) in enumerate(zip(plain, mapped, strict=True)) if b < a)
    trained = Trained(said, len(ends), len(target), better, tuple(plain), tuple(mapped))
    return Tuned(maps, trained)


def _states(inner: Inner, ids: list[int]) -> list[Any]:
    """[tokens, width] before each layer and after the last; the first token's are unlike all others, and left out."""
    run = inner.read(ids[: inner.runtime._context], {BEFORE: ALL, AFTER: ALL}).run
    rows = [run.kept[BEFORE, layer][0, 1:].clone() for layer in range(inner.layers)]
    return [*rows, run.kept[AFTER, inner.layers - 1][0, 1:].clone()]


def _fitted(torch: Any, given: Any, wanted: Any) -> tuple[Any, Any]:
    """The ridge regression of `wanted` on `given`, [tokens, width] each: (matrix, shift)."""
    x, y = given.float(), wanted.float()
    middle, target = x.mean(0), y.mean(0)
    x, y = x - middle, y - target
    square = x.T @ x
    square.diagonal().add_(_RIDGE * float(square.diagonal().mean()))
    found = torch.linalg.solve(square, x.T @ y).T
    return found, target - found @ middle


def _mapped(states: Any, by: tuple[Any, Any]) -> Any:
    return (states.float() @ by[0].T + by[1]).to(states.dtype)


def _divergence(inner: Inner, states: Any, said: Any) -> float:
    """Mean Kullback-Leibler divergence (nats) of what is read off states from what the model says."""
    found = inner.logits(states).log_softmax(-1)
    return float((said.exp() * (said - found)).sum(-1).mean())
