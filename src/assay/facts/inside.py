"""What was seen inside a model while it wrote one token: the views, and the proofs that each holds on this model."""

from __future__ import annotations

from typing import ClassVar

from assay.facts.section import SectionKind
from assay.facts.uncertainty import Alternative, Known
from assay.lazy import dataclass
from assay.visible import in_line

# what each view cannot tell: printed wherever it is shown
LIMITS = {
    "lens": "A lens shows what can be read off a layer, not what the model uses; early layers are often not readable.",
    "tuned": "A tuned lens was trained to read a layer, so that it may see what the model itself does not use.",
    "attribution": "Contributions are arithmetic with the final norm's scale held still: what a part wrote directly, "
    "not what would happen without it.",
    "tokens": "Cutting a token off says what happens without it; tokens that say the same replace each other.",
    "parts": "An ablated part is set to its mean over this prompt; later parts may make up for it.",
    "patching": "A patch says where the two prompts' difference is carried, for these two prompts.",
    "estimate": "An estimate follows the gradient: its error against real patches stands beside it.",
    "rollout": "Attention rollout multiplies attention and nothing else; what ablation says stands beside it.",
    "support": "How often words stand in the training data does not say that the model has them from there.",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A view tried on this model: what must hold, the largest error found, and the error at which it fails."""

    view: str
    claim: str
    error: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether the error is within the bound; an error that is no number is not."""
        return self.error <= self.bound


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A view that is not shown, and why: what was expected and what was found."""

    view: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a lens reads before a layer (`layer` 0: the embedding; as many as there are layers: after the last).

    `rank` (from 1) and `logprob` (nats) are the answer token's, `entropy` (nats) is that of the whole distribution.
    """

    layer: int
    rank: int
    logprob: float
    entropy: float
    tokens: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Trained:
    """How a tuned lens was trained: on what, how many tokens, how much better it reads tokens that it did not see.

    `better` are the layers where its distribution is nearer to the model's own (mean Kullback-Leibler divergence over
    `tried` tokens); `plain` and `tuned` are that divergence at every layer, in nats.
    """

    text: str
    tokens: int
    tried: int
    better: tuple[int, ...]
    plain: tuple[float, ...]
    tuned: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What one part of one layer adds to the answer's logit, and to its margin over the other token."""

    part: str
    layer: int
    logit: float
    margin: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The answer's logit as a sum: embedding, parts of layers, `constant` (shift of the norm, bias of the head).

    `heads` are the logits by [layer][head] (empty: not available); `tokens` what each token of the context gives
    through attention and, for the last, by itself.
    """

    logit: float
    margin: float
    constant: float
    parts: tuple[Share, ...]
    heads: tuple[tuple[float, ...], ...]
    tokens: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes when something is replaced: `real` was tried, `estimate` follows the gradient (None: not done).

    `part` and `layer` say what (the residual stream before a layer is "before"), `place` which head or token of the
    context (-1: all of them). The unit is that of the view.
    """

    part: str
    layer: int
    place: int
    real: float | None
    estimate: float | None


@dataclass(frozen=True, slots=True)
class Estimated:
    """How far estimates are from what was tried: pairs, rank correlation (None: too few), mean error, mean effect."""

    pairs: int
    correlation: float | None
    error: float
    size: float


@dataclass(frozen=True, slots=True)
class Ablation:
    """Change in the answer's log-probability (nats) without a token, a layer's part, or a head."""

    tokens: tuple[Effect, ...]
    parts: tuple[Effect, ...]
    heads: tuple[Effect, ...]
    estimated: Estimated
    rollout: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Patching:
    """Share of the way to the other prompt's answer when values of that prompt are put in.

    0: the answer stays as sure as it is; 1: the two answers stand as they do after the other prompt. `apart` is how far
    the margin between them has to go, in nats.
    """

    prompt: str
    answer: str
    words: tuple[str, ...]
    apart: float
    stream: tuple[Effect, ...]
    parts: tuple[Effect, ...]
    heads: tuple[Effect, ...]
    estimated: Estimated


@dataclass(frozen=True, slots=True)
class Inside:
    """One token of an answer, looked into. `words` are the tokens that stand before it, `answer` all that was written.

    `token` is its number in the answer, from 1; `other` is the likeliest other token.
    """

    model: str
    sha256: str
    runtime: str
    layers: int
    heads: int
    words: tuple[str, ...]
    prompt: int  # how many of the words are the prompt
    answer: tuple[str, ...]
    given: bool  # whether the answer was given, not written
    token: int
    logprob: float
    rank: int
    other: str
    other_logprob: float
    lens: tuple[Read, ...]
    tuned: tuple[Read, ...]
    trained: Trained | None
    attribution: Attribution | None
    ablation: Ablation | None
    patching: Patching | None
    support: Known | None
    supported: str  # the text that `support` is of: the question and the answer up to this token
    proofs: tuple[Proof, ...]
    unavailable: tuple[Unavailable, ...]

    def __repr__(self) -> str:
        looked = f"token {self.token:,} of {len(self.answer):,}"
        return f"<look inside {in_line(self.model)}: {looked}, of {self.layers:,} layers>"


@dataclass(frozen=True, slots=True)
class LookedInto:
    """One token of the answer to one question, looked into where an audit ran the model; `reason` says why it was not
    (empty: it was).
    """

    SECTION: ClassVar[SectionKind] = SectionKind("inside", 1)

    question: str
    found: Inside | None
    reason: str
