"""The training data that was given with the model: each corpus with its parts and their licences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.corpus import CorpusRecord
from assay.facts.dossier import Dossier
from assay.render.page import fragment
from assay.render.record.segment import licence_words
from assay.render.sections import View
from assay.render.visible import escaped
from assay.render.words import quoted, size

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 50  # parts of a corpus


def text(corpora: tuple[CorpusRecord, ...], dossier: Dossier) -> Iterator[str]:
    """How large each corpus is, and of how many datasets."""
    for row in corpora:
        removed = f", {row.removed:,} of them removed" if row.removed else ""
        yield (
            f"{row.name}: {row.documents:,} documents{removed}, {row.words:,} words, {size(row.bytes)} of text "
            f"in {len(row.datasets):,} dataset{'s' if len(row.datasets) != 1 else ''}"
        )


def markdown(corpora: tuple[CorpusRecord, ...], dossier: Dossier) -> Iterator[str]:
    """The same lines, and a table of the datasets with their licences."""
    yield from (f"- {escaped(row)}" for row in text(corpora, dossier))
    yield ""
    yield "| corpus | dataset | licence | documents | words |"
    yield "|---|---|---|---|---|"
    for corpus in corpora:
        for row in corpus.datasets[:MOST]:
            name, licence = escaped(row.dataset), escaped(licence_words(row.licence))
            yield f"| {escaped(corpus.name)} | {name} | {licence} | {row.documents:,} | {row.words:,} |"
        if len(corpus.datasets) > MOST:
            yield f"| {escaped(corpus.name)} | and {len(corpus.datasets) - MOST:,} more | | | |"


def html(corpora: tuple[CorpusRecord, ...], dossier: Dossier) -> Markup:
    """The same as a table for each corpus."""
    lines = zip(corpora, text(corpora, dossier), strict=True)
    return fragment("sections/corpora.html.j2", corpora=list(lines), licence_words=licence_words, most=MOST)


def again(corpora: tuple[CorpusRecord, ...]) -> str:
    """The corpora that were given."""
    return "".join(f" --corpus {quoted(row.name)}" for row in corpora)


VIEW = View("corpora", "provenance", "The training data that was given", text, markdown, html, again)
