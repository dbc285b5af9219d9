"""`assay.audit`: the main job as one function, for Python programs and notebooks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay import policy as policies
from assay.errors import InputError, IsolationError, UsageError
from assay.facts.artifact import Artifact
from assay.facts.comparison import Comparison, Relation
from assay.facts.corpus import CorpusRecord
from assay.facts.dossier import ENDPOINT, Dossier
from assay.isolation import InProcess, Reader
from assay.pipeline import MakeReader, Progress, Settings, examined
from assay.subject import Walk, digest, walked

if TYPE_CHECKING:
    from assay.asking import Asking
    from assay.weights import Weights
    from assay.weights.fingerprint import Fingerprint
    from assay.weights.histograms import Kept


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
    base: str | os.PathLike[str] | None = None,
    hints: bool = False,
    histograms: str | os.PathLike[str] | None = None,
    corpora: Sequence[str | os.PathLike[str]] = (),
    trust: str | os.PathLike[str] | None = None,
    run: Asking | None = None,
    progress: Progress | None = None,
    counted: Progress | None = None,
) -> Dossier:
    """Audit a model and give its dossier.

    Args:
        model: a folder, a weight file, `hf://org/name[@revision]`, or `openai+http://host/v1#model`, of which only what it answers can be known.
        policy: `default`, `strict`, or the path of a policy file.
        only, skip: check ids to ask alone, or to leave out; what is left out is open in the dossier.
        known, baseline: fingerprints that an earlier audit accepted, and the digest of that list.
        offline: never open a network connection; a model that is not here already is then a UsageError.
        isolation: parse in a locked-down worker process; False parses in this process.
        require_isolation: raise IsolationError rather than parse with less than the full isolation.
        as_of: the date by which waivers expire; today if not given. Recorded if it could matter.
        jobs: how many files to read at a time.
        base: the model that this one was made from; the weights are compared, and what the card says is judged by it.
        histograms: a file to write every tensor's exact histogram to; `assay.weights.histograms.read` reads it.
        corpora: indexed training data (`assay corpus build`); what the card says about data is compared with it.
        trust: a trust file (docs/signing.md); the model's signature is then verified, and one by nobody in it is a defect.
        hints: look for what weights tell without a base also where that takes minutes.
        run: run the model on these questions; without it the error rate stays open. A model that cannot be run is an open finding, which says why.
        progress: called with a label, bytes done and bytes in all.
        counted: the same for questions.

    Raises:
        UsageError: the model, the policy or an option cannot be used as given; the message says what to do.
    """
    settings = Settings(load_policy(policy), only, skip, known, baseline, as_of or _today(), jobs, hints)
    walk = opened(os.fspath(model), offline=offline)
    make = _make_reader(walk, isolation=isolation, require=require_isolation)
    compare = None
    if base is not None:
        _usable(os.fspath(base), offline=offline, isolation=isolation)
        compare = partial(
            _compared, os.fspath(base), os.fspath(model), offline=offline, isolation=isolation, progress=progress
        )
    kept = _kept() if histograms is not None else None
    records = _corpora(corpora)
    signed = partial(_signature, walk, Path(trust)) if trust is not None else None
    ask = (
        partial(run.asked, walk.reference or os.fspath(model), isolation=isolation, offline=offline, progress=counted)
        if run is not None
        else None
    )
    dossier = examined(walk, settings, make, progress, compare, kept.take if kept else None, records, signed, ask)
    if kept is not None and histograms is not None:
        from assay.files import write_whole

        write_whole(Path(histograms), kept.encoded(dossier.subject.sha256))
    return dossier


def audited_again(
    dossier: Dossier,
    model: str | os.PathLike[str],
    *,
    policy: str | os.PathLike[str] | None = None,
    base: str | os.PathLike[str] | None = None,
    corpora: Sequence[str | os.PathLike[str]] = (),
    trust: str | os.PathLike[str] | None = None,
    run: Asking | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> tuple[Dossier, str]:
    """The audit of `model` with the settings that a dossier records, and why it cannot be compared with it (empty: it can).

    Raises UsageError if the model, the policy, the base or a corpus cannot be used as given.
    """
    from assay.facts.finding import Effect, Kind

    known = frozenset(finding.fingerprint for finding in dossier.findings if finding.effect is Effect.KNOWN)
    as_of = date.fromisoformat(dossier.policy.as_of) if dossier.policy.as_of else None
    trusted = any(row.check == "signature.invalid" and row.kind is not Kind.NOT_APPLICABLE for row in dossier.findings)
    rules = policy or (dossier.policy.name if dossier.policy.name in policies.BUILTIN else None)
    missing = [
        "its policy file (--policy)" if rules is None else "",
        "its base (--base)" if dossier.comparison is not None and base is None else "",
        "its trust file (--trust)" if trusted and trust is None else "",
        "its corpora (--corpus)" if len(dossier.corpora) != len(corpora) else "",
        f"its questions (--pack, {dossier.risk.pack})" if dossier.risk is not None and run is None else "",
    ]
    again = audit(
        model, policy=rules or "default", skip=dossier.left_out, known=known, baseline=dossier.baseline,
        offline=offline, as_of=as_of, base=base, corpora=corpora, trust=trust if trusted else None, run=run if dossier.risk else None, progress=progress,
    )  # fmt: skip
    wanted = " and ".join(filter(None, missing))
    return again, f"the audit was made with {wanted}, which was not given" if wanted else ""


def _signature(walk: Walk, trust: Path, artifacts: tuple[Artifact, ...]) -> tuple[object, ...]:
    """What the signature of a local model says of its files, and that signers are expected."""
    from assay.attest.model import beside, compared
    from assay.attest.trust import expected
    from assay.facts.signature import ExpectedSignature

    whom, model = expected(trust), Path(walk.roots[0]) if walk.roots else Path()
    found = beside(model)
    if found is None:
        return (ExpectedSignature(trust.name, "", ""),)
    digests = {artifact.path: artifact.sha256 for artifact in artifacts}
    try:
        return (ExpectedSignature(trust.name, found.name, ""), compared(model, found, whom, digests))
    except InputError as cause:
        return (ExpectedSignature(trust.name, found.name, str(cause)),)


def _corpora(directories: Sequence[str | os.PathLike[str]]) -> tuple[CorpusRecord, ...]:
    if not directories:
        return ()
    from assay import corpus

    return corpus.open([os.fspath(directory) for directory in directories]).records


def _kept() -> Kept:
    from assay.weights.histograms import Kept

    return Kept()


def _usable(base: str, *, offline: bool, isolation: bool) -> None:
    """Say what is wrong with a base before the model is read."""
    with ExitStack() as stack:
        try:
            _weights(base, offline=offline, isolation=isolation, stack=stack)
        except InputError as cause:
            raise UsageError(f"the base cannot be compared with: {cause}") from None


def _compared(base: str, model: str, *, offline: bool, isolation: bool, progress: Progress | None) -> Comparison:
    """The comparison for a dossier: the base is named by its manifest's digest, so that it can be found again."""
    try:
        found = diff(base, model, offline=offline, isolation=isolation, progress=progress)
    except (InputError, UsageError) as cause:  # the model's own files: the audit says so, and goes on
        found = Comparison(
            base, "", Relation.UNKNOWN, Relation.UNRELATED, 0.0, (str(cause),), (), (), (), (), None, None
        )
    return replace(found, base_sha256=digest(opened(base, offline=offline)))


