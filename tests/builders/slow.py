"""A model that writes when it is let, and fails when it is asked to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from assay.errors import UsageError
from assay.facts.uncertainty import Alternative, Capability, TokenScore

HOSTILE = "<img src=x onerror=alert(1)>"
WORDS = ("The", " capital", " is", " Canberra", ",", " says", f" {HOSTILE}", "\n", "King", " O'Malley", ".")


class Slow:
    """A runtime, as a package from elsewhere could bring it, whose tokens come when they are let through."""

    name, sha256 = "slow", ""
    can = frozenset({Capability.GENERATE})

    def __init__(self, model: str = f"slow {HOSTILE}", words: tuple[str, ...] = WORDS) -> None:
        self.model, self._words = model, words
        self.gate = threading.Semaphore(0)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        if "fail" in prompt:
            raise UsageError(f"it cannot answer {HOSTILE}")
        at = 0
        for number, text in enumerate(self._words[:most]):
            assert self.gate.acquire(timeout=60)
            if "burn" in prompt and number == 2:
                raise RuntimeError(f"out of memory {HOSTILE}")
            others = (Alternative(HOSTILE, -0.5), Alternative(" King", -2.0))
            yield TokenScore(text, at, at + len(text), -1.5 * (number % 6), 1.0, -0.5, 2, others)
            at += len(text)

    def let(self, count: int) -> None:
        for _ in range(count):
            self.gate.release()
