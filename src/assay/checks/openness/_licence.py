"""Licence tags and texts of a model, shared by the licence checks."""

from __future__ import annotations

from assay.facts.finding import Evidence
from assay.facts.text import LicenceText, ModelCard, PublisherClaims, Stated

Declared = tuple[tuple[str, Stated], ...]


def declared(cards: tuple[ModelCard, ...], claims: tuple[PublisherClaims, ...]) -> Declared:
    """(artifact, claim) for each licence tag: the card's at the top of the folder, then those of weight files."""
    tags = [(card.artifact, claim) for card in cards if "/" not in card.artifact for claim in card.stated("license")]
    return (*tags, *((row.artifact, claim) for row in claims for claim in row.stated("license")))


def place(artifact: str, seen: str, line: int | None, name: str = "license") -> Evidence:
    """Where a licence is stated: a line of a card or text, or (line 0 or None) the metadata of a weight file."""
    return Evidence(artifact, seen, line=line or None, pointer=None if line else "general.license", name=name)


def main_texts(texts: tuple[LicenceText, ...]) -> tuple[LicenceText, ...]:
    """The licence texts at the top of the folder that are no mere notices."""
    return tuple(text for text in texts if "/" not in text.artifact and not text.notice)
