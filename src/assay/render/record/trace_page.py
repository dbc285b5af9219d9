"""A trace as one page: the text with its spans linked to the documents, each in its context."""

from __future__ import annotations

from collections.abc import Sequence

from assay.facts.codec import canonical
from assay.facts.trace import CAUTIONS, Span, Trace
from assay.render import page as shell
from assay.render.headline import Headline, Tone
from assay.render.page import Part
from assay.render.record import workbench
from assay.render.record.segment import Segment, corpora_words, licence_words, segments, title
from assay.render.record.trace import headline

COLOURS = 8  # of sources; more take turns
STEPS = (100, 200, 400)  # bits from which a span is brighter: a run of 8 rare words, of 16, of 32
_FORM = {"form-action": "'self'"}


def page(trace: Trace, exceeded: Sequence[str] = (), at: str = "") -> bytes:
    """The page as UTF-8.

    Args:
        exceeded: limits on licences that are, each in a sentence.
        at: where a workbench shows it; empty: it is a file.
    """
    pieces = list(segments(trace))
    return shell.page(
        "workbench_trace.html.j2" if at else "trace.html.j2",
        b"" if at else canonical(trace),
        "trace",
        styles=("trace.css",),
        contents=_contents(trace),
        links=workbench.links("/trace") if at else (),
        policy=_FORM if at else None,
        at=at,
        trace=trace,
        segments=pieces,
        places=_places(trace, pieces),
        step=step,
        steps=STEPS,
        cautions=CAUTIONS,
        corpora=corpora_words(trace),
        headline=headline(trace, exceeded),
        colours=COLOURS,
        name=title,
        licence_words=licence_words,
    )


def ask(corpora: Sequence[str], text: str = "", trouble: str = "") -> bytes:
    """The form of a workbench for a text to trace in its corpora, and why the one that was given cannot be."""
    said = f"Paste an answer: what of it is quoted from {', '.join(corpora)}, and under which licence?"
    if not corpora:
        said = "No corpus to look in: start assay serve with --corpus DIR (assay corpus build makes one)."
    asked = Headline("TRACE" if corpora else "NONE", said, Tone.TELL)
    return workbench.page(
        "workbench_trace_ask.html.j2",
        "/trace",
        headline=Headline("NOT TRACED", f"{trouble[:1].upper()}{trouble[1:]}.", Tone.CARE) if trouble else asked,
        cautions=CAUTIONS,
        corpora=corpora,
        text=text,
    )


def step(span: Span) -> int:
    """How bright a span is, from 0 to `len(STEPS)`: by its bits, which grow as it is longer and its words are rarer."""
    return sum(span.bits >= least for least in STEPS)


def _places(trace: Trace, pieces: Sequence[Segment]) -> list[list[int]]:
    """Of each source the pieces of the text, by number, that it holds."""
    return [
        [at for at, piece in enumerate(pieces) if piece.span and number in piece.span.documents]
        for number in range(len(trace.sources))
    ]


def _contents(trace: Trace) -> tuple[Part, ...]:
    return (
        Part("verdict", "What was found"),
        Part("text", "The text"),
        Part("sources", "Documents", f"{len(trace.sources):,}"),
        Part("sentences", "Sentences", f"{len(trace.sentences):,}"),
        Part("spans", "Spans", f"{len(trace.spans):,}"),
        Part("licences", "Licences"),
    )
