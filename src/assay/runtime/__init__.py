"""Run a model: small protocols, one for each thing that a runtime may do, over what every runtime says of itself.

A function asks for the protocols that it needs; `can` says which of them were tried and work. Scoring a text that
exists (teacher forcing) is the core. Log-probabilities are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard, runtime_checkable

from assay.errors import UsageError
from assay.facts.uncertainty import Capability, Sample, TokenScore
from assay.lazy import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALTERNATIVES = 5  # likeliest tokens that are kept at each position

# a prompt after which a model that samples writes something else each time: how often, and how many tokens of it
OPEN, DRAWN, LENGTH = "A list of words at random, each quite unlike the one before:", 3, 12


@dataclass(frozen=True, slots=True)
class Trace:
    """A text that was scored, with attention and one hidden state from the same pass.

    `attention` is float32[layers, heads, tokens], the middle third of the layers: the share of each head's attention
    that goes, at each token of the text, to the token before it. `state` is float32[width]: the last token of the
    prompt after two thirds of the layers, before anything of the text was read.
    """

    tokens: tuple[TokenScore, ...]
    attention: NDArray[np.float32]
    state: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, with the trace of the same passes (None: it wrote nothing, or shows none)."""

    tokens: tuple[TokenScore, ...]
    trace: Trace | None

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(token.text for token in self.tokens)


@runtime_checkable
class Runtime(Protocol):
    """A model that is ready to run: what it is, and what it can do."""

    @property
    def name(self) -> str:
        """How the model runs, for a record: library and version, type of numbers."""

    @property
    def model(self) -> str:
        """What runs: the model's name."""

    @property
    def sha256(self) -> str:
        """The digest of its files (as in the dossier of an audit), or nothing where it cannot be known."""

    @property
    def can(self) -> frozenset[Capability]:
        """What it can do; each was tried."""


@runtime_checkable
class Scores(Runtime, Protocol):
    """A runtime with the log-probability of each token of a given text."""

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """Every token of `text` as it follows `prompt`; the characters are those of `text`.

        Raises UsageError where the two are longer than the model's context, where the text is empty, and where the
        tokenizer cannot give it back.
        """


@runtime_checkable
class Generates(Runtime, Protocol):
    """A runtime that writes, and scores what it writes."""

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """At most `most` tokens that follow `prompt`, each as soon as it is known; greedy at temperature 0.

        The same seed gives the same tokens.
        """


@runtime_checkable
class Samples(Runtime, Protocol):
    """A runtime that gives several answers to one prompt."""

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """`count` texts of at most `most` tokens, sampled independently; each ends before `stop`.

        The same seed gives the same texts.
        """


@runtime_checkable
class Told(Runtime, Protocol):
    """A runtime that may be told how to sample, and sample otherwise: a server."""

    def unheeded(self, seed: int) -> frozenset[str]:
        """Which of `temperature` and `seed` make no difference to it, found out by asking with this seed."""


@runtime_checkable
class Batches(Runtime, Protocol):
    """A runtime that reads and answers several prompts side by side: as each alone, up to rounding."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, tuple[TokenScore, ...] | None]]:
        """As `Scores.score`, for several pairs of prompt and text: (number of the pair, its tokens) as they are done.

        None stands for the tokens of a pair that cannot be scored.
        """

    def batches(self, prompts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """The prompts, by number, as they are best asked together; the same prompts give the same batches."""

    def answers(self, prompts: Sequence[str], most: int, stop: str = "") -> tuple[Answer, ...]:
        """At most `most` tokens after each prompt, greedily, up to the token that holds `stop`."""

    def samples(
        self,
        prompts: Sequence[str],
        count: int,
        most: Sequence[int],
        temperature: float,
        seed: int,
        stop: str = "",
    ) -> tuple[tuple[Sample, ...], ...]:
        """As `Samples.sample`, for several prompts, with the most tokens for each."""


@runtime_checkable
class Traces(Runtime, Protocol):
    """A runtime that shows attention and hidden states."""

    def trace(self, prompt: str, text: str) -> Trace:
        """As `score`, with what the network computed in the same pass."""


@runtime_checkable
class Chats(Runtime, Protocol):
    """A runtime that renders a conversation by the model's own template."""

    def rendered(self, user: str, system: str = "") -> str:
        """A conversation of one message, up to where the answer begins (UsageError: it has no template)."""


def can_score(runtime: Runtime) -> TypeGuard[Scores]:
    """Whether it scores given texts."""
    return Capability.SCORE in runtime.can and isinstance(runtime, Scores)


def scored(
    runtime: Scores, pairs: Sequence[tuple[str, str]], step: Callable[[], None] = lambda: None
) -> tuple[tuple[TokenScore, ...] | None, ...]:
    """The tokens of each text after its prompt, read side by side where the runtime can; `step` is called for each.

    None stands for a text that cannot be scored (`Scores.score` says why).
    """
    found: list[tuple[TokenScore, ...] | None] = [None] * len(pairs)
    one_by_one = ((number, tried(runtime, *pair)) for number, pair in enumerate(pairs))
    for number, tokens in runtime.scores(pairs) if isinstance(runtime, Batches) else one_by_one:
        found[number] = tokens
        step()
    return tuple(found)


def tried(runtime: Scores, prompt: str, text: str) -> tuple[TokenScore, ...] | None:
    """The tokens of a text after its prompt; None where it cannot be scored."""
    try:
        return runtime.score(prompt, text)
    except UsageError:
        return None


def can_generate(runtime: Runtime) -> TypeGuard[Generates]:
    """Whether it scores what it writes."""
    return Capability.GENERATE in runtime.can and isinstance(runtime, Generates)


def can_sample(runtime: Runtime) -> TypeGuard[Samples]:
    """Whether it gives several answers to one prompt."""
    return Capability.SAMPLE in runtime.can and isinstance(runtime, Samples)


def unheeded(runtime: Runtime, seed: int) -> frozenset[str]:
    """Which of `temperature` and `seed` it does not heed when it samples."""
    return runtime.unheeded(seed) if isinstance(runtime, Told) else frozenset()


def can_trace(runtime: Runtime) -> TypeGuard[Traces]:
    """Whether it shows attention and hidden states."""
    return Capability.TRACE in runtime.can and isinstance(runtime, Traces)


def conversation(runtime: Runtime, user: str, system: str = "") -> str:
    """The prompt of a conversation of one message (UsageError: the runtime has no template to render it with)."""
    if not isinstance(runtime, Chats):
        raise UsageError(f"{runtime.name} renders no conversation: give the prompt as the model is to read it")
    return runtime.rendered(user, system)


def can_batch(runtime: Runtime) -> TypeGuard[Batches]:
    """Whether it answers several prompts side by side."""
    return can_generate(runtime) and isinstance(runtime, Batches)
