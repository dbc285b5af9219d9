"""`assay memorisation`: what a model repeats of its training data."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, looks, put, put_record
from assay.cli._threads import use
from assay.errors import InputError, UsageError


@command("memorisation")
@click.argument("model")
@options.corpora("The training data, indexed", required=True)
@click.option(
    "--held-out",
    multiple=True,
    type=options.FILE,
    metavar="FILE",
    help="Texts of the same kind that it was not trained on: JSON lines with text, or paragraphs. "
    "Shows what can be guessed; may be repeated.",
)
@click.option(
    "--canaries",
    type=options.FILE,
    metavar="FILE",
    help="Secrets that were planted: JSON lines with prefix, secret and copies.",
)
@click.option(
    "--each",
    type=click.IntRange(1, 10_000),
    default=50,
    metavar="N",
    show_default=True,
    help="Passages of each group by how often they occur.",
)
@click.option(
    "--prefix",
    type=click.IntRange(1, 1000),
    default=32,
    metavar="WORDS",
    show_default=True,
    help="Words that the model reads.",
)
@click.option(
    "--suffix",
    type=click.IntRange(1, 1000),
    default=16,
    metavar="WORDS",
    show_default=True,
    help="Words that it has to go on with.",
)
@click.option(
    "--free",
    type=click.IntRange(0, 10_000),
    default=20,
    metavar="N",
    show_default=True,
    help="Texts that it writes of its own accord, looked for in the data.",
)
@options.seed()
@options.offline()
@options.key_in_clear()
@options.threads()
@options.formats("text", "json", "html")
@options.quiet("Show no progress.")
@options.verbose("Print every memorised passage and run of words.")
def COMMAND(
    model: str,
    corpora: tuple[str, ...],
    held_out: tuple[Path, ...],
    canaries: Path | None,
    each: int,
    prefix: int,
    suffix: int,
    free: int,
    seed: int,
    offline: bool,
    key_in_clear: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Say how much of its training data MODEL has memorised, by how often a passage occurs in it.

    Beside it stands what could be guessed, by held-out texts of the same kind.
    The files are parsed as in an audit, and no code of the model is run. Exit status 0, 2 if it could not run, or
    3 if a server of a corpus did not answer.
    """
    from assay import uncertainty
    from assay.probes import memorisation as memorising
    from assay.render.record.memorisation import lines

    plan = memorising.Plan(each, prefix, suffix, free, seed)
    told(model, *corpora, offline=offline)
    try:
        use(threads)
        runtime = uncertainty.open(model, offline=offline, key_in_clear=key_in_clear)
        with progress(quiet) as advance:
            found = memorising.memorisation(runtime, corpora, held_out, canaries, plan, advance, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in outputs:
        if format == "html":
            from assay.render.record.memorisation_page import page

            put(page(found), path)
            continue
        rows = lines(found, *looks(path), verbose)
        put_record(format, found, rows, path)
    return 3 if any(row.unasked for row in found.corpora) else 0
