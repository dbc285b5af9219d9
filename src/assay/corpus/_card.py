"""What is said of a data set beside its files, its card or its Croissant file, read in the locked worker."""

from __future__ import annotations

from pathlib import Path

from assay import formats
from assay.facts.text import ModelCard
from assay.isolation import reader_for
from assay.subject import walked


def card(path: Path, module: str) -> tuple[ModelCard | None, str]:
    """What a reader of `assay.formats` gives of the file, or None, and why there is nothing.

    Raises UsageError where there is no file.
    """
    walk = walked(path)
    (entry,) = walk.entries
    reader = reader_for(walk, (module,))
    try:
        found = reader.read(entry.path, formats.load(module), entry.place)
    finally:
        reader.close()
    cards = [fact for fact in found.facts if isinstance(fact, ModelCard)]
    return (cards[0], "") if cards else (None, found.obstacle.reason if found.obstacle else "it says nothing")
