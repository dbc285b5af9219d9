"""Rules that read answers, each measured on labelled texts that come with assay (`labelled/NAME.jsonl`).

A line is `{"text": ..., "label": true}`, with whatever else the rule reads; the texts were written or picked from
answers of a small model and labelled by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from assay.facts.behaviour import Detector

LABELLED = Path(__file__).with_name("labelled")


@cache
def rows(name: str) -> tuple[dict[str, Any], ...]:
    """The labelled texts of a rule."""
    return tuple(map(json.loads, (LABELLED / f"{name}.jsonl").read_text("utf-8").splitlines()))


def measured(name: str, said: str, rule: Callable[[dict[str, Any]], bool]) -> Detector:
    """How well a rule does on its labelled texts.

    Args:
        name: of the file with the texts.
        said: what the rule says yes to, in words.
        rule: given a line of the file.
    """
    found = [(rule(row), bool(row["label"])) for row in rows(name)]
    return Detector(
        said,
        len(found),
        sum(yes and label for yes, label in found),
        sum(yes and not label for yes, label in found),
        sum(label and not yes for yes, label in found),
    )
