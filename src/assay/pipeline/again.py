"""The request by which the audit that a dossier records can be done again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assay import policy as policies
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Effect
from assay.pipeline.request import Request, requested
from assay.uncertainty.asking import Asking

# what a dossier says was given, as a user gives it again
_GIVEN = {
    "base": "its base (--base)",
    "trust": "its trust file (--trust)",
    "corpora": "its corpora (--corpus)",
    "run": "its questions (--questions)",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What an audit was made with, where its dossier holds only a digest or a name."""

    policy: str | None = None
    base: str | None = None
    corpora: tuple[str, ...] = ()
    trust: Path | None = None
    run: Asking | None = None
    plugins: tuple[str, ...] = ()


def again(dossier: Dossier, model: str, given: Given) -> tuple[Request, str]:
    """The request for the same audit of `model`, and why its outcome cannot be compared (empty: it can).

    Raises UsageError if the policy, a corpus or a plugin cannot be used as given.
    """
    rules = given.policy or (dossier.policy.name if dossier.policy.name in policies.BUILTIN else None)
    missing = [
        "its policy file (--policy)" if rules is None else "",
        *(said for name, said in _GIVEN.items() if name in dossier.given and not getattr(given, name)),
        "all its corpora (--corpus)" if given.corpora and len(dossier.corpora) != len(given.corpora) else "",
        *(f"its plugin {row.name} (--plugin)" for row in dossier.plugins if row.name not in given.plugins),
    ]
    found = requested(
        model,
        policy=rules or "default",
        questions=() if set(dossier.questions) == set(QUESTIONS) else dossier.questions,
        skip=dossier.left_out,
        known=frozenset(row.fingerprint for row in dossier.findings if row.effect is Effect.KNOWN),
        baseline_digest=dossier.baseline,
        offline=True,
        as_of=date.fromisoformat(dossier.policy.as_of) if dossier.policy.as_of else None,
        base=given.base,
        corpora=given.corpora,
        trust=given.trust if "trust" in dossier.given else None,
        run=given.run if "run" in dossier.given else None,
        plugins=given.plugins,
    )
    wanted = " and ".join(filter(None, missing))
    return found, f"the audit was made with {wanted}, which was not given" if wanted else ""
