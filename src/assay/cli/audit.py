"""`assay audit`: the main job."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli._apart import also, apart, command
from assay.cli._streams import say

if TYPE_CHECKING:
    from assay.probes.probing import Probing
    from assay.uncertainty.asking import Asking

from assay.cli import _options as options
from assay.cli._config import Config, configured
from assay.cli._network import told
from assay.cli._output import Target, target, write_all
from assay.cli._progress import progress
from assay.cli._registry import keeping, known
from assay.errors import UsageError
from assay.facts.dossier import Dossier, Verdict

STATUS = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INCOMPLETE: 3}


@command("audit")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@options.policy("Built-in policy (default, strict) or a policy file.")
@options.reports()
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="QUESTION",
    help="Ask this of the five questions alone: vulnerabilities, parameters, hallucination, provenance or openness; "
    "may be repeated.",
)
@click.option(
    "--only", multiple=True, metavar="CHECK,..", help="Ask these checks alone (or weights.*); the others stay open."
)
@click.option(
    "--skip", multiple=True, metavar="CHECK,..", help="Leave these checks out (or weights.*); they stay open."
)
@click.option(
    "--baseline",
    type=options.FILE,
    metavar="FILE",
    help="Known findings that do not block (see: assay baseline): a file, or sha256:DIGEST of a kept one.",
)
@options.offline(default=None)
@click.option(
    "--require-isolation",
    is_flag=True,
    default=None,
    help="Stop rather than parse with less than Landlock, seccomp and rlimits.",
)
@options.base("Compare the weights with those of this base, and judge the card's claims by it.")
@options.corpora("Compare what the card says about training data with this corpus")
@options.trust("Verify the model's signature: it must be by a signer in this trust file (see: assay verify).")
@click.option(
    "--run",
    "ran",
    is_flag=True,
    help="Run the model on questions of general knowledge that assay brings along, and some that nobody can answer.",
)
@options.questions("Run the model on these labelled questions instead (see: assay calibrate)")
@options.most("questions", "With --run or --questions: ask at most this many.", least=10)
@options.samples("With --run or --questions: ")
@options.answers("With --run or --questions: ")
@click.option(
    "--probes",
    is_flag=True,
    help="Probe what the model does when it is asked; --run does too (see: assay probe).",
)
@click.option(
    "--reported",
    multiple=True,
    type=options.FILE,
    metavar="FILE",
    help="Take in what garak, inspect_ai, lm-evaluation-harness or promptfoo reported; may be repeated.",
)
@options.key_in_clear("With --run, --questions or --probes: ")
@click.option("--hints", is_flag=True, help="Look for marks of edited weights also where that takes minutes.")
@options.written("histograms", "Write the exact histogram of every tensor to this file.")
@click.option("--keep", is_flag=True, help="Keep the audit in the registry (see: assay list).")
@options.registry()
@options.plugins("Let an installed package take part that brings checks, measures and sections")
@options.cost()
@options.max_time(
    "Read nothing more after so many seconds (or 30m, 2h); by default 1,800 and one for each 20 MB. What was not "
    "reached is not known."
)
@options.max_bytes(
    "Read at most so many bytes in full (or 500GB, 2TB); by default 8TB. The largest files are left out first; files "
    "with holes of more than 1 GiB are too, unless this is given."
)
@options.jobs("Cores to read with: so many files at a time, or one and its values; by default all usable.", top=64)
@options.as_of("the expiry of waivers")
@click.option("--exit-zero", is_flag=True, help="Exit 0 where the verdict is FAILED; INCOMPLETE stays 3.")
@options.quiet("Print the verdict line only.")
@options.verbose("Print what passed and every piece of evidence too.")
@click.pass_context
def COMMAND(
    ctx: click.Context,
    models: tuple[str, ...],
    policy: str | None,
    outputs: tuple[str, ...],
    questions: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    baseline: Path | None,
    offline: bool | None,
    require_isolation: bool | None,
    jobs: int | None,
    base: str | None,
    corpora: tuple[str, ...],
    trust: Path | None,
    ran: bool,
    packs: tuple[Path, ...],
    most: int | None,
    samples: int,
    answers: Path | None,
    probes: bool,
    reported: tuple[Path, ...],
    key_in_clear: bool,
    hints: bool,
    histograms: Path | None,
    keep: bool,
    registry: str | None,
    plugins: tuple[str, ...],
    max_time: int | None,
    max_bytes: int | None,
    cost: str,
    as_of: datetime | None,
    exit_zero: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Audit MODEL: a folder, a weight file, hf://org/name[@revision], s3://bucket/path or openai+http://host/v1#model
    (anthropic+https://host/v1#model for the Messages API).

    Nothing from the model is executed; --run and --questions compute its network from weights that assay read. Exit
    status: 0 PASSED, 1 FAILED, 3 INCOMPLETE, 2 could not run. Several models are audited one after another, each report
    in a file of its own (-o "html={model}.html"); the exit status is then 1, 2 or 3 if that of one of them is.
    """
    if len(models) > 1:
        return _several(ctx, models)
    (model,) = models
    from assay.pipeline import audited, requested

    targets = _targets(outputs, quiet)
    config = _configured(model)
    _apart(model, config, (*(entry.path for entry in targets), histograms, answers))
    kept_in = keeping(model, registry or config.registry) if keep else None
    accepted = baseline or (Path(config.baseline) if config.baseline else None)
    request = requested(
        model, policy=policy or config.policy, questions=_ids(questions), only=_ids(only), skip=_ids(skip),
        known=known(accepted, registry or config.registry), offline=config.offline if offline is None else offline,
        require_isolation=config.require_isolation if require_isolation is None else require_isolation,
        as_of=as_of, jobs=jobs or config.jobs, base=base, corpora=corpora, trust=trust, hints=hints, reported=reported,
        histograms=histograms, run=_asking(ran, packs, most, samples, answers, key_in_clear, probes), cost=cost,
        probes=_probing(ran or probes, key_in_clear), plugins=plugins, max_time=max_time, max_bytes=max_bytes,
    )  # fmt: skip
    _ready(model, base, *corpora, offline=request.offline, hints=hints)
    with progress(quiet) as advance:
        dossier = audited(request, advance, kept_in.told if kept_in else None)
    own = config.without(**ctx.params | {"registry": ""})  # where it is kept is no part of what is asked
    write_all(dossier, targets, verbose=verbose, plugins=request.plugins, config=own)
    _unheeded(request.known_of, accepted, dossier)
    _verdict(dossier, targets, quiet=quiet)
    if kept_in:
        kept_in.keep(dossier, histograms, quiet=quiet)
    return 0 if exit_zero and dossier.decision.verdict is Verdict.FAILED else STATUS[dossier.decision.verdict]


