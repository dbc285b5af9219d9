"""One word on whether a model is safe to load: the worst answer of an audit, without what every model gets."""

from __future__ import annotations

from assay.facts.dossier import Dossier
from assay.facts.finding import Finding, Kind

# of the parameters, what is about the file's structure rather than its values
_STRUCTURE = frozenset(
    {
        "weights.shared-bytes",
        "weights.unowned-bytes",
        "weights.out-of-bounds",
        "weights.shard-mismatch",
    }
)
# asked of every tokenizer, and answered with a review for nearly every one
_ORDINARY = frozenset({"token.forgeable"})


def deciding(dossier: Dossier) -> list[Finding]:
    """The findings that rate the files: those about vulnerabilities, and about the structure of weights."""
    return [
        finding
        for finding in dossier.findings
        if (dossier.rule(finding.check).question == "vulnerabilities" or finding.check in _STRUCTURE)
        and finding.check not in _ORDINARY
    ]


def rating(dossier: Dossier) -> str:
    """ "fail", "open", "review" or "pass"."""
    kinds = {finding.kind for finding in deciding(dossier)}
    return next((kind.value for kind in (Kind.FAIL, Kind.OPEN, Kind.REVIEW) if kind in kinds), "pass")
