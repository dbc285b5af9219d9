"""`assay check`: what documents say of each sentence of a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import given_text, is_file
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, colour_wanted, encoded, put
from assay.cli._threads import use
from assay.errors import InputError, UsageError
from assay.facts.checked import Checked, Support
from assay.facts.codec import canonical

if TYPE_CHECKING:
    from assay.uncertainty.judging import Asks
    from assay.uncertainty.sources import Source

MOST = 16 << 20  # bytes of what is typed or read from standard input


@command("check")
@click.argument("text", metavar="TEXT|FILE|-")
@click.option(
    "--document",
    "documents",
    multiple=True,
    required=True,
    metavar="FILE",
    help="What the text should be supported by: text, Markdown, HTML, PDF, Word (.docx) or EPUB, '-' for standard "
    "input; may be repeated.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["contradicted", "not-found"]),
    default="not-found",
    show_default=True,
    help="Exit 1 for contradicted sentences alone, or for sentences that are not found, too.",
)
@click.option(
    "--judge",
    metavar="MODEL",
    help="Ask this language model (file, folder, openai+http://...) about each sentence, too; it must pass a trial.",
)
@options.entailment(
    "Ask this model of entailment (a classifier of pairs) about each sentence, too, if it passes a trial."
)
@options.offline()
@options.key_in_clear()
@options.threads()
@options.formats("text", "json", "html")
@options.quiet("Print the first line only.")
@options.verbose("Print the passage of every sentence, of those that are supported, too.")
def COMMAND(
    text: str,
    documents: tuple[str, ...],
    fail_on: str,
    judge: str | None,
    entailment: Path | None,
    offline: bool,
    key_in_clear: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Say of each sentence of TEXT whether the documents support it, contradict it, or do not have it.

    TEXT is a file if there is one of this name (of the kinds that documents have), '-' for standard input, else the
    text itself. No model is needed:
    names, numbers, dates, negation and words are compared. Exit status 0: every sentence that says something is
    supported. 1: one is contradicted or not found. 3: none is, but one could not be judged. 2: it could not run.
    """
    from assay.uncertainty.checking import check

    if [text, *documents].count("-") > 1:
        raise UsageError("standard input can be read once: give a file for the text, or for the document")
    given, sources = _given(text, "text"), [_given(row, "document") for row in documents]
    found = check(given.text, sources, given.name, given.missing)
    if judge is not None or entailment is not None:
        from assay.uncertainty import judging
        from assay.uncertainty.helping import helped

        helpers = _helpers(judge, entailment, offline, key_in_clear, threads)
        with progress(quiet) as advance:
            found = helped(found, sources, helpers, judging.folder(), advance)
    for format, path in outputs:
        put(_rendered(found, format, path is None, quiet, verbose), path)
    return _status(found, fail_on)


def _helpers(judge: str | None, entailment: Path | None, offline: bool, key_in_clear: bool, threads: int) -> list[Asks]:
    """The models that are asked, too."""
    from assay import uncertainty
    from assay.runtime.entailment import Entailer
    from assay.uncertainty.judging import Entails, Judge

    found: list[Asks] = []
    told(judge, offline=offline)
    use(threads)
    try:
        if judge is not None:
            found.append(Judge(uncertainty.open(judge, offline=offline, key_in_clear=key_in_clear)))
        if entailment is not None:
            found.append(Entails(Entailer(entailment)))
    except InputError as cause:
        raise UsageError(str(cause)) from None
    return found


def _given(words: str, what: str) -> Source:
    """Standard input, the file of this name, or of a text itself.

    A document is always a file, so that a name with a typing error is no document.
    """
    from assay.uncertainty.sources import document, source

    if words == "-":
        return source("standard input", given_text("-", MOST))
    if what == "document" or is_file(words):
        return document(Path(words), what)
    return source("the text", given_text(words, MOST))


def _status(found: Checked, fail_on: str) -> int:
    bad = found.count(Support.CONTRADICTED) + (found.count(Support.NOT_FOUND) if fail_on == "not-found" else 0)
    return 1 if bad else 3 if found.unread else 0


def _rendered(found: Checked, format: str, here: bool, quiet: bool, verbose: bool) -> bytes:
    """The report, for standard output if it is `here`."""
    if format == "json":
        return canonical(found)
    if format == "html":
        from assay.render.record.checked_page import page

        return page(found)
    from assay.render.record.checked import headline, lines
    from assay.render.terminal import terminal_width

    rows = [headline(found)] if quiet else lines(found, here and colour_wanted(), terminal_width(), verbose)
    return encoded(rows, fold=here and not quiet)