def _ready(model: str, base: str | None, *corpora: str, offline: bool, hints: bool) -> None:
    """Say which of them is fetched; numpy gets one thread where its products are small, which more only wait for."""
    told(model, base, *corpora, offline=offline)
    if not (base or hints):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded


def _apart(model: str, config: Config, outputs: Iterable[Path | None]) -> None:
    if "://" not in model:  # of `assay demo` no argument
        also(Path(model))
    also(*config.files)
    apart(outputs)


def _several(ctx: click.Context, models: tuple[str, ...]) -> int:
    from assay.cli._several import several

    given = ctx.params
    if given["histograms"] or given["answers"]:
        raise UsageError("--histograms and --answers are of one model: audit it alone")

    def one(model: str, outputs: tuple[str, ...]) -> int:
        status: int = ctx.invoke(COMMAND, **{**given, "models": (model,), "outputs": outputs, "exit_zero": False})
        return status

    status = several(models, given["outputs"], one)
    return 0 if given["exit_zero"] and status == 1 else status


def _verdict(dossier: Dossier, targets: tuple[Target, ...], *, quiet: bool) -> None:
    if quiet:
        say(_verdict_line(dossier), err=any(entry.path is None for entry in targets))
    for entry in targets:
        if entry.path is not None and not quiet:
            say(f"wrote {entry.path}", err=True)


def _targets(outputs: tuple[str, ...], quiet: bool) -> tuple[Target, ...]:
    """Where reports go; those in files do not take the place of the answer on the screen."""
    targets = tuple(map(target, outputs))
    return targets if quiet or any(entry.path is None for entry in targets) else (target("text"), *targets)


def _asking(
    ran: bool,
    packs: tuple[Path, ...],
    most: int | None,
    samples: int,
    answers: Path | None,
    key_in_clear: bool,
    probes: bool,
) -> Asking | None:
    if not ran and not packs:
        if most or samples or answers or (key_in_clear and not probes):
            raise UsageError("--most, --samples, --answers and --key-in-clear go with --run or --questions")
        return None
    from assay.uncertainty import Draw
    from assay.uncertainty.asking import asking

    return asking(packs, most or 0, Draw(samples), answers, key_in_clear=key_in_clear)


def _probing(probes: bool, key_in_clear: bool) -> Probing | None:
    if not probes:
        return None
    from assay.probes.probing import planned

    return planned(key_in_clear=key_in_clear)


def _ids(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(id.strip() for value in values for id in value.split(",") if id.strip())


def _configured(model: str) -> Config:
    config = configured(Path(model) if "://" not in model else None)
    if config.ignored:
        say(f"assay: {config.ignored} lies inside the audited model and was ignored", err=True)
    return config


def _unheeded(model: str, baseline: Path | None, dossier: Dossier) -> None:
    """Say so where the baseline is of another model than the one that was audited."""
    if model and dossier.baseline is None:
        say(
            f"assay: {baseline} is the baseline of {model!r}, and this is {dossier.subject.name!r}: "
            "nothing on it counts (for any model: assay baseline write --any-model)",
            err=True,
        )


def _verdict_line(dossier: Dossier) -> str:
    from assay.render.tally import tally
    from assay.render.verdict import counts
    from assay.render.visible import visible

    return f"{dossier.decision.verdict}  {visible(dossier.subject.name)}  {counts(tally(dossier))}"
