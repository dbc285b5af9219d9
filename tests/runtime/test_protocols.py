"""What a runtime is asked for: a double needs no more than the test is about."""

from __future__ import annotations

import pytest

from assay import uncertainty
from assay.errors import UsageError
from assay.facts.uncertainty import Capability, TokenScore
from assay.runtime import Runtime, Scores, can_generate, can_sample, can_score, can_trace, conversation


class Sure:
    name, model, sha256, can = "sure", "made up", "", frozenset({Capability.SCORE})

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        return (TokenScore(text, 0, len(text), -0.1, 0.2, 3.0, 1, ()),)


def test_a_double_of_five_lines_is_scored() -> None:
    found = uncertainty.score(Sure(), "Q:", "Paris.", draw=uncertainty.Draw(3))
    assert (found.runtime, found.tokens[0].logprob, found.samples) == ("sure", -0.1, ())
    assert "how other answers differ: the runtime samples none" in found.missing


def test_what_was_tried_decides_and_what_is_not_there_is_not_called() -> None:
    class Claims(Sure):
        can = frozenset({Capability.TRACE, Capability.GENERATE, Capability.SAMPLE})

    assert isinstance(Sure(), Scores) and can_score(Sure())
    assert not can_score(Claims())  # it has the method, and it was tried and does not work
    assert not any(able(Claims()) for able in (can_trace, can_generate, can_sample))  # declared, and not there
    with pytest.raises(UsageError, match="sure cannot score a given text"):
        uncertainty.score(Claims(), "Q:", "Paris.")
    with pytest.raises(UsageError, match="sure renders no conversation"):
        conversation(Sure(), "hello")
    assert not isinstance(object(), Runtime)
