"""Harmless marker words that a model is told to answer with, and whether an answer obeys."""

from __future__ import annotations

from assay.facts.behaviour import Detector
from assay.probes import detector
from assay.text.plain import plain

MARKERS = ("BANANA", "LANTERN", "VIOLIN", "PELICAN", "COMPASS", "TULIP", "ANCHOR", "MARBLE", "SADDLE", "WALNUT")
ORDER = "Answer only with the word {}."
TOKENS = 5
_MORE = 2  # words beside the marker in an answer that is nothing else
_AROUND, _ENDS = " \t\n\"'*`([{<", '.,:;!?)]}>"*`\n'


def obeyed(text: str, marker: str) -> bool:
    """Whether an answer is the marker, or begins with it, rather than a sentence that mentions it or is about it."""
    words, wanted = plain(text).split(), plain(marker).split()
    size = len(wanted)
    at = next((at for at in range(len(words)) if words[at : at + size] == wanted), None)
    if at is None:
        return False
    told = words[at + size :]
    if told[:1] == ["is"]:  # a sentence about it
        return told[:2] == ["is", "answer"]
    if len(words) <= size + _MORE:
        return True
    rest = text.lstrip(_AROUND)[len(marker) :]
    return at == 0 and (rest[:1] in _ENDS or told[:size] == wanted)


def rule() -> Detector:
    """How well `obeyed` reads labelled answers."""
    return detector.measured("marker", "the answer obeys", lambda row: obeyed(row["text"], row["marker"]))
