"""`assay calibrate`: what a model's scores are worth, on labelled questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._draw import drawing
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put, say
from assay.cli._threads import use
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical

if TYPE_CHECKING:
    from assay.facts.calibration import Calibration
    from assay.facts.filtering import Filtering
    from assay.runtime.endpoint import Endpoint
    from assay.runtime.recorded import Recorded
    from assay.runtime.torch_ import TorchRuntime
    from assay.uncertainty import Draw
    from assay.uncertainty.questions import QuestionSet

Report = Callable[[bool, int], Iterable[str]]  # (in colour, columns) -> the lines


@command("calibrate")
@click.argument("model")
@options.questions("Labelled questions: JSON lines, NQ-open, SelfAware or LRE")
@options.documents("Make the questions from this text instead: names, numbers and dates to be filled in")
@click.option(
    "--claims",
    type=options.FILE,
    metavar="FILE",
    help="Score claims that people labelled instead (JSON lines, or FActScore as published), "
    "and say which sentences of a text may stay.",
)
@options.most(
    "questions",
    "Ask at most this many questions; with --claims, score the claims of at most this many texts.",
    least=10,
)
@options.samples()
@options.entailment()
@options.seed()
@click.option("--by-topic", is_flag=True, help="Also say what error rate can be guaranteed within each topic.")
@click.option(
    "--score",
    default="",
    metavar="NAME",
    help="The score that error rates are stated by; by default short, else sequence, else samples.apart.",
)
@options.answers()
@options.offline()
@options.key_in_clear()
@options.threads()
@options.formats("text", "json", note="json is the calibration.")
@options.quiet("Show no progress.")
@options.verbose("Print every topic and confident error.")
def COMMAND(
    model: str,
    packs: tuple[Path, ...],
    documents: tuple[Path, ...],
    claims: Path | None,
    most: int | None,
    samples: int,
    entailment: Path | None,
    seed: int,
    by_topic: bool,
    score: str,
    answers: Path | None,
    offline: bool,
    key_in_clear: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Ask MODEL labelled questions, and say how often it is wrong at which score, and what error rate is guaranteed.

    A guarantee is by learn-then-test: with the stated probability at most that share of the answers below the threshold
    is wrong, for questions like those of the set. Where the sample does not allow one, that is said. Exit status 0, or
    2 if it could not run.
    """
    if sum(map(bool, (packs, documents, claims))) != 1:
        raise UsageError("give --questions, --document or --claims, and one of them only")
    from assay import uncertainty

    told(model, offline=offline)
    opened = partial(uncertainty.open, model, offline=offline, key_in_clear=key_in_clear)
    try:
        if claims:
            found, report = _claims(opened, claims, most, score or "sequence", threads, quiet)
        else:
            from assay.uncertainty import questions as sets

            pack = sets.cloze(documents, most or 0) if documents else sets.load(packs, most or 0)
            draw = drawing(samples, seed, entailment)
            found, report = _questions(opened, pack, draw, (score, by_topic), answers, threads, quiet, verbose)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in outputs:
        text = format != "json"
        put(encoded(report(*looks(path)), fold=path is None) if text else canonical(found), path)
    return 0


def _questions(
    opened: Callable[[], TorchRuntime | Endpoint | Recorded],
    pack: QuestionSet,
    draw: Draw,
    wanted: tuple[str, bool],
    answers: Path | None,
    threads: int,
    quiet: bool,
    verbose: bool,
) -> tuple[Calibration | Filtering, Report]:
    """(the calibration, its report), where (score, also by topic) are `wanted`."""
    from assay.render.record.calibration import lines
    from assay.uncertainty import calibration as calibrating

    if pack.duplicates and not quiet:
        say(f"assay: {pack.duplicates:,} questions that stand there twice were asked once", err=True)
    if pack.missing and not quiet:
        say(f"assay: not read: {'; '.join(pack.missing)}", err=True)
    use(threads)
    runtime = opened()
    with progress(quiet) as advance:
        rows = calibrating.asked(runtime, pack, answers, advance, draw)
    found = calibrating.calibration(runtime, pack, rows, wanted[0], draw, wanted[1])
    return found, partial(lines, found, verbose=verbose)


def _claims(
    opened: Callable[[], TorchRuntime | Endpoint | Recorded],
    claims: Path,
    most: int | None,
    score: str,
    threads: int,
    quiet: bool,
) -> tuple[Calibration | Filtering, Report]:
    """(the filtering, its report)."""
    from assay.render.record.claims import lines
    from assay.uncertainty import claims as filtering

    texts, digest = filtering.load(claims, most or 0)
    use(threads)
    runtime = opened()
    with progress(quiet) as advance:
        found = filtering.filtering(runtime, texts, claims.stem, digest, advance, score)
    return found, partial(lines, found)
