"""`assay inside`: why a model said it, as far as its own computation shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import given_text
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put
from assay.cli._threads import use
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical

if TYPE_CHECKING:
    from assay.inside import Asked, Opened, Seen

MOST = 1 << 20  # bytes of a prompt or answer
_FORMATS = ("text", "json", "html", "tensors")


@command("inside")
@click.argument("model")
@click.option("--user", metavar="TEXT|FILE", help="The message, put into the model's chat template.")
@click.option("--system", default="", metavar="TEXT", help="With --user: the system message.")
@click.option("--prompt", metavar="TEXT|FILE", help="A prompt instead of a message, as the model is to read it.")
@click.option("--text", metavar="TEXT|FILE", help="An answer to look into; without it the model writes one.")
@click.option(
    "--token",
    "number",
    type=click.IntRange(1),
    metavar="N",
    help="Which token of the answer, from 1; by default the first of a name or number that the question has not.",
)
@click.option(
    "--against",
    metavar="TEXT|FILE",
    help="Another message (with --prompt: prompt), as long in tokens: where the difference is carried.",
)
@options.most("tokens", "Let the model write at most this many tokens.", least=1, top=512, default=64)
@click.option("--quick", is_flag=True, help="Only what one pass gives: the lens and contributions; nothing is ablated.")
@click.option(
    "--tuned",
    is_flag=True,
    help="Fit a tuned lens too, to assay's own questions (70 CPU seconds for 135 M parameters).",
)
@options.corpora("Look names and numbers up in this indexed training data")
@options.offline()
@options.threads()
@options.formats(*_FORMATS, note="Tensors are a safetensors file.")
@options.quiet("Print one line only.")
@options.verbose("Print every layer and token.")
def COMMAND(
    model: str,
    user: str | None,
    system: str,
    prompt: str | None,
    text: str | None,
    number: int | None,
    against: str | None,
    most: int,
    quick: bool,
    tuned: bool,
    corpora: tuple[str, ...],
    offline: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Look into MODEL while it writes one token of an answer: what is read where, what wrote it, what it hung on.

    MODEL is a folder or file with weights, or hf://org/name; an endpoint shows nothing of what goes on inside. Each
    view is first proved on this model, and what fails its proof is not shown. Exit status 0, or 2 if it could not run.
    """
    if (user is None) == (prompt is None):
        raise UsageError("give the question as --user, or as the model is to read it as --prompt")
    if system and user is None:
        raise UsageError("--system goes with --user")
    if ("tensors", None) in outputs:
        raise UsageError("-o tensors needs a file: -o tensors=FILE.safetensors")
    from assay import inside, uncertainty

    words = [None if row is None else given_text(row, MOST) for row in (user, prompt, text, against)]
    held = uncertainty.against((), corpora, offline=offline)
    told(model, *corpora, offline=offline)
    try:
        use(threads)
        with progress(quiet) as advance:
            opened = inside.open(model, offline=offline)
            asked = replace(
                _asked(opened, words, system), number=number or 0, most=most, tuned=tuned, quick=quick, held=held
            )
            found = opened.seen(asked, advance)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in outputs:
        put(_rendered(found, format, path, quiet, verbose), path)
    return 0


def _asked(opened: Opened, words: list[str | None], system: str) -> Asked:
    """What is asked, each prompt as the model reads it."""
    from assay.inside import Asked
    from assay.runtime import conversation

    user, prompt, text, against = words
    if user is None:
        return Asked(prompt or "", text, against=against or "")
    other = conversation(opened.runtime, against, system) if against else ""
    return Asked(conversation(opened.runtime, user, system), text, against=other, question=user)


def _rendered(found: Seen, format: str, path: Path | None, quiet: bool, verbose: bool) -> bytes:
    if format == "json":
        return canonical(found.record)
    if format == "tensors":
        from assay.weights.safetensors import safetensors

        values = {name: ("F32", row.shape, row.astype("<f4").tobytes()) for name, row in found.tensors.items()}
        return safetensors(values, {})
    if format == "html":
        from assay.render.record.inside_page import page

        return page(found.record)
    from assay.render.record.inside import headline, lines
    from assay.render.terminal import unicode_wanted

    plain = path is None and not unicode_wanted()
    rows = [headline(found.record).line] if quiet else lines(found.record, *looks(path), verbose, plain)
    return encoded(rows, fold=path is None and not quiet)
