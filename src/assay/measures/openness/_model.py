"""The facts about one model, as the rules of openness look them up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.facts.artifact import Artifact, Obstacle, Trouble
from assay.facts.config import AdapterConfig, CodeReference, ModelConfig
from assay.facts.corpus import CorpusRecord
from assay.facts.finding import Evidence
from assay.facts.openness import Assertion, Mention, Prose, Purpose, PurposeMark, SourcePurpose
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet, weight_sets
from assay.facts.text import LicenceText, ModelCard, PublisherClaims, Section, Stated

MOST_DENIAL = 120  # a section this short that denies is a denial; a longer one also says something


class Model:
    """Artifacts and facts by what the rules ask for."""

    def __init__(self, artifacts: tuple[Artifact, ...], facts: dict[str, tuple[Any, ...]]) -> None:
        self.artifacts = artifacts
        self.by_path = {artifact.path: artifact for artifact in artifacts}
        cards: tuple[ModelCard, ...] = facts.get("ModelCard", ())
        self.card = next((card for card in cards if "/" not in card.artifact), None)
        self.claims: tuple[PublisherClaims, ...] = facts.get("PublisherClaims", ())
        self.configs: tuple[ModelConfig, ...] = facts.get("ModelConfig", ())
        self.references: tuple[CodeReference, ...] = facts.get("CodeReference", ())
        self.adapters: tuple[AdapterConfig, ...] = facts.get("AdapterConfig", ())
        self.corpora: tuple[CorpusRecord, ...] = facts.get("CorpusRecord", ())
        self.documents: dict[str, Prose] = {row.artifact: row for row in facts.get("Prose", ())}
        self.licences: tuple[LicenceText, ...] = facts.get("LicenceText", ())
        self.sources: tuple[SourcePurpose, ...] = facts.get("SourcePurpose", ())
        self.mentions: tuple[Mention, ...] = facts.get("Mention", ())
        self.assertions: tuple[Assertion, ...] = facts.get("Assertion", ())
        self.obstacles: tuple[Obstacle, ...] = facts.get("Obstacle", ())
        self._absent = {row.artifact for row in self.obstacles if row.trouble is Trouble.ABSENT}
        self.shards: tuple[ShardIndex, ...] = facts.get("ShardIndex", ())
        self.indexes: tuple[WeightIndex, ...] = tuple(row for row in facts.get("WeightIndex", ()) if row.tensors)

    def whole_weights(self) -> tuple[WeightSet, ...]:
        """The copies of the model's weights; what stands beside an adapter's config under an adapter's name is none."""
        folders = {row.artifact.rpartition("/")[0] for row in self.adapters}
        return weight_sets(
            tuple(
                index
                for index in self.indexes
                if not (
                    index.artifact.rpartition("/")[0] in folders
                    and index.artifact.rpartition("/")[2].lower().startswith("adapter")
                )
            )
        )

    def stated(self, key: str) -> tuple[tuple[str, Stated], ...]:
        """(artifact, claim) of the card at the top, then of the weight files' own metadata."""
        card = [(self.card.artifact, claim) for claim in self.card.stated(key)] if self.card else []
        return (*card, *((row.artifact, claim) for row in self.claims for claim in row.stated(key)))

    def marks(self, purpose: Purpose) -> Iterator[tuple[SourcePurpose, PurposeMark]]:
        """The programs of this purpose."""
        for source in self.sources:
            for mark in source.marks:
                if mark.purpose is purpose:
                    yield source, mark

    def sections(self, subject: re.Pattern[str], least: int) -> tuple[Section, ...]:
        """The card's sections about `subject` with at least `least` words, without short ones that only deny."""
        rows = self.card.sections if self.card else ()
        return tuple(
            row
            for row in rows
            if subject.search(row.title) and row.words >= least and (row.denial is None or row.words > MOST_DENIAL)
        )

    def named(self, pattern: re.Pattern[str]) -> tuple[Artifact, ...]:
        """The artifacts whose path, in lower case, matches; what is empty or stands for a file that is not here is none."""
        return tuple(
            artifact
            for artifact in self.artifacts
            if artifact.size and artifact.path not in self._absent and pattern.search(artifact.path.lower())
        )

    def shards_missing(self) -> tuple[Evidence, ...]:
        """Files that an index of shards names and that are not here."""
        rows = []
        for index in self.shards:
            folder = index.artifact.rpartition("/")[0]
            named = sorted({f"{folder}/{file}" if folder else file for _, file in index.weight_map})
            read = {row.artifact for row in self.indexes}
            rows += [
                Evidence(index.artifact, f"{path} is not here, or was not read") for path in named if path not in read
            ]
        return tuple(rows)


def stated_at(artifact: str, claim: Stated, name: str = "") -> Evidence:
    """Where a claim is written: a line of a card, or (line 0) the metadata of a weight file."""
    return Evidence(
        artifact,
        claim.text[:240],
        line=claim.line or None,
        pointer=None if claim.line else claim.key,
        name=name or claim.key,
    )
