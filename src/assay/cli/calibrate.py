"""`assay calibrate`: what a model's scores are worth, on labelled questions."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli._progress import counting
from assay.cli._streams import one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical


@click.command("calibrate")
@click.argument("model")
@click.option(
    "--pack",
    "packs",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labelled questions: JSON lines, NQ-open or LRE; may be repeated.",
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
@click.option("--score", default="surprise.max", metavar="NAME", help="The score that is calibrated (surprise.max).")
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
    model: str, packs: tuple[Path, ...], most: int | None, samples: int, seed: int, by_topic: bool, score: str, keep: Path | None, threads: int | None, outputs: tuple[str, ...], quiet: bool, verbose: bool,
) -> int:  # fmt: skip
    """Ask MODEL labelled questions, and say how often it is wrong at which score, and what error rate can be promised.

    A promise is by learn-then-test: with the stated probability at most that share of the answers below the threshold is wrong, for questions
    like those of the pack. Where the sample does not allow one, that is said. Exit status 0, or 2 if it could not run.
    """
    from assay import calibrating, uncertainty
    from assay import packs as questions
    from assay.render._calibration import lines

    targets = [one_of(entry, ("text", "json")) for entry in outputs] or [("text", None)]
    pack = questions.load(packs, most or 0)
    try:
        runtime = uncertainty.open(model, threads=threads or 0)
        draw = uncertainty.Draw(samples, seed=seed)
        with counting(quiet) as advance:
            rows = calibrating.asked(runtime, pack, keep, advance, draw)
        found = calibrating.calibration(runtime, pack, rows, score, draw, by_topic)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    if pack.duplicates and not quiet:
        click.echo(f"assay: {pack.duplicates:,} questions that stand there twice were asked once", err=True)
    for format, path in targets:
        put(
            canonical(found)
            if format == "json"
            else "".join(f"{row}\n" for row in lines(found, verbose)).encode("utf-8", "backslashreplace"),
            path,
        )
    return 0
