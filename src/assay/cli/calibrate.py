"""`assay calibrate`: what a model's scores are worth, on labelled questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli._progress import progress
from assay.cli._streams import one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical

if TYPE_CHECKING:
    from assay.facts.calibration import Calibration
    from assay.facts.filtering import Filtering


@click.command("calibrate")
@click.argument("model")
@click.option(
    "--pack",
    "packs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labelled questions: JSON lines, NQ-open, SelfAware or LRE; may be repeated.",
)
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make the questions from this text instead: names, numbers and dates to be filled in; may be repeated.",
)
@click.option(
    "--claims",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score claims that people labelled instead (JSON lines, or FActScore as published), and say which may stay in a text.",
)
@click.option("--most", type=click.IntRange(30), metavar="N", help="Ask at most N questions.")
@click.option(
    "--samples",
    type=click.IntRange(0, 64),
    default=0,
    metavar="K",
    help="Also draw K other answers to each question (at temperature 0.7), for the scores that compare them.",
)
@click.option("--seed", type=int, default=0, metavar="N", help="Of what is drawn.")
@click.option("--by-topic", is_flag=True, help="Also say what can be promised within each topic.")
@click.option("--score", default="sequence", metavar="NAME", help="The score that is calibrated (sequence).")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep each answer here, and go on from it the next time.",
)
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Threads of the runtime.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="text or json (the calibration); may be repeated.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Print every topic and confident error.")
def COMMAND(
    model: str, packs: tuple[Path, ...], documents: tuple[Path, ...], claims: Path | None, most: int | None, samples: int, seed: int, by_topic: bool, score: str, keep: Path | None, threads: int | None, outputs: tuple[str, ...], quiet: bool, verbose: bool,
) -> int:  # fmt: skip
    """Ask MODEL labelled questions, and say how often it is wrong at which score, and what error rate can be promised.

    A promise is by learn-then-test: with the stated probability at most that share of the answers below the threshold is wrong, for questions
    like those of the pack. Where the sample does not allow one, that is said. Exit status 0, or 2 if it could not run.
    """
    if sum(map(bool, (packs, documents, claims))) != 1:
        raise UsageError("give --pack, --document or --claims, and one of them only")
    targets = [one_of(entry, ("text", "json")) for entry in outputs] or [("text", None)]
    try:
        found, rows = _claims(model, claims, most, score, threads, quiet) if claims else _questions(model, packs, documents, most, (samples, seed), (score, by_topic), keep, threads, quiet, verbose)  # fmt: skip
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in targets:
        text = "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")
        put(canonical(found) if format == "json" else text, path)
    return 0


def _questions(
    model: str, packs: tuple[Path, ...], documents: tuple[Path, ...], most: int | None, drawn: tuple[int, int], wanted: tuple[str, bool], keep: Path | None,
    threads: int | None, quiet: bool, verbose: bool,
) -> tuple[Calibration, list[str]]:  # fmt: skip
    """(the calibration, its lines)."""
    from assay import uncertainty
    from assay.render.record.calibration import lines
    from assay.uncertainty import calibration as calibrating
    from assay.uncertainty import questions as questions

    pack = questions.cloze(documents, most or 0) if documents else questions.load(packs, most or 0)
    if pack.duplicates and not quiet:
        click.echo(f"assay: {pack.duplicates:,} questions that stand there twice were asked once", err=True)
    runtime = uncertainty.open(model, threads=threads or 0)
    draw = uncertainty.Draw(drawn[0], seed=drawn[1])
    with progress(quiet) as advance:
        rows = calibrating.asked(runtime, pack, keep, advance, draw)
    found = calibrating.calibration(runtime, pack, rows, wanted[0], draw, wanted[1])
    return found, list(lines(found, verbose))


def _claims(
    model: str, claims: Path, most: int | None, score: str, threads: int | None, quiet: bool
) -> tuple[Filtering, list[str]]:
    """(the filtering, its lines)."""
    from assay import uncertainty
    from assay.render.record.claims import lines
    from assay.uncertainty import claims as filtering

    texts, digest = filtering.load(claims, most or 0)
    runtime = uncertainty.open(model, threads=threads or 0)
    with progress(quiet) as advance:
        found = filtering.filtering(runtime, texts, claims.stem, digest, advance, score)
    return found, list(lines(found))
