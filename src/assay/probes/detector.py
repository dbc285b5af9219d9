"""Rules that read answers, each measured on answers that were not seen when it was made (`labelled/held_out`).

A line is `{"text": ..., "label": true}`, with whatever else the rule reads. The held-out texts are answers of two small
models to questions that no rule was made with, labelled by reading; what a reader could not decide was left out. The
texts that rules were made with lie beside them (`labelled/NAME.jsonl`) and hold the rules to what they do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from assay.facts.behaviour import Detector

LABELLED = Path(__file__).with_name("labelled")


HELD_OUT = LABELLED / "held_out"


@cache
def rows(path: Path) -> tuple[dict[str, Any], ...]:
    """The labelled texts of a file."""
    return tuple(map(json.loads, path.read_text("utf-8").splitlines()))


def measured(name: str, said: str, rule: Callable[[dict[str, Any]], bool], folder: Path = HELD_OUT) -> Detector:
    """How well a rule does on labelled texts, those that it was not made with.

    Args:
        name: of the file with the texts.
        said: what the rule says yes to, in words.
        rule: given a line of the file.
        folder: where the file lies.
    """
    found = [(rule(row), bool(row["label"])) for row in rows(folder / f"{name}.jsonl")]
    return Detector(
        said,
        len(found),
        sum(yes and label for yes, label in found),
        sum(yes and not label for yes, label in found),
        sum(label and not yes for yes, label in found),
    )
