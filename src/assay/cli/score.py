"""`assay score`: how much a model itself trusts a text, token by token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli._load import given_text
from assay.cli._streams import colour_wanted, one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.uncertainty import ScoredText

if TYPE_CHECKING:
    from assay.facts.calibration import Calibration

MOST = 4 << 20  # bytes of a text


@click.command("score")
@click.argument("model")
@click.option(
    "--text", metavar="TEXT|FILE|-", help="The text to score; without it the model writes one, which is scored."
)
@click.option("--prompt", metavar="TEXT|FILE", help="What stands before it, as the model is to read it.")
@click.option("--user", metavar="TEXT|FILE", help="A message instead of a prompt, put into the model's chat template.")
@click.option("--system", default="", metavar="TEXT", help="With --user: the system message.")
@click.option(
    "--most", type=click.IntRange(1, 4096), default=128, metavar="N", help="Let the model write at most N tokens (128)."
)
@click.option(
    "--temperature",
    type=click.FloatRange(0, 5),
    default=0.0,
    metavar="T",
    help="0 (the default) takes the likeliest token each time.",
)
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Hold each sentence against this text; may be repeated. It is not put into the prompt.",
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    metavar="DIR",
    help="Look names and numbers up in this indexed training data (see: assay corpus); may be repeated.",
)
@click.option(
    "--samples",
    type=click.IntRange(0, 64),
    default=0,
    metavar="K",
    help="Also draw K other answers (at temperature 0.7), and say how they differ.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    metavar="N",
    help="Of what is drawn: the samples, and the answer where the temperature is above 0.",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What `assay calibrate -o json` wrote for this model: gives an error rate.",
)
@click.option(
    "--filter",
    "claims",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What `assay calibrate --claims ... -o json` wrote for this model: says which sentences may stay.",
)
@click.option(
    "--live",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --calibration: keep the scores of live texts here, and say when they are no longer like those of the calibration.",
)
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Threads of the runtime.")
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="text, json or html; may be repeated."
)
@click.option("-q", "--quiet", is_flag=True, help="Print the default score only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every score, span and token.")
def COMMAND(
    model: str, text: str | None, prompt: str | None, user: str | None, system: str, most: int, temperature: float, documents: tuple[Path, ...], corpora: tuple[str, ...], samples: int, seed: int, calibration: Path | None, claims: Path | None, live: Path | None, threads: int | None,
    outputs: tuple[str, ...], quiet: bool, verbose: bool,
) -> int:  # fmt: skip
    """Run MODEL on a text and say how likely it finds each token: a folder or file with weights, or a record (-o json of this command).

    The files are parsed as in an audit, and no code of the model is run. A score is no error rate: it says where the model
    was surprised. Exit status 0, or 2 if it could not run.
    """
    from assay import uncertainty
    from assay.uncertainty import calibration as calibrating
    from assay.uncertainty import claims as filtering

    targets = [one_of(entry, ("text", "json", "html")) for entry in outputs] or [("text", None)]
    if prompt is not None and user is not None:
        raise UsageError("--prompt and --user are two ways to say the same: give one")
    if system and user is None:
        raise UsageError("--system goes with --user")
    if text is None and prompt is None and user is None:
        raise UsageError("give --text to score, or --prompt or --user for the model to answer")
    told = None if text is None else given_text(text, MOST)
    if live and not calibration:
        raise UsageError("--live goes with --calibration")
    known = calibrating.load(calibration) if calibration else None
    filter = filtering.saved(claims) if claims else None
    held = uncertainty.against(documents, corpora)
    try:
        runtime = uncertainty.open(model, threads=threads or 0)
        before = (
            runtime.rendered(given_text(user, MOST), system) if user is not None else given_text(prompt or "", MOST)
        )
        draw = uncertainty.Draw(samples, seed=seed)
        found = (
            uncertainty.generated(runtime, before, most, temperature, seed, known, draw, held)
            if told is None
            else uncertainty.score(runtime, before, told, known, draw, held)
        )
        if filter is not None:
            found = replace(found, filtered=filtering.kept(runtime, before, found.text, found.sentences, filter))
    except InputError as cause:
        raise UsageError(str(cause)) from None
    if live and known:
        found = _with_live(found, live, known)
    for format, path in targets:
        put(_rendered(found, format, path is None and colour_wanted(), quiet, verbose), path)
    return 0


def _with_live(found: ScoredText, live: Path, known: Calibration) -> ScoredText:
    """The text with what the live texts so far say of its risk."""
    from assay.uncertainty.drift import added

    value = next(score.value for score in found.scores if score.id == known.score)
    said = added(live, known, value)
    if not said or found.risk is None:
        return found
    return replace(found, risk=replace(found.risk, unlike="; ".join(filter(None, (found.risk.unlike, said)))))


def _rendered(found: ScoredText, format: str, colour: bool, quiet: bool, verbose: bool) -> bytes:
    if format == "json":
        return canonical(found)
    if format == "html":
        from assay.render.record.scored_page import page

        return page(found)
    from assay.render.output.text import terminal_width
    from assay.render.record.scored import lines

    first = found.scores[0]
    rows = [f"{first.value:.3f} {first.unit}  {first.id}"] if quiet else lines(found, colour, terminal_width(), verbose)
    return "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")
