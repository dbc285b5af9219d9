"""A scored text as one page: the heatmap, spans, sentences and scores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from assay.facts.codec import canonical
from assay.facts.uncertainty import ScoredText, SpanKind
from assay.lazy import dataclass
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.scored import CAUTION, MAY_STAY, headline, likelier, nearest, ordered, stays, step, usual_words
from assay.text.chance import chance, named, number

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token as the page shows it: its text, its step on the scale, and what pointing at it says."""

    text: str
    step: int
    title: str


def page(found: ScoredText, bench: Mapping[str, Any] | None = None) -> bytes:
    """The page as UTF-8; `bench` is what a workbench shows in place of the title and the text (None: it is a file)."""
    beside = nearest(found)
    named = [span for span in found.spans if span.kind is not SpanKind.WORDS]
    return shell.page(
        "workbench_answer.html.j2" if bench else "score.html.j2",
        b"" if bench else canonical(found),
        "scored",
        styles=("score.css",),
        contents=_contents(found),
        found=found,
        headline=headline(found),
        caution=CAUTION,
        judged=ordered(found)[:MOST_ROWS],
        nearest=beside[:MOST_ROWS],
        more_nearest=len(beside) - MOST_ROWS,
        likelier=likelier,
        usual=list(usual_words(found)),
        number=number,
        pieces=_pieces(found),
        spans=sorted(named, key=lambda row: -row.surprise)[:MOST_ROWS],
        sentences=sorted(found.sentences, key=lambda row: -row.surprise)[:MOST_ROWS],
        more_judged=len(found.judged) - MOST_ROWS,
        more_spans=len(named) - MOST_ROWS,
        more_sentences=len(found.sentences) - MOST_ROWS,
        filtered=found.filtered[:MOST_ROWS],
        more_filtered=len(found.filtered) - MOST_ROWS,
        may_stay=f"{MAY_STAY[:1].upper()}{MAY_STAY[1:]}",
        stays=stays,
        step=step,
        first=partial(_first, found) if bench else None,
        **(dict(bench) | {"scripts": ("ask.js",), "policy": _BENCH} if bench else {}),
    )


_BENCH = {"form-action": "'self'"}


def _first(found: ScoredText, start: int) -> int:
    """The number, from 1, of the token in which a place of the text lies."""
    return next((number for number, row in enumerate(found.tokens, 1) if row.stop > start), 1)


def _contents(found: ScoredText) -> tuple[Part, ...]:
    rows = (
        Part("verdict", "What it makes of it"),
        Part("judged", "Sentence by sentence", f"{len(found.judged):,}"),
        Part("text", "The text"),
        Part("spans", "Names and numbers"),
        Part("sentences", "Sentences", f"{len(found.sentences):,}"),
        Part("filtered", "What may stay", f"{len(found.filtered):,}") if found.filtered else None,
        Part("marks", "Sure, not supported", f"{len(found.marks):,}") if found.marks else None,
        Part("documents", "Beside the documents") if found.grounding else None,
        Part("corpora", "In the training data") if found.known else None,
        Part("scores", "Scores"),
        Part("samples", "Other answers", f"{len(found.samples):,}") if found.samples else None,
        Part("missing", "Not known", f"{len(found.missing):,}") if found.missing else None,
    )
    return tuple(row for row in rows if row is not None)


def _pieces(found: ScoredText) -> list[_Piece]:
    rows, at = ([], 0) if found.tokens else ([_Piece(found.text, 0, "")], len(found.text))
    for token in found.tokens:
        if token.start > at:
            rows.append(_Piece(found.text[at : token.start], 0, ""))
        text = found.text[max(at, token.start) : token.stop]
        at = max(at, token.stop)
        others = "; ".join(f"{named(row)} {chance(row.logprob)}" for row in token.alternatives)
        if text:
            title = f"{chance(token.logprob)}, also {others}" if others else chance(token.logprob)
            rows.append(_Piece(text, step(-token.logprob), title))
    return rows
