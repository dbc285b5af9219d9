"""`assay verify DOSSIER MODEL`: a dossier, what was signed about it, and the model."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._progress import progress
from assay.cli._streams import Output, looks, put_record
from assay.lazy import dataclass
from assay.plugin import loaded

if TYPE_CHECKING:
    from assay.attest.model import Expected
    from assay.facts.behaviour import Behaviour
    from assay.facts.calibration import Calibration
    from assay.facts.dossier import Dossier
    from assay.policy.baseline import Baseline
    from assay.probes.probing import Probing
    from assay.uncertainty.asking import Asking


@dataclass(frozen=True, slots=True)
class Named:
    """What the audit was made with, as the user names it."""

    policy: str | None
    baseline: Path | Baseline | None
    base: str | None
    corpora: tuple[str, ...]
    trust: Path | None
    packs: tuple[Path, ...]
    plugins: tuple[str, ...]


def rechecked(
    dossier: Path,
    model: Path,
    attestation: Path | None,
    whom: Expected,
    given: Named,
    at: datetime | None,
    asked: bool,
    outputs: tuple[Output, ...],
    *,
    quiet: bool,
) -> int:
    """Check, print, and give the exit status; `asked` says whether somebody was asked for as signer."""
    from assay.attest.recheck import recheck
    from assay.cli._load import consistent, saved
    from assay.cli.attest import bill
    from assay.pipeline import audited
    from assay.pipeline.again import Given, again, origin
    from assay.render.record.recheck import headline, lines

    then = saved(dossier, tuple(map(loaded, given.plugins)))
    run = _asking(then.risk, given.packs)
    request, why = again(
        then,
        str(model),
        Given(given.policy, given.baseline, given.base, given.corpora, given.trust, run, _probing(then), given.plugins),
    )
    with progress(quiet) as advance:
        now = audited(request, advance)
    # a trust file that the audit was made with is one of its rules, and need not name who signed for the audit
    asked = asked or (given.trust is not None and "trust" not in then.given)
    whose = origin(then, given.policy)
    with consistent(dossier):
        whole = bill(then)
    found = recheck(then, now, why, attestation or _beside(dossier), whole, whom, at, origin=whose, asked=asked)
    for format, path in outputs:
        rows = [headline(found).line] if quiet else lines(found, *looks(path))
        put_record(format, found, rows, path)
    return 0 if found.holds else 1 if found.broken else 3


def _asking(risk: Calibration | None, paths: tuple[Path, ...]) -> Asking | None:
    """The questions that a dossier's model was asked, where they are at hand."""
    if risk is None or (not paths and risk.pack != "general"):
        return None
    from assay.uncertainty import Draw
    from assay.uncertainty.asking import asking

    most = risk.count + (risk.unanswerable.count if risk.unanswerable else 0)
    return asking(paths, most, Draw(risk.samples, risk.temperature, risk.seed))


def _probing(then: Dossier) -> Probing | None:
    """The probes of a dossier's model, where they are assay's own."""
    found: Behaviour | None = then.section("behaviour")
    if found is None or found.questions != "general" or found.prompts_sha256:
        return None
    from assay.probes.probing import planned

    return planned([row.id for row in found.probes], most=found.most, seed=found.seed)


def _beside(dossier: Path) -> Path | None:
    from assay.cli.attest import default

    found = default(dossier)
    return found if found.is_file() else None
