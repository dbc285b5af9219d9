"""What became of a model between two audits, apart from what became of assay's own rules."""

from __future__ import annotations

from enum import StrEnum

from assay.facts.finding import Evidence
from assay.lazy import dataclass

MOST_FILES, MOST_FINDINGS = 1000, 1000  # that a change lists: with as many there may be more


class Cause(StrEnum):
    """Why something is otherwise than before."""

    MODEL = "the model changed"
    RULES = "assay's rules changed"
    EITHER = "the model and assay's rules changed"
    POLICY = "the policy changed"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file: its path, its digest before and after (empty: not there), and its old path if only that changed."""

    path: str
    before: str
    after: str
    moved_from: str = ""


@dataclass(frozen=True, slots=True)
class LicenceChange:
    """One licence text: what it was and is identified as, and a unified diff of it without context."""

    artifact: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    hunks: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """One component of the MOF: support and licence before and after, why now, and where."""

    id: str
    before: str
    after: str
    licence_before: str
    licence_after: str
    because: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that is new, gone, or of another kind: check, kinds (empty: not there), message, and why it changed."""

    check: str
    before: str
    after: str
    message: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value by name, before and after, as text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """Two dossiers compared, each part with what differs only; `worse` says whether verdict or class went down."""

    before: str
    after: str
    subject: tuple[ValueChange, ...]
    rules: tuple[ValueChange, ...]
    files: tuple[FileChange, ...]
    measured: tuple[ValueChange, ...]
    claims: tuple[ValueChange, ...]
    licences: tuple[LicenceChange, ...]
    components: tuple[ComponentChange, ...]
    classes: tuple[ValueChange, ...]
    frameworks: tuple[ValueChange, ...]
    findings: tuple[FindingChange, ...]
    verdict: tuple[ValueChange, ...]
    because: str
    worse: bool

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        files = self.subject or self.rules or self.files or self.measured
        stated = self.claims or self.licences or self.components or self.classes or self.frameworks
        return not (files or stated or self.findings or self.verdict)
