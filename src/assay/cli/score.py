"""`assay score`: how much a model itself trusts a text, token by token."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._draw import drawing
from assay.cli._load import given_text
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put
from assay.cli._threads import use
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.uncertainty import ScoredText

if TYPE_CHECKING:
    from assay.facts.calibration import Calibration

MOST = 4 << 20  # bytes of a text
UNSCORED = "which sentences may stay: {} scores none of them by itself after this prompt"


@command("score")
@click.argument("model")
@click.option(
    "--text", metavar="TEXT|FILE|-", help="The text to score; without it the model writes one, which is scored."
)
@click.option("--prompt", metavar="TEXT|FILE", help="What stands before it, as the model is to read it.")
@click.option("--user", metavar="TEXT|FILE", help="A message instead of a prompt, put into the model's chat template.")
@click.option("--system", default="", metavar="TEXT", help="With --user: the system message.")
@options.most("tokens", "Let the model write at most this many tokens.", least=1, top=4096, default=128)
@click.option(
    "--temperature",
    type=click.FloatRange(0, 5),
    default=0.0,
    show_default=True,
    metavar="T",
    help="0 takes the likeliest token each time.",
)
@options.documents("Compare each sentence with this text, which is not put into the prompt")
@options.corpora("Look names and numbers up in this indexed training data")
@options.samples()
@options.entailment()
@options.seed()
@click.option(
    "--calibration",
    type=options.FILE,
    metavar="FILE",
    help="What `assay calibrate -o json` wrote for this model: gives an error rate.",
)
@click.option(
    "--filter",
    "claims",
    type=options.FILE,
    metavar="FILE",
    help="What `assay calibrate --claims ... -o json` wrote for this model: says which sentences may stay.",
)
@options.written(
    "live", "With --calibration: keep the scores of texts in use here, and say when their distribution has shifted."
)
@click.option(
    "--no-usual",
    is_flag=True,
    help="Do not read, once a model, what is usual for it (240 answers to assay's own questions).",
)
@options.offline()
@options.key_in_clear()
@options.threads()
@options.formats("text", "json", "html")
@options.quiet("Print the default score only.")
@options.verbose("Print every score, span and token.")
def COMMAND(
    model: str,
    text: str | None,
    prompt: str | None,
    user: str | None,
    system: str,
    most: int,
    temperature: float,
    documents: tuple[Path, ...],
    corpora: tuple[str, ...],
    samples: int,
    entailment: Path | None,
    seed: int,
    calibration: Path | None,
    claims: Path | None,
    live: Path | None,
    no_usual: bool,
    offline: bool,
    key_in_clear: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Run MODEL on a text and say how likely it finds each token.

    MODEL is a folder or file with weights, or a record (-o json of this command), which alone is shown as it is. The
    files are parsed as in an audit, and no code of the model is run. The first line says what stands out; each sentence
    is supported, doubtful, contradicted or not judged, and why. A score is no error rate. Exit status 0, or 2 if it
    could not run.
    """
    from assay import uncertainty
    from assay.runtime import conversation
    from assay.uncertainty import calibration as calibrating
    from assay.uncertainty import claims as filtering
    from assay.uncertainty import usual as usually

    if text is prompt is user is None and Path(model).suffix == ".json" and Path(model).is_file():
        return _written(_record(Path(model)), outputs, quiet, verbose)
    _check(text, prompt, user, system)
    if live and not calibration:
        raise UsageError("--live goes with --calibration")
    given = None if text is None else given_text(text, MOST)
    known = calibrating.load(calibration) if calibration else None
    filter = filtering.saved(claims) if claims else None
    held = uncertainty.against(documents, corpora, offline=offline)
    told(model, *corpora, offline=offline)
    try:
        use(threads)
        draw = drawing(samples, seed, entailment)
        runtime = uncertainty.open(model, offline=offline, key_in_clear=key_in_clear)
        before = (
            given_text(prompt or "", MOST) if user is None else conversation(runtime, given_text(user, MOST), system)
        )
        with progress(quiet) as advance:
            usual = partial(usually.usual, keep=usually.folder(), progress=advance) if not no_usual else usually.unknown
            if given is None:
                found = uncertainty.generated(runtime, before, most, temperature, seed, known, draw, held, usual)
            else:
                found = uncertainty.score(runtime, before, given, known, draw, held, usual)
        if filter is not None:
            rows = filtering.kept(runtime, before, found.text, found.sentences, filter)
            lacking = () if any(row.score is not None for row in rows) else (UNSCORED.format(found.runtime),)
            found = replace(found, filtered=rows, missing=(*found.missing, *lacking))
    except InputError as cause:
        raise UsageError(str(cause)) from None
    if live and known:
        found = _with_live(found, live, known)
    return _written(found, outputs, quiet, verbose)


def _record(path: Path) -> ScoredText:
    """The one record in a file, which is shown as it is."""
    from assay.runtime.recorded import Recorded

    rows = Recorded(path).rows
    if len(rows) > 1:
        raise UsageError(f"{path} holds {len(rows):,} records: say which one by its --prompt")
    return rows[0]


def _written(found: ScoredText, outputs: tuple[Output, ...], quiet: bool, verbose: bool) -> int:
    for format, path in outputs:
        put(_rendered(found, format, path, quiet, verbose), path)
    return 0


def _check(text: str | None, prompt: str | None, user: str | None, system: str) -> None:
    """Raise where the options that say what is scored contradict each other."""
    if prompt is not None and user is not None:
        raise UsageError("--prompt and --user are two ways to say the same: give one")
    if system and user is None:
        raise UsageError("--system goes with --user")
    if text is None and prompt is None and user is None:
        raise UsageError("give --text to score, or --prompt or --user for the model to answer")


def _with_live(found: ScoredText, live: Path, known: Calibration) -> ScoredText:
    """The text, its risk with what the scores of texts so far say of a shift."""
    from assay.uncertainty.drift import added

    value = next(score.value for score in found.scores if score.id == known.score)
    said = added(live, known, value)
    if not said or found.risk is None:
        return found
    return replace(found, risk=replace(found.risk, unlike="; ".join(filter(None, (found.risk.unlike, said)))))


def _rendered(found: ScoredText, format: str, path: Path | None, quiet: bool, verbose: bool) -> bytes:
    if format == "json":
        return canonical(found)
    if format == "html":
        from assay.render.record.scored_page import page

        return page(found)
    from assay.render.record.scored import lines

    first = next((f"{row.value:.3f} {row.unit}  {row.id}" for row in found.scores), "no score")
    rows = [first] if quiet else lines(found, *looks(path), verbose)
    return encoded(rows, fold=path is None and not quiet)
