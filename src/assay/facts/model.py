"""The model under audit as one value: its card with what it states and denies, its texts, configs, weights and code.

Checks and measures ask it instead of looking among facts themselves, so that two of them never disagree about which
card is the model's, or what a heading means.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from assay.facts.artifact import Artifact, Obstacle, Trouble
from assay.facts.config import AdapterConfig, CodeReference, ModelConfig
from assay.facts.corpus import CorpusRecord
from assay.facts.finding import Evidence
from assay.facts.heading import Topic, topics
from assay.facts.openness import Assertion, Mention, Prose, Purpose, PurposeMark, SourcePurpose
from assay.facts.program import PickleProgram, PythonSource
from assay.facts.structure import Hook
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet, weight_sets
from assay.facts.text import ChatTemplate, LicenceText, ModelCard, PublisherClaims, Section, Stated
from assay.lazy import dataclass, regex

LEAST_CARD = 150  # words of a card that can say what it has to
STATES = 15  # words from which a section states something; a heading with fewer below it is a blank form
_ON_USE = regex(r"\buses?\b\W*(?:and\W*)?(?:known\W*)?limitations?\b", re.IGNORECASE)
_FILED = regex(r"licen[cs]es/[^/]+\Z", re.IGNORECASE)  # where reuse.software has them
MOST_DENIAL = 120  # words: a section this short that denies is a denial; a longer one also says something


class _Located(Protocol):
    """A fact that was read from one file."""

    @property
    def artifact(self) -> str: ...


Fact = TypeVar("Fact", bound=_Located)


@dataclass(frozen=True, slots=True)
class Model:
    """Every fact that speaks of one model; of cards and configs those nearest the top of its folder come first.

    `indexes` are the files that hold tensors, `documents` the texts besides the cards, `corpora` what was given as its
    training data.
    """

    artifacts: tuple[Artifact, ...]
    obstacles: tuple[Obstacle, ...]
    cards: tuple[ModelCard, ...]
    claims: tuple[PublisherClaims, ...]
    configs: tuple[ModelConfig, ...]
    adapters: tuple[AdapterConfig, ...]
    references: tuple[CodeReference, ...]
    documents: tuple[Prose, ...]
    licences: tuple[LicenceText, ...]
    mentions: tuple[Mention, ...]
    assertions: tuple[Assertion, ...]
    sources: tuple[SourcePurpose, ...]
    code: tuple[PythonSource, ...]
    pickles: tuple[PickleProgram, ...]
    hooks: tuple[Hook, ...]
    templates: tuple[ChatTemplate, ...]
    shards: tuple[ShardIndex, ...]
    indexes: tuple[WeightIndex, ...]
    corpora: tuple[CorpusRecord, ...]

    @property
    def card(self) -> ModelCard | None:
        """The card of the model itself: at the top of the folder, else where all its weights lie in one below it."""
        below = {folder(row.artifact) for row in self.indexes}
        roots = ("", *below) if len(below) == 1 else ("",)
        return next((card for root in roots for card in self.cards if folder(card.artifact) == root), None)

    @property
    def config(self) -> ModelConfig | None:
        """The `config.json` nearest the top; GGUF metadata is none."""
        return next((config for config in self.configs if config.naming == "hub"), None)

    @property
    def licence_texts(self) -> tuple[LicenceText, ...]:
        """The licence texts of the model that are no mere notices."""
        return of_the_model(tuple(text for text in self.licences if not text.notice))

    @property
    def licences_of_parts(self) -> tuple[LicenceText, ...]:
        """The licence texts in other folders: of what lies there, and not of the model."""
        rows = (text for text in self.licences if "/" in text.artifact and not text.notice)
        return tuple(text for text in rows if not _FILED.match(text.artifact))

    def stated(self, key: str) -> tuple[tuple[str, Stated], ...]:
        """(artifact, claim) of the card at the top, then of the weight files' own metadata."""
        card = [(self.card.artifact, claim) for claim in self.card.stated(key)] if self.card else []
        return (*card, *((row.artifact, claim) for row in self.claims for claim in row.stated(key)))

    def sections(self, *about: Topic, least: int = STATES) -> tuple[Section, ...]:
        """The card's sections on any of these topics with at least `least` words, without short ones that only deny."""
        rows = (row for row in self._headed(about) if row.words >= least)
        return tuple(row for row in rows if row.denial is None or row.words > MOST_DENIAL)

    def limits(self) -> tuple[Evidence, ...]:
        """Where the card says what the model cannot do: sections on limits and risks, else sentences anywhere.

        Of a section called "Intended uses & limitations", in English, one of its sentences has to limit something.
        """
        said = self.card.stated("limit_in_prose") if self.card else ()
        rows = [row for row in self.sections(Topic.LIMITATION, Topic.RISK) if self._limits(row, said)]
        return self.section_places(rows) or tuple(stated_at(self.card.artifact, row) for row in said if self.card)

    def denials(self, *about: Topic) -> tuple[Section, ...]:
        """The card's sections on any of these topics in which a sentence denies or withholds."""
        return tuple(row for row in self._headed(about) if row.denial is not None)

    def section_places(self, rows: Sequence[Section]) -> tuple[Evidence, ...]:
        """Where sections of the card begin."""
        at = self.card.artifact if self.card else ""
        return tuple(Evidence(at, row.title, line=row.line, name=row.title) for row in rows)

    def mentioned(self, component: str) -> tuple[Mention, ...]:
        """The sentences, of the card and of documents, that offer or deny a component."""
        return tuple(row for row in self.mentions if row.component == component)

    def document(self, path: str) -> Prose | None:
        """The text document at `path`, if it was read as one."""
        return _at(self.documents, path)

    def marks(self, purpose: Purpose) -> Iterator[tuple[SourcePurpose, PurposeMark]]:
        """The programs of this purpose."""
        for source in self.sources:
            for mark in source.marks:
                if mark.purpose is purpose:
                    yield source, mark

    def artifact(self, path: str) -> Artifact | None:
        """The file at `path`."""
        at = bisect_left(self.artifacts, path, key=lambda row: row.path)
        return self.artifacts[at] if at < len(self.artifacts) and self.artifacts[at].path == path else None

    def has(self, path: str) -> bool:
        """Whether there is a file at `path`."""
        return self.artifact(path) is not None

    def folders(self) -> tuple[str, ...]:
        """Every folder that has files of its own, the top as an empty text."""
        return tuple(sorted({folder(row.path) for row in self.artifacts}))

    def below(self, root: str) -> tuple[str, ...]:
        """The files directly in a folder."""
        return tuple(row.path for row in self.artifacts if folder(row.path) == root)

    def source(self, path: str) -> PythonSource | None:
        """The Python file at `path`, if it was parsed."""
        return _at(self.code, path)

    def imported(self, path: str) -> Iterator[tuple[str, int]]:
        """(path, line of the import) of each Python file of the model that the one at `path` imports relatively."""
        source = self.source(path)
        yield from (row for row in (source.imported() if source else ()) if self.source(row[0]))

    def pickled(self, path: str) -> bool:
        """Whether the file at `path` holds a pickle."""
        return self.pickle(path) is not None

    def pickle(self, path: str) -> PickleProgram | None:
        """The pickle in the file at `path`, the first if there are several."""
        return _at(self.pickles, path)

    def named(self, pattern: re.Pattern[str]) -> tuple[Artifact, ...]:
        """The files whose path, in lower case, matches; without empty ones and pointers to files that are not here."""
        absent = {row.artifact for row in self.obstacles if row.trouble is Trouble.ABSENT}
        rows = (row for row in self.artifacts if row.size and row.path not in absent)
        return tuple(row for row in rows if pattern.search(row.path.lower()))

    def whole_weights(self) -> tuple[WeightSet, ...]:
        """The copies of the model's weights; what is called an adapter beside an adapter's config is none."""
        adapted = {folder(row.artifact) for row in self.adapters}
        return weight_sets(
            tuple(
                row
                for row in self.indexes
                if folder(row.artifact) not in adapted
                or not row.artifact.rpartition("/")[2].lower().startswith("adapter")
            )
        )

    def listed(self, path: str) -> tuple[str, ...]:
        """The files that the index of shards at `path` lists and that are here, sorted."""
        named = {file for index in self.shards if index.artifact == path for _, file in index.weight_map}
        root = folder(path)
        return tuple(sorted(full for file in named if self.has(full := f"{root}/{file}" if root else file)))

    def shards_missing(self) -> tuple[Evidence, ...]:
        """Files that an index of shards names and that are not here."""
        read, rows = {row.artifact for row in self.indexes}, []
        for index in self.shards:
            root = folder(index.artifact)
            named = sorted({f"{root}/{file}" if root else file for _, file in index.weight_map})
            rows += [
                Evidence(index.artifact, f"{path} is not here, or was not read") for path in named if path not in read
            ]
        return tuple(rows)

    def _limits(self, section: Section, said: tuple[Stated, ...]) -> bool:
        if not {Topic.USE, Topic.LIMITATION} <= topics(section.title) or not _ON_USE.search(section.title):
            return True
        rows = self.card.sections if self.card else ()
        end = min((row.line for row in rows if row.line > section.line and topics(row.title)), default=None)
        return any(section.line <= row.line and (end is None or row.line < end) for row in said)

    def _headed(self, about: tuple[Topic, ...]) -> Iterator[Section]:
        return (row for row in (self.card.sections if self.card else ()) if not topics(row.title).isdisjoint(about))


