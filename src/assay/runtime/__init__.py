"""Running a model: one small protocol for every way to do so. A runtime says what it can do, and has tried it.

Scoring a text that exists (teacher forcing) is the core: everything else is made of it. Log-probabilities are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from assay.facts.uncertainty import Capability, TokenScore

ALTERNATIVES = 5  # likeliest tokens that are kept for each place


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
