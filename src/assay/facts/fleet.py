"""What an audit of many models comes to, a row for each; and the places of a project that name models."""

from __future__ import annotations

from assay.facts.kept import KeptAudit
from assay.lazy import dataclass, regex

_COMMIT = regex(r"[0-9a-f]{40}\Z")


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One model of a fleet.

    `reference` is what its entry leads to, `place` the file and line of that entry. `audit` is what is kept of it, and
    `before` the audit that was its latest before; None where there is none. `read` says that its files were read this
    time and not known to be as they were, `rules` that only its rules were new, and were asked of what had been read
    before. `trouble` is why it could not be audited; empty: it was.
    """

    reference: str
    place: str
    group: str
    audit: KeptAudit | None
    before: KeptAudit | None
    read: bool
    rules: bool
    trouble: str


@dataclass(frozen=True, slots=True)
class LockRow:
    """One model as a lock file has it: where from, of which files, and how it was judged by which policy."""

    model: str
    reference: str
    files: str
    verdict: str
    policy: str
    dossier: str
    policy_sha256: str


@dataclass(frozen=True, slots=True)
class Use:
    """A place of a project that names a model: a hub's as `hf://org/name`, else as it is written there.

    `revision` is what is named with it, `how` the function, command or key.
    """

    model: str
    revision: str
    file: str
    line: int
    how: str

    @property
    def pinned(self) -> bool:
        """Whether what it loads tomorrow is what it loads today: a commit is named, or a version."""
        if self.model.startswith("hf://"):
            return bool(_COMMIT.match(self.revision))
        return bool(self.revision) or " models:/" not in self.how  # MLflow's: by an alias, a stage or the latest


@dataclass(frozen=True, slots=True)
class Uses:
    """Every place that names a model, by file and line; and the files that could not be looked into, and why."""

    places: tuple[Use, ...]
    unread: tuple[str, ...]
