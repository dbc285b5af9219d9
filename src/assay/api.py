"""`assay.audit`: the main job as one function, for Python programs and notebooks."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from assay import policy as policies
from assay.errors import IsolationError, UsageError
from assay.facts.dossier import Dossier
from assay.isolation import Reader
from assay.pipeline import MakeReader, Progress, Settings, examined
from assay.subject import Walk, walked


def audit(
    model: str | os.PathLike[str],
    *,
    policy: str | os.PathLike[str] = "default",
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
    known: frozenset[str] = frozenset(),
    baseline: str | None = None,
    offline: bool = False,
    isolation: bool = True,
    require_isolation: bool = False,
    as_of: date | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Dossier:
    """Audit a model and give its dossier.

    Args:
        model: a folder, a weight file, or `hf://org/name[@revision]`.
        policy: `default`, `strict`, or the path of a policy file.
        only, skip: check ids to ask alone, or to leave out; what is left out is open in the dossier.
        known, baseline: fingerprints that an earlier audit accepted, and the digest of that list.
        offline: never open a network connection; a model that is not here already is then a UsageError.
        isolation: parse in a locked-down worker process; False parses in this process.
        require_isolation: raise IsolationError rather than parse with less than the full isolation.
        as_of: the date by which waivers expire; today if not given. Recorded if it could matter.
        jobs: how many files to hash at a time.
        progress: called with a label, bytes done and bytes in all.

    Raises:
        UsageError: the model, the policy or an option cannot be used as given; the message says what to do.
    """
    settings = Settings(load_policy(policy), only, skip, known, baseline, as_of or _today(), jobs)
    walk = opened(os.fspath(model), offline=offline)
    return examined(walk, settings, _make_reader(walk, isolation=isolation, require=require_isolation), progress)


def opened(reference: str, *, offline: bool) -> Walk:
    """The walk over what `reference` names."""
    if reference.startswith("hf://"):
        from assay.hub import fetched

        return fetched(reference, offline=offline)
    if "://" in reference:
        raise UsageError(f"cannot open {reference}: this version opens folders, files and hf://org/name")
    return walked(Path(reference))


def load_policy(name: str | os.PathLike[str]) -> policies.Policy:
    """A built-in policy by name, or one from a file."""
    text = os.fspath(name)
    if text in policies.BUILTIN:
        return policies.builtin(text)
    try:
        return policies.parsed(Path(text).read_text("utf-8"), text)
    except FileNotFoundError:
        raise UsageError(f"no policy {text!r}: give {', '.join(policies.BUILTIN)} or a file") from None
    except (OSError, UnicodeDecodeError) as cause:
        raise UsageError(f"cannot read policy {text!r}: {cause}") from None


def _make_reader(walk: Walk, *, isolation: bool, require: bool) -> MakeReader | None:
    from assay.isolation import process

    if isolation and process.available() and walk.roots:

        def make(needed: tuple[str, ...]) -> Reader:
            return process.Worker(walk.roots, needed, require=require)

        return make
    if require:
        raise IsolationError("--require-isolation: this platform has no isolated reader; audit on Linux with Landlock")
    return None


def _today() -> date:
    """The day where the auditor is: the only clock that assay reads, and only waivers can depend on it."""
    return date.today()  # noqa: DTZ011 - expiry dates are written in local days