def model_view(artifacts: tuple[Artifact, ...], facts: Mapping[str, tuple[Any, ...]]) -> Model:
    """The model that these files are, from the facts read from them, keyed by the name of their type."""

    def of(kind: str) -> tuple[Any, ...]:
        return facts.get(kind, ())

    return Model(
        artifacts=tuple(sorted(artifacts, key=lambda row: row.path)),
        obstacles=of("Obstacle"),
        cards=_outermost(of("ModelCard")),
        claims=of("PublisherClaims"),
        configs=_outermost(of("ModelConfig")),
        adapters=of("AdapterConfig"),
        references=of("CodeReference"),
        documents=_by_path(of("Prose")),
        licences=of("LicenceText"),
        mentions=of("Mention"),
        assertions=of("Assertion"),
        sources=of("SourcePurpose"),
        code=_by_path(of("PythonSource")),
        pickles=_by_path(of("PickleProgram")),
        hooks=of("Hook"),
        templates=of("ChatTemplate"),
        shards=of("ShardIndex"),
        indexes=tuple(row for row in of("WeightIndex") if row.tensors),
        corpora=of("CorpusRecord"),
    )


def folder(path: str) -> str:
    """The folder of a file, empty for the top."""
    return path.rpartition("/")[0]


def of_the_model(texts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The licence texts that are the model's: those at the top of its folder, else those filed in LICENSES/."""
    top = tuple(text for text in texts if "/" not in text.artifact)
    return top or tuple(text for text in texts if _FILED.match(text.artifact))


def beside(path: str, facts: Sequence[Fact]) -> Fact | None:
    """The fact from the same file, else from the same folder, else the first."""
    return min(facts, key=lambda fact: (fact.artifact != path, folder(fact.artifact) != folder(path)), default=None)


def stated_at(artifact: str, claim: Stated, name: str = "") -> Evidence:
    """Where a claim is written: a line of a card, or (line 0) the metadata of a weight file."""
    pointer = None if claim.line else claim.key
    return Evidence(artifact, claim.text[:240], line=claim.line or None, pointer=pointer, name=name or claim.key)


def _outermost(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=lambda fact: fact.artifact.count("/")))


def _by_path(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=lambda fact: fact.artifact))


def _at(facts: tuple[Fact, ...], path: str) -> Fact | None:
    at = bisect_left(facts, path, key=lambda fact: fact.artifact)
    return facts[at] if at < len(facts) and facts[at].artifact == path else None
