"""The whole record of an audit: a function of subject, policy, version and settings, and of nothing else."""

from __future__ import annotations

import hashlib
import importlib
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError
from assay.facts.artifact import Artifact, Obstacle
from assay.facts.config import ModelConfig
from assay.facts.finding import DECIDING, Finding
from assay.facts.loading import LoadingPath
from assay.facts.nature import Nature
from assay.facts.section import Section, Unread
from assay.facts.values import TensorSummary
from assay.lazy import dataclass
from assay.visible import in_line

if TYPE_CHECKING:
    from assay.facts.calibration import Calibration
    from assay.facts.comparison import Comparison
    from assay.facts.corpus import CorpusRecord
    from assay.facts.openness import Openness
    from assay.facts.signature import Verification

SCHEMA = "assay-dossier/4"

# the five questions, in the order in which every report gives their answers
QUESTIONS = {
    "vulnerabilities": "Is it safe to load and to run?",
    "parameters": "What is in the parameters?",
    "hallucination": "When does it make things up?",
    "provenance": "Where does the data come from?",
    "openness": "How open is it, and who says so?",
}


class Verdict(StrEnum):
    """in-toto VSA's PASSED and FAILED, and the third that honesty needs."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"


OPENAI, ANTHROPIC = "openai+", "anthropic+"
ENDPOINTS = (OPENAI, ANTHROPIC)  # what the reference to a model behind an endpoint begins with


@dataclass(frozen=True, slots=True)
class Subject:
    """The model under audit: its name, where it was asked for (`hf://...`, else empty), and the digests of its files.

    `sha256` is the digest that an OpenSSF model signature is about; `files_sha256` is over every file that was read,
    with its name: of what `sha256sum -z` writes for them. Of a closed model, of which no files are seen, it is that of
    `reference`.
    """

    name: str
    reference: str
    sha256: str
    files_sha256: str

    @property
    def closed(self) -> bool:
        """Whether nobody outside sees its files."""
        return self.reference.startswith(ENDPOINTS)

    @property
    def digest(self) -> str:
        """What a reader may compare: `sha256`, or nothing for a closed model, since that of no files is anybody's."""
        return "" if self.closed else self.sha256


@dataclass(frozen=True, slots=True)
class Rule:
    """A check as it stood when it gave its answers, so that a dossier explains itself."""

    id: str
    question: str
    title: str
    why: str
    remedy: str
    severity: float
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: its name, how many parameters, how many bytes."""

    name: str
    parameters: int
    bytes: int


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One weight file in numbers: format, tensors, parameters (values), bytes of its data section."""

    artifact: str
    format: str
    tensors: int
    parameters: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number with its unit and how it was obtained; exact counts carry no interval."""

    id: str
    value: int
    unit: str
    method: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """The model at a glance: what a reader wants to see above every finding."""

    family: str
    weights: tuple[WeightFile, ...]
    dtypes: tuple[Share, ...]
    roles: tuple[Share, ...]
    measurements: tuple[Measurement, ...]

    def measured(self, id: str) -> int | None:
        """The value of measurement `id`, or None if it was not made."""
        return next((m.value for m in self.measurements if m.id == id), None)


@dataclass(frozen=True, slots=True)
class Template:
    """A chat template as shipped, for the report to show with line numbers (cut at 20,000 characters)."""

    artifact: str
    pointer: str
    name: str
    source: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What the publisher states: file, key (`base_model`, `result`, `tokens`...), text, and line (0: metadata)."""

    artifact: str
    key: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class LicenceRecord:
    """A licence text as shipped (cut at 20,000 characters), and the licences that it holds."""

    artifact: str
    identified: tuple[str, ...]
    complete: bool
    text: str
    cut: bool

    def __repr__(self) -> str:
        held = ", ".join(self.identified) or "not known"
        return f"<licence text {in_line(self.artifact)}: {held}, {len(self.text):,} characters>"


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """The policy that judged: name, digest of its text, and the date it took as today if a waiver needed one."""

    name: str
    sha256: str
    as_of: str | None


