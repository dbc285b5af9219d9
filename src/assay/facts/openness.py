"""Openness of a model: its components and their evidence, its classes by several frameworks, training compute."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from assay.facts.finding import Evidence
from assay.facts.section import SectionKind
from assay.lazy import dataclass


class Domain(StrEnum):
    """The three kinds of component that the Model Openness Framework licenses apart."""

    CODE = "code"
    DATA = "data"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class ComponentKind:
    """One of the 17 components of the MOF: id here, name in MOT files, domain, class (3, 2, 1), if required."""

    id: str
    title: str
    domain: Domain
    level: int
    required: bool


# MOF 1.0 (2024-12-15), in the order of its classes; the titles are those that MOT's YAML uses
COMPONENTS = (
    ComponentKind("model_architecture", "Model architecture", Domain.CODE, 3, True),
    ComponentKind("parameters_final", "Model parameters (Final)", Domain.DATA, 3, True),
    ComponentKind("evaluation_results", "Evaluation results", Domain.DOCUMENT, 3, True),
    ComponentKind("model_card", "Model card", Domain.DOCUMENT, 3, True),
    ComponentKind("data_card", "Data card", Domain.DOCUMENT, 3, True),
    ComponentKind("technical_report", "Technical report", Domain.DOCUMENT, 3, True),
    ComponentKind("sample_outputs", "Sample model outputs", Domain.DOCUMENT, 3, False),
    ComponentKind("training_code", "Training code", Domain.CODE, 2, True),
    ComponentKind("inference_code", "Inference code", Domain.CODE, 2, True),
    ComponentKind("evaluation_code", "Evaluation code", Domain.CODE, 2, True),
    ComponentKind("evaluation_data", "Evaluation data", Domain.DATA, 2, True),
    ComponentKind("supporting_libraries", "Supporting libraries and tools", Domain.CODE, 2, False),
    ComponentKind("datasets", "Datasets", Domain.DATA, 1, True),
    ComponentKind("data_preprocessing_code", "Data preprocessing code", Domain.CODE, 1, True),
    ComponentKind("parameters_intermediate", "Model parameters (Intermediate)", Domain.DATA, 1, True),
    ComponentKind("research_paper", "Research paper", Domain.DOCUMENT, 1, True),
    ComponentKind("model_metadata", "Model metadata", Domain.DATA, 1, False),
)
BY_ID = {kind.id: kind for kind in COMPONENTS}
CLASSES = {3: "Class III - Open Model", 2: "Class II - Open Tooling", 1: "Class I - Open Science"}


OPEN_SOURCE = "open_source"  # what a sentence may say of the whole model


class Purpose(StrEnum):
    """What a program of a model is for, as its calls show."""

    ARCHITECTURE = "defines a network"
    TRAINING = "trains"
    INFERENCE = "generates"
    EVALUATION = "evaluates"
    PREPROCESSING = "prepares data"


@dataclass(frozen=True, slots=True)
class PurposeMark:
    """One call or class that shows a purpose: the line (from 1) and what stands there."""

    purpose: Purpose
    line: int
    seen: str


@dataclass(frozen=True, slots=True)
class SourcePurpose:
    """What a Python file is for, the first mark of each purpose, and the licence of its SPDX header (line 0: none).

    Of other files, without marks, a licence that they name for themselves or for the package that they describe.
    """

    artifact: str
    marks: tuple[PurposeMark, ...]
    licence: str = ""
    licence_line: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence of a document that names a component, or calls the model open source (`OPEN_SOURCE`).

    `line` counts from 1.
    """

    artifact: str
    component: str
    line: int
    sentence: str
    denies: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A document other than the card: its words, and the line (from 1; 0: none) where a table of results begins."""

    artifact: str
    words: int
    results_line: int = 0


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a person says in `assay.yaml` about one component, and on which line (from 1).

    It counts only if it names a file of the model, who says so, and since when (ISO date); a link alone stays a claim.
    """

    artifact: str
    component: str
    present: bool
    path: str
    url: str
    licence: str
    by: str
    date: str
    line: int


class Support(StrEnum):
    """What stands behind the presence of a component. The first two count for the class by evidence."""

    VERIFIED = "verified"
    ASSERTED = "asserted"
    CLAIMED = "claimed"
    DENIED = "denied"
    ABSENT = "absent"


