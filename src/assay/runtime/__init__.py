"""Running a model: one small protocol for every way to do so. A runtime says what it can do, and has tried it.

Scoring a text that exists (teacher forcing) is the core: everything else is made of it. Log-probabilities are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assay.facts.uncertainty import Capability, Sample, TokenScore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALTERNATIVES = 5  # likeliest tokens that are kept for each place


@dataclass(frozen=True, slots=True)
class Trace:
    """A text that was scored, and what went on inside meanwhile.

    `attention` is float32[layers, heads, tokens], the middle third of the layers: the share of each head's attention that goes, at each token of the text, to the token
    before it. `state` is float32[width]: the last token of the prompt after two thirds of the layers, before anything of the text was read.
    """

    tokens: tuple[TokenScore, ...]
    attention: NDArray[np.float32]
    state: NDArray[np.float32]


class Runtime(Protocol):
    """A model that can be asked."""

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

    def rendered(self, user: str, system: str = "") -> str:
        """A conversation of one message, up to where the answer begins (UsageError: it has no template)."""

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """Every token of `text` as it follows `prompt`; the characters are those of `text`.

        Raises UsageError where the two are longer than the model's context, where the text is empty, and where the tokenizer
        cannot give it back.
        """

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """At most `most` tokens that follow `prompt`, each as soon as it is known; greedy at temperature 0. Same seed, same tokens."""

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """`count` texts of at most `most` tokens, each drawn on its own, the prompt read once; each ends before `stop`. Same seed, same texts."""

    def trace(self, prompt: str, text: str) -> Trace:
        """As `score`, in the same one pass, with a look inside."""
