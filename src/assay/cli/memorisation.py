"""`assay memorisation`: what a model repeats of its training data."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli._progress import progress
from assay.cli._streams import one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical


@click.command("memorisation")
@click.argument("model")
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    required=True,
    metavar="DIR",
    help="The training data, indexed (see: assay corpus build); may be repeated.",
)
@click.option(
    "--held-out",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Texts of the same kind that it was not trained on: JSON lines with text, or paragraphs. Shows what can be guessed.",
)
@click.option(
    "--canaries",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Secrets that were planted: JSON lines with prefix, secret and copies.",
)
@click.option(
    "--each",
    type=click.IntRange(1, 10_000),
    default=50,
    metavar="N",
    help="Passages of each group by how often they occur (50).",
)
@click.option(
    "--prefix", type=click.IntRange(1, 1000), default=32, metavar="WORDS", help="Words that the model reads (32)."
)
@click.option(
    "--suffix", type=click.IntRange(1, 1000), default=16, metavar="WORDS", help="Words that it has to go on with (16)."
)
@click.option(
    "--free",
    type=click.IntRange(0, 10_000),
    default=20,
    metavar="N",
    help="Texts that it writes of its own accord, looked for in the data (20).",
)
@click.option("--seed", type=int, default=0, metavar="N", help="Of every draw.")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Threads of the runtime.")
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="text or json; may be repeated."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Print every repeated passage and run.")
def COMMAND(
    model: str, corpora: tuple[str, ...], held_out: tuple[Path, ...], canaries: Path | None, each: int, prefix: int, suffix: int, free: int, seed: int, threads: int | None,
    outputs: tuple[str, ...], quiet: bool, verbose: bool,
) -> int:  # fmt: skip
    """Say how much of its training data MODEL repeats, by how often a passage occurs in it, beside what could be guessed.

    The files are parsed as in an audit, and no code of the model is run. Exit status 0, or 2 if it could not run.
    """
    from assay import uncertainty
    from assay.probes import memorisation as memorising
    from assay.render.record.memorisation import lines

    targets = [one_of(entry, ("text", "json")) for entry in outputs] or [("text", None)]
    try:
        runtime = uncertainty.open(model, threads=threads or 0)
        with progress(quiet) as advance:
            found = memorising.memorisation(runtime, corpora, held_out, canaries, memorising.Plan(each, prefix, suffix, free, seed), advance)  # fmt: skip
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in targets:
        rows = lines(found, verbose)
        text = "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")
        put(canonical(found) if format == "json" else text, path)
    return 0