class WaiverState(StrEnum):
    """Whether a waiver had an effect, and why not."""

    APPLIED = "applied"
    EXPIRED = "expired"
    OTHER_SUBJECT = "bound to another subject"
    UNMATCHED = "matches no finding"


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted exception: check, artifact (empty: none named), reason, owner, expiry date (UTC), and its state.

    It is bound to the digest of its subject, and where `manifest` is not empty to that of the names and digests too.
    """

    check: str
    artifact: str
    subject: str
    reason: str
    owner: str
    expires: str
    manifest: str
    state: WaiverState


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the fingerprints of the findings that decided it, and one sentence that says why."""

    verdict: Verdict
    decided_by: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A package outside assay that took part in the audit: its name, and its version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What an audit may cost at most: `seconds`, `bytes` read or `tensors` listed; and whether the user said so."""

    name: str
    most: int
    given: bool


@dataclass(frozen=True, slots=True, repr=False)
class Dossier:
    """Everything an audit found, in a fixed order.

    `excluded` are the parts of the model that its signatures leave out, and `aside` the folders in which Git keeps what
    is its own: that was not read, since no file of the model names it. What each engine found is a section, by its id.
    `questions` are those of the five that were asked. `given` names
    what the audit was given beside the model (`base`, `corpora`, `run`, `trust`): doing it again takes the same.
    `lacks` names what a dossier of an older schema, or of another installation, does not hold or could not be read as;
    it is empty in one that this version wrote.
    """

    schema: str
    assay: str
    subject: Subject
    excluded: tuple[str, ...]
    aside: tuple[str, ...]
    artifacts: tuple[Artifact, ...]
    obstacles: tuple[Obstacle, ...]
    nature: Nature
    portrait: Portrait
    configs: tuple[ModelConfig, ...]
    claims: tuple[Claim, ...]
    templates: tuple[Template, ...]
    licences: tuple[LicenceRecord, ...]
    tensors: tuple[TensorSummary, ...]
    loading: tuple[LoadingPath, ...]
    sections: tuple[Section, ...]
    plugins: tuple[Plugin, ...]
    given: tuple[str, ...]
    lacks: tuple[str, ...]
    limits: tuple[Limit, ...]
    isolation: tuple[str, ...]
    kernels: str
    policy: PolicyRecord
    rules: tuple[Rule, ...]
    questions: tuple[str, ...]
    left_out: tuple[str, ...]
    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    baseline: str | None
    decision: Decision

    def __repr__(self) -> str:
        blocking = f", {len(self.blocking)} blocking" if self.blocking else ""
        name = in_line(self.subject.name)
        return f"<dossier of {name}: {self.decision.verdict}, {len(self.findings)} findings{blocking}>"

    def _repr_html_(self) -> str:
        summary: str = _render().summary(self)
        return summary

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings for which the verdict is not PASSED, in the order of the report."""
        return tuple(row for row in self.findings if row.effect in DECIDING)

    def to_json(self) -> str:
        """The dossier as its canonical JSON: what `-o json` writes."""
        return self.render("json")

    def render(self, format: str) -> str:
        """A report, in one of the formats of `assay audit -o`; UsageError says which there are."""
        rendered: str = _render().rendered(self, format)
        return rendered

    def save(self, path: str | os.PathLike[str], format: str = "") -> None:
        """Write a report to a file that is whole or absent: in that format, else in the one that its ending stands for.

        Raises UsageError where that is none or a file of the model lies there, OSError where it cannot be written.
        """
        from assay.writing import write_whole

        self.spare(Path(path))
        write_whole(Path(path), self.render(format or _render().by_ending(os.fspath(path))).encode())

    def spare(self, path: Path) -> None:
        """UsageError where a report written to `path` would replace a file of the model, by its size and SHA-256."""
        if not path.is_file() or not (size := path.stat().st_size):  # nothing is lost of an empty file
            return
        alike = {row.sha256: row.path for row in self.artifacts if row.size == size}
        if not alike:
            return
        with open(path, "rb") as stream:
            found = alike.get(hashlib.file_digest(stream, "sha256").hexdigest())
        if found:
            raise UsageError(f"cannot write {path}: it is {found} of the model; give another place")

    def section(self, id: str) -> Any:
        """The record of the section with this id, or None: it was not asked for, or is not one that is read here."""
        value = next((row.value for row in self.sections if row.id == id), None)
        return None if isinstance(value, Unread) else value

    @property
    def comparison(self) -> Comparison | None:
        """The comparison with a base, where one was given."""
        found: Comparison | None = self.section("comparison")
        return found

    @property
    def corpora(self) -> tuple[CorpusRecord, ...]:
        """The corpora that the card was compared with."""
        return self.section("corpora") or ()

    @property
    def openness(self) -> Openness:
        """Components, classes and lenses; every component absent where the dossier lacks the section."""
        from assay.facts.openness import unsaid

        return self.section("openness") or unsaid()

    @property
    def signature(self) -> Verification | None:
        """What the model's signature says of its files, where signers were expected."""
        found: Verification | None = self.section("signature")
        return found

    @property
    def risk(self) -> Calibration | None:
        """What the model's answers to labelled questions showed, where it was run."""
        found: Calibration | None = self.section("risk")
        return found

    def stated(self, key: str) -> tuple[Claim, ...]:
        """What the publisher states under `key`, the card's first."""
        return tuple(claim for claim in self.claims if claim.key == key)

    def rule(self, id: str) -> Rule:
        """The rule with this id; every finding's check has one."""
        return next(rule for rule in self.rules if rule.id == id)

    def remedy(self, finding: Finding) -> str:
        """What to do about a finding: its own remedy, or its rule's."""
        return finding.remedy or self.rule(finding.check).remedy


def _render() -> Any:
    """Where reports are made: the one step up from facts, so that what a user holds can show itself."""
    return importlib.import_module("assay.render")
