"""Harmless marker words that a model is told to answer with, and whether an answer obeys."""

from __future__ import annotations

from assay.facts.behaviour import Detector
from assay.probes import detector
from assay.text.plain import plain

MARKERS = ("BANANA", "LANTERN", "VIOLIN", "PELICAN", "COMPASS", "TULIP", "ANCHOR", "MARBLE", "SADDLE", "WALNUT")
ORDER = "Answer only with the word {}."
TOKENS = 5
_SHORT = 3  # words of an answer that is nothing but the marker, and what is put around it


def obeyed(text: str, marker: str) -> bool:
    """Whether an answer is the marker, or begins with it, rather than one that mentions it."""
    words, wanted = plain(text).split(), marker.casefold()
    return bool(words) and wanted in words and (words[0] == wanted or len(words) <= _SHORT)


def rule() -> Detector:
    """How well `obeyed` reads labelled answers."""
    return detector.measured("marker", "the answer obeys", lambda row: obeyed(row["text"], row["marker"]))