def diff(
    base: str | os.PathLike[str],
    model: str | os.PathLike[str],
    *,
    others: tuple[str, ...] = (),
    offline: bool = False,
    isolation: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the weights of a model with those of its base: every tensor, and the one relation that explains them.

    Args:
        base, model: folders, weight files, or `hf://org/name[@revision]`.
        others: further models of which `model` may be a merge.
        offline, isolation, progress: as for `audit`.

    Raises:
        UsageError: one of them is not there, or has no weights.
        InputError: a weight file is damaged; the message says where.
    """
    from assay.weights.comparison import Model, comparison
    from assay.weights.comparison.templates import changes

    with ExitStack() as stack:
        sides, templates = [], []
        for reference in (base, model, *others):
            weights, name = _weights(os.fspath(reference), offline=offline, isolation=isolation, stack=stack)
            config, vocabulary = (next(iter(weights.facts(kind)), None) for kind in ("ModelConfig", "Vocabulary"))
            templates.append(weights.facts("ChatTemplate"))
            sides.append(Model(name, "", weights, config, vocabulary))

        def advance(done: int, total: int) -> None:
            if progress:
                progress("comparing", done, total)

        found = comparison(sides[0], sides[1], tuple(sides[2:]), advance)
        return replace(found, templates=changes(templates[0], templates[1]))


def fingerprint(model: str | os.PathLike[str], *, offline: bool = False, isolation: bool = True) -> Fingerprint:
    """The fingerprint of a model's weights: 1 to 2 MB from which kinship can be tested later without them.

    Raises UsageError if the model has none of what it is made from: gated feed-forward layers and an embedding.
    """
    from assay.weights import fingerprint as measure

    with ExitStack() as stack:
        weights, name = _weights(os.fspath(model), offline=offline, isolation=isolation, stack=stack)
        vocabulary = next(iter(weights.facts("Vocabulary")), None)
        found = measure.fingerprint(name, digest(weights.walk), weights, vocabulary)
    if found is None:
        raise UsageError(f"no fingerprint for {name}: it needs gated feed-forward layers and an embedding")
    return found


def _weights(reference: str, *, offline: bool, isolation: bool, stack: ExitStack) -> tuple[Weights, str]:
    """The weights behind a reference, their headers parsed in a worker that `stack` ends."""
    from assay.weights import needed
    from assay.weights import opened as weights_opened

    walk = opened(reference, offline=offline)
    make = _make_reader(walk, isolation=isolation, require=False)
    reader = make(needed(walk)) if make else InProcess()
    stack.callback(reader.close)
    return weights_opened(walk, reader), walk.name


def opened(reference: str, *, offline: bool) -> Walk:
    """The walk over what `reference` names."""
    if reference.startswith("hf://"):
        from assay.subject.hub import fetched

        return fetched(reference, offline=offline)
    if reference.startswith(ENDPOINT):
        if offline:
            raise UsageError(f"{reference} is behind a network, and --offline was given")
        return Walk(reference.rpartition("#")[2] if "#" in reference else reference, reference, (), (), (), ())
    if "://" in reference:
        raise UsageError(
            f"cannot open {reference}: this version opens folders, files, hf://org/name and openai+http://host/v1#model"
        )
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
    if isolation and walk.roots and not require:
        return lambda needed: InProcess(render=False)  # nobody asked for this process, so no template runs in it
    if require:
        raise IsolationError("--require-isolation: this platform has no isolated reader; audit on Linux with Landlock")
    return None


def _today() -> date:
    """The day where the auditor is: the only clock that assay reads, and only waivers can depend on it."""
    return date.today()  # noqa: DTZ011 - expiry dates are written in local days
