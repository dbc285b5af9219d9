"""Excerpts of documents, changed as people and models change them."""

from __future__ import annotations

import json
import random
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus

KINDS = ("verbatim", "re-wrapped", "re-cased", "smart-quoted", "one word edited per 20")


def excerpts(path: Path, opened: Corpus, count: int) -> list[tuple[str, str]]:
    """(id, text) of passages that the corpus holds exactly once."""
    chosen = random.Random(11)
    lines = path.read_text().splitlines()
    found: list[tuple[str, str]] = []
    while len(found) < count:
        row = json.loads(chosen.choice(lines))
        words = row["text"].split()
        size = chosen.randrange(60, 121)
        if len(words) <= size:
            continue
        start = chosen.randrange(len(words) - size)
        own = " ".join(words[start : start + size])
        at = row["text"].find(words[start])
        piece = _piece(row["text"], words[start : start + size], at)
        if piece and opened.count(own) == 1:
            found.append((row["id"], piece))
    return found


def _piece(text: str, words: list[str], at: int) -> str:
    """The words as they stand in the text, with its line breaks."""
    import re

    found = re.compile(r"\s+".join(map(re.escape, words))).search(text, max(0, at))
    return found[0] if found else ""


def plant(text: str, kind: str, chosen: random.Random) -> str:
    """The excerpt, changed."""
    words = text.split()
    match kind:
        case "re-wrapped":
            return textwrap.fill(" ".join(words), chosen.randrange(40, 100))
        case "re-cased":
            return text.upper() if chosen.random() < 0.5 else text.title()
        case "smart-quoted":
            return text.replace("'", "\u2019").replace('"', "\u201d").replace("-", "\u2011").replace("...", "\u2026")
        case "one word edited per 20":
            for start in range(0, len(words), 20):
                words[start + chosen.randrange(min(20, len(words) - start))] = chosen.choice(
                    ("however", "indeed", "roughly", "that", "many")
                )
            return " ".join(words)
        case _:
            return text
