"""The attacks that `python -m benchmarks.attacks` runs: one of each part, so that the parts themselves keep working."""

from __future__ import annotations

import sys

import pytest
from benchmarks.attacks import attack, kills, resources
from benchmarks.attacks.__main__ import PARTS


def test_an_attack_that_wants_a_yes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert PARTS["answers"] is attack.main and attack.main(["model's weights", "signature is written"]) == 0
    assert capsys.readouterr().out.endswith("1 attacks, 0 wrong yes\n")


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
def test_a_costly_input_is_within_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert resources.main(["nested 200,000 deep", "config"]) == 0
    assert "1 inputs, 0 beyond" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="what runs on is seen in /proc")
@pytest.mark.parametrize("words", [["TERM", "values"], ["KILL", "sign, writing"]])
def test_nothing_is_left_of_an_audit_that_is_killed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert kills.main(words, tries=1) == 0
    assert capsys.readouterr().out.endswith("1 kills, 0 kinds of kill that left something wrong\n")
