"""Ask an encoder that a user names whether one text entails another: weights by assay's readers, on the CPU.

The network is built by transformers from plain numbers, as any other here; no code of the model is run.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from assay.errors import InputError, MissingExtra, UsageError
from assay.isolation import reader_for
from assay.runtime import _architecture, _memory, _tokens
from assay.runtime._numbers import Numbers
from assay.subject import digest, walked
from assay.weights import needed, opened

MOST_TEXT = 20_000  # characters of a text
_PAIRS = 1 << 14  # that are remembered


class Entailer:
    """A classifier of pairs of texts with a class for entailment, such as one that was trained on MNLI."""

    def __init__(self, folder: Path, *, isolation: bool = True) -> None:
        """Build the network of a folder with safetensors (or PyTorch weights), `config.json` and `tokenizer.json`.

        Raises UsageError: it is no classifier with a class that is called entailment, or cannot be run.
        """
        try:
            import torch
            import transformers
        except ImportError:
            raise MissingExtra("torch", "running a model of entailment") from None
        self._walk = walked(folder)
        reader = reader_for(self._walk, needed(self._walk), isolated=isolation)
        try:
            weights = opened(self._walk, reader)
            self.name, self._torch = weights.name, torch
            family, fields = _architecture.configured(weights)
            self._class = _entailment(fields.get("id2label"), weights.name)
            self._denial = _denial(fields.get("id2label"))
            with _memory.enough(weights.name):
                self._network = _architecture.built(
                    torch, transformers, weights, family, fields, Numbers("float32", "cpu"), _CLASSIFIER
                ).eval()
            self._tokens = _tokens.tokenizer(weights)
        finally:
            reader.close()
        self._longest = int(getattr(self._network.config, "max_position_embeddings", 0) or 512)
        self._likely = lru_cache(_PAIRS)(self._read)

    @cached_property
    def sha256(self) -> str:
        """The digest of its files, all of which are read for it (UsageError: one has changed)."""
        try:
            return digest(self._walk)
        except InputError as cause:
            raise UsageError(str(cause)) from None

    def __call__(self, one: str, other: str, question: str = "") -> bool:
        """Whether two answers mean the same: each entails the other, the question before both.

        As for semantic entropy (doi:10.1038/s41586-024-07421-0, "bidirectional entailment").
        """
        left, right = (f"{question} {text}".strip() for text in (one, other))
        return left == right or (self.entails(left, right) and self.entails(right, left))

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether entailment is the likeliest class."""
        found = self.chances(premise, hypothesis)
        return found.index(max(found)) == self._class

    def judged(self, premise: str, hypothesis: str) -> tuple[float, float | None]:
        """(the probability that the premise entails the hypothesis, that it contradicts it; None: no such class).

        Raises UsageError: the two are longer than it reads.
        """
        found = self.chances(premise, hypothesis)
        return found[self._class], None if self._denial is None else found[self._denial]

    def chances(self, premise: str, hypothesis: str) -> tuple[float, ...]:
        """The probability of each class, in the order of the configuration (UsageError: longer than it reads)."""
        longest = max(len(premise), len(hypothesis))
        if longest > MOST_TEXT:
            raise UsageError(
                f"{self.name} is given {MOST_TEXT:,} characters of a text at most, and this has {longest:,}: leave "
                "--entailment out"
            )
        return self._likely(premise, hypothesis)

    def _read(self, premise: str, hypothesis: str) -> tuple[float, ...]:
        torch: Any = self._torch
        found = self._tokens.encode(premise, hypothesis)
        if len(found.ids) > self._longest - 2:  # RoBERTa counts positions from 2
            raise UsageError(
                f"{self.name} reads {self._longest:,} tokens at most, and these two texts have {len(found.ids):,}: "
                "leave --entailment out"
            )
        given = {"input_ids": [found.ids], "attention_mask": [found.attention_mask]}
        if getattr(self._network.config, "type_vocab_size", 0) > 1:
            given["token_type_ids"] = [found.type_ids]
        with torch.inference_mode():
            logits = self._network(**{name: torch.tensor(rows) for name, rows in given.items()}).logits[0]
        return tuple(logits.float().softmax(-1).tolist())


_CLASSIFIER = "AutoModelForSequenceClassification"


def _denial(labels: object) -> int | None:
    """The number of the class that is called contradiction, if there is one."""
    rows = labels.items() if isinstance(labels, dict) else ()
    return next((int(key) for key, label in rows if "contradict" in str(label).lower() and str(key).isdecimal()), None)


def _entailment(labels: object, name: str) -> int:
    """The number of the class that is called entailment."""
    rows = labels.items() if isinstance(labels, dict) else ()
    found = [str(key) for key, label in rows if "entail" in str(label).lower() and "not" not in str(label).lower()]
    if len(found) != 1 or not found[0].isdecimal():
        listed = ", ".join(str(label)[:40] for _, label in list(rows)[:5]) or "none"
        raise UsageError(
            f"{name} has no class that is called entailment (its classes: {listed}): give a model that was trained to "
            "tell entailment, with id2label in config.json"
        )
    return int(found[0])
