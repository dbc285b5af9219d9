"""What a third party finds when it checks a dossier: the model, the attestation, and the audit done again."""

from __future__ import annotations

from assay.facts.signature import Method, Trust
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Attested:
    """A signed statement about an audit: its kind, who signed, whether that holds, and what contradicts the dossier."""

    predicate: str
    method: Method
    trust: Trust
    signer: str
    why: str
    contradicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules a dossier came to its verdict, in the dossier's own words.

    `policy_sha256` is the digest of the policy's text, `policy_origin` whose policy that is; `baseline` the digest of
    the list of known findings (empty: none) and `known` how many findings it accepts; `waivers` each in a sentence;
    `left_out` the checks, and `unasked` the questions, that were not asked; `as_of` the day by which waivers expire.
    """

    verdict: str
    policy: str
    policy_sha256: str
    policy_origin: str
    baseline: str
    known: int
    waivers: tuple[str, ...]
    left_out: tuple[str, ...]
    unasked: tuple[str, ...]
    as_of: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """A dossier checked by a third party against a model.

    `changed`, `absent` and `added` are files whose digest differs, that the dossier lists and are not there, and that
    it does not list. `reference` is where the dossier says the model is from, which no file shows. `asked` says
    whether a signer was asked for, `covered` whether one of the statements is about the whole dossier. `differs` names
    the parts of the dossier that come out otherwise when the audit is done again; None if it was not. `machine` names
    those that depend on the machine and differ, which is no fault.
    """

    name: str
    reference: str
    sha256: str
    rules: Rules
    dossier_sha256: str
    made_by: str
    checked_by: str
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    added: tuple[str, ...]
    attested: tuple[Attested, ...]
    asked: bool
    covered: bool
    differs: tuple[str, ...] | None
    machine: tuple[str, ...]
    why: str

    @property
    def same_files(self) -> bool:
        """Whether the model is the one that was audited."""
        return not (self.changed or self.absent or self.added)

    @property
    def holds(self) -> bool:
        """Whether the dossier can be relied on.

        The files are those audited, every statement is by an expected signer, and either the audit done again says the
        same or an expected signer vouches for the whole dossier.
        """
        signed = all(row.trust is Trust.VERIFIED for row in self.attested)
        return (
            not self.broken and signed and (self.differs == () or self.covered) and (self.covered or not self.attested)
        )

    @property
    def broken(self) -> bool:
        """Whether something was found that is otherwise."""
        return bool(
            not self.same_files
            or self.differs
            or (self.asked and not self.covered)
            or any(row.contradicts or row.trust in (Trust.BROKEN, Trust.UNEXPECTED) for row in self.attested)
        )
