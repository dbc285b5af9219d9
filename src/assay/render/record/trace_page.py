"""A trace as one page: the text with its spans linked to the documents, each in its context."""

from __future__ import annotations

from collections.abc import Sequence

from assay.facts.codec import canonical
from assay.facts.trace import CAUTIONS, Trace
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.segment import corpora_words, licence_words, segments, title
from assay.render.record.trace import headline

COLOURS = 8  # of sources; more take turns


def page(trace: Trace, exceeded: Sequence[str] = ()) -> bytes:
    """The page as UTF-8; `exceeded` are limits on licences that are, each in a sentence."""
    return shell.page(
        "trace.html.j2",
        canonical(trace),
        "trace",
        styles=("trace.css",),
        contents=_contents(trace),
        trace=trace,
        segments=list(segments(trace)),
        cautions=CAUTIONS,
        corpora=corpora_words(trace),
        headline=headline(trace, exceeded),
        colours=COLOURS,
        name=title,
        licence_words=licence_words,
    )


def _contents(trace: Trace) -> tuple[Part, ...]:
    return (
        Part("verdict", "What was found"),
        Part("text", "The text"),
        Part("sources", "Documents", f"{len(trace.sources):,}"),
        Part("sentences", "Sentences", f"{len(trace.sentences):,}"),
        Part("spans", "Spans", f"{len(trace.spans):,}"),
        Part("licences", "Licences"),
    )
