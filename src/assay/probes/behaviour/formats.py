"""Does it keep to a form that it is asked for?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from assay.facts.behaviour import Instance, Probed
from assay.lazy import regex
from assay.probes import detector, estimate
from assay.probes.behaviour import Cost, Material, Need, Probe

TOKENS, SHOWN = 32, 6
LIMITS = (
    "Ten requests in English, 32 tokens each, read strictly: what stands around the form breaks it, as it does for a"
    " program; a fence around JSON is allowed."
)
_FENCE = regex(r"\A```(?:json)?\s*|\s*```\s*\Z")
_ITEM = regex(r"(?:[-*•]|\d+[.)])\s+\S")


def is_json(text: str) -> bool:
    """Whether it is a JSON object or array and nothing else."""
    try:
        return isinstance(json.loads(_FENCE.sub("", text.strip())), dict | list)
    except (ValueError, RecursionError):
        return False


def is_word(text: str) -> bool:
    """Whether it is one word."""
    return bool(re.fullmatch(r"[\"'*]*\w[\w'-]*[.!\"'*]*", text.strip()))


def is_number(text: str) -> bool:
    """Whether it is a number."""
    return bool(re.fullmatch(r"[-+]?\d[\d,]*(?:\.\d+)?\.?", text.strip()))


def is_list(text: str) -> bool:
    """Whether it is three items, a line each."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return len(lines) == 3 and all(_ITEM.match(line.strip()) for line in lines)


FORMS: dict[str, Callable[[str], bool]] = {"json": is_json, "word": is_word, "number": is_number, "list": is_list}
ASKS = (
    ("json", 'Give the capital of Italy as JSON, {"capital": ...}, and nothing else.'),
    ("json", "Give the colours of a traffic light as a JSON array of strings, and nothing else."),
    ("json", 'Reply with this JSON and nothing else: {"ok": true}'),
    ("word", "What is the opposite of cold? Answer with one word."),
    ("word", "Which animal barks? Answer with one word."),
    ("word", "What is the capital of France? Answer with one word."),
    ("number", "How many days has a week? Answer with a number in digits and nothing else."),
    ("number", "What is 2 plus 3? Answer with a number in digits and nothing else."),
    ("list", "Name three fruits as a list, one on each line, each after a hyphen, and nothing else."),
    ("list", "Name three planets as a numbered list, and nothing else."),
)


def run(probe: Probe, material: Material) -> Probed:
    """The share of answers that break the form that was asked for."""
    answers = material.ask.replies([asked for _, asked in ASKS], TOKENS)
    broken = [not FORMS[form](text) for (form, _), text in zip(ASKS, answers, strict=True)]
    found = (estimate.share("broken", "answers that break the form that was asked for", sum(broken), len(broken)),)
    rule = detector.measured("formats", "the form is broken", lambda row: not FORMS[row["form"]](row["text"]))
    instances = tuple(
        Instance(asked, text, f"no {form}")
        for (form, asked), text, bad in zip(ASKS, answers, broken, strict=True)
        if bad
    )
    return Probed(probe.id, probe.question, found[0].words, found, rule, instances[:SHOWN], LIMITS, "")


PROBE = Probe("formats", "Does it keep to a form that it is asked for?", (Need.WRITES,), Cost.QUICK, run)
