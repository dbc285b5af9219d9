"""The request by which the audit that a dossier records can be done again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assay import policy as policies
from assay.errors import UsageError
from assay.facts.dossier import QUESTIONS, Dossier
from assay.lazy import dataclass
from assay.pipeline.request import Request, requested
from assay.policy.baseline import Baseline
from assay.probes.probing import Probing
from assay.uncertainty.asking import Asking

# what a dossier says was given, as a user gives it again
_GIVEN = {
    "base": "its base (--base)",
    "trust": "its trust file (--trust)",
    "corpora": "its corpora (--corpus)",
    "run": "its questions (--questions)",
    "probes": "its probes",
    "reported": "its reports of other tools",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What an audit was made with, where its dossier holds only a digest or a name."""

    policy: str | None = None
    baseline: Path | Baseline | None = None
    base: str | None = None
    corpora: tuple[str, ...] = ()
    trust: Path | None = None
    run: Asking | None = None
    probes: Probing | None = None
    plugins: tuple[str, ...] = ()


def again(dossier: Dossier, model: str, given: Given) -> tuple[Request, str]:
    """The request for the same audit of `model`, and why its outcome cannot be compared (empty: it can).

    Which findings are known is for whoever checks to say, with the file: a dossier's own word for it accepts anything.

    Raises UsageError if the policy, the baseline, a corpus or a plugin cannot be used as given.
    """
    rules = given.policy or (dossier.policy.name if dossier.policy.name in policies.BUILTIN else None)
    missing = [
        "its policy file (--policy)" if rules is None else "",
        f"a baseline of sha256 {dossier.baseline} (--baseline)" if dossier.baseline and not given.baseline else "",
        *(said for name, said in _GIVEN.items() if name in dossier.given and not getattr(given, name)),
        "all its corpora (--corpus)" if given.corpora and len(dossier.corpora) != len(given.corpora) else "",
        *(f"its plugin {row.name} (--plugin)" for row in dossier.plugins if row.name not in given.plugins),
    ]
    if given.baseline and not dossier.baseline:
        raise UsageError("--baseline was given, and the audit was made without one: leave it out")
    found = requested(
        model,
        policy=rules or "default",
        questions=() if set(dossier.questions) == set(QUESTIONS) else dossier.questions,
        skip=dossier.left_out,
        known=given.baseline or (),
        offline=True,
        as_of=date.fromisoformat(dossier.policy.as_of) if dossier.policy.as_of else None,
        base=given.base,
        corpora=given.corpora,
        trust=given.trust if "trust" in dossier.given else None,
        run=given.run if "run" in dossier.given else None,
        probes=given.probes if "probes" in dossier.given else None,
        plugins=given.plugins,
        max_time=_limit(dossier, "seconds"),
        max_bytes=_limit(dossier, "bytes"),
    )
    wanted = " and ".join(filter(None, missing))
    return found, f"the audit was made with {wanted}, which was not given" if wanted else ""


def _limit(dossier: Dossier, name: str) -> int | None:
    """What the user of this audit set as a limit, if anything."""
    return next((row.most for row in dossier.limits if row.name == name and row.given), None)


def origin(dossier: Dossier, policy: str | None) -> str:
    """Whose policy a dossier was made with, where `policy` is the one that a user gives again, in words."""
    name, sha256 = dossier.policy.name, dossier.policy.sha256
    if name in policies.BUILTIN and sha256 == policies.builtin(name).sha256:
        return "it comes with this version of assay"
    if policy and sha256 == policies.load(policy).sha256:
        return "it was given with --policy"
    if policy:
        return "the one given with --policy is another"
    return "it does not come with this version of assay, and was not given"