# what counts by evidence, and what by claim
COUNTED = (Support.VERIFIED, Support.ASSERTED)
CLAIMED = (*COUNTED, Support.CLAIMED)


class LicenceOrigin(StrEnum):
    """Where the licence of a component comes from (MOF: the first that applies)."""

    OWN = "its own"
    DOMAIN = "by domain"
    DISTRIBUTION = "inherited from the model"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ComponentLicence:
    """The licence that applies to a component: the id as found, its origin, where that is written, and what follows.

    `open` says whether the licence counts in the MOF; `fits` whether it was written for this kind of component.
    """

    id: str
    origin: LicenceOrigin
    evidence: tuple[Evidence, ...]
    open: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the MOF as this model has it: support, the reason, evidence, licence, who asserts it."""

    id: str
    support: Support
    because: str
    evidence: tuple[Evidence, ...]
    licence: ComponentLicence
    by: str = ""


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """One class of the MOF: how many of the required components count, which do not, which only with a warning.

    `percent` is 0 until every class below is complete, as MOT counts; `missing` and `unlicensed` are component ids.
    """

    level: int
    included: int
    required: int
    percent: int
    missing: tuple[str, ...]
    unlicensed: tuple[str, ...]
    conditional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classification:
    """The MOF class (3, 2 or 1; None: not even Class III) and the progress of each, in the order III, II, I."""

    level: int | None
    classes: tuple[ClassProgress, ...]

    @property
    def label(self) -> str:
        """`Class III - Open Model`, or `no class`."""
        return CLASSES[self.level] if self.level else "no class"


class Answered(StrEnum):
    """How a rule of another framework is answered. None of the words means that the law was applied."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"
    HUMAN = "needs a human"
    NOT_APPLICABLE = "not applicable"
    OPEN = "open"
    PARTIAL = "partial"
    CLOSED = "closed"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule of a framework: id, where it is written, what it asks, the answer, why, and the evidence."""

    id: str
    source: str
    question: str
    answer: Answered
    because: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Lens:
    """The same evidence read through another framework, with one sentence on what follows."""

    id: str
    title: str
    outcome: str
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """Training compute of a dense model by C = 6 P D (C(2025) 5045, Annex A), in exact integers.

    `tokens` is a claim or None; `flop`, `low` and `high` (30 % to each side, paragraph 123) are None with it.
    `gpai_tokens` and `systemic_tokens` are the tokens at which 1e23 and 1e25 FLOP are crossed.
    """

    parameters: int
    tokens: int | None
    flop: int | None
    low: int | None
    high: int | None
    gpai_tokens: int
    systemic_tokens: int
    assumptions: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Openness:
    """What may be said about the openness of a model from its files, and by which version of assay's rules.

    `called_open` holds the sentences in which the publisher calls the model open.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("openness", 1)

    rules: str
    components: tuple[Component, ...]
    by_evidence: Classification
    by_claim: Classification
    next_steps: tuple[str, ...]
    called_open: tuple[Evidence, ...]
    lenses: tuple[Lens, ...]
    compute: Compute | None

    def __repr__(self) -> str:
        held = sum(row.support is not Support.ABSENT for row in self.components)
        return f"<openness by the rules of {self.rules}: {held} of {len(self.components)} components>"

    def component(self, id: str) -> Component:
        """The component with this id; there is always one."""
        return next(row for row in self.components if row.id == id)

    @property
    def licence(self) -> ComponentLicence:
        """The licence of the model."""
        return licence_of_model(self.components)


def licence_of_model(components: tuple[Component, ...]) -> ComponentLicence:
    """The licence of the weights; where there are none, as of an adapter, that of the model as a whole."""
    own = next(row.licence for row in components if row.id == "parameters_final")
    whole = (row.licence for row in components if row.licence.origin is LicenceOrigin.DISTRIBUTION)
    return own if own.id else next(whole, own)


def unsaid() -> Openness:
    """The reading of a record that says nothing of openness: no class, every component absent."""
    because, unlicensed = (
        "this dossier does not say",
        ComponentLicence("", LicenceOrigin.NONE, (), open=False, fits=False),
    )
    components = tuple(Component(kind.id, Support.ABSENT, because, (), unlicensed) for kind in COMPONENTS)
    nothing = Classification(None, ())
    return Openness("", components, nothing, nothing, (), (), (), None)
