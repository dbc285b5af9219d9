"""A scored text as one self-contained page: the heatmap, spans, sentences, scores, and the record itself."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from assay.facts.codec import canonical
from assay.facts.uncertainty import ScoredText, SpanKind
from assay.render.assets import asset
from assay.render.record.scored import chance, risk_words, step
from assay.render.visible import visible

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token as the page shows it: its text, its step on the scale, and what pointing at it says."""

    text: str
    step: int
    title: str


def page(found: ScoredText) -> bytes:
    """The page as UTF-8."""
    style = asset("report.css") + asset("trace.css") + asset("score.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    named = [span for span in found.spans if span.kind is not SpanKind.WORDS]
    whole = _template().render(
        found=found, risk_words=risk_words, pieces=_pieces(found), spans=sorted(named, key=lambda row: -row.surprise)[:MOST_ROWS],
        sentences=sorted(found.sentences, key=lambda row: -row.surprise)[:MOST_ROWS], step=step,
        style=Markup(style), style_hash=digest,  # noqa: S704 - assay's own
        data=Markup(canonical(found).decode().replace("<", "\\u003c")),  # noqa: S704 - cannot end the element
    )  # fmt: skip
    return whole.encode("utf-8", "xmlcharrefreplace")


def _pieces(found: ScoredText) -> list[_Piece]:
    rows, at = ([], 0) if found.tokens else ([_Piece(found.text, 0, "")], len(found.text))
    for token in found.tokens:
        if token.start > at:
            rows.append(_Piece(found.text[at : token.start], 0, ""))
        text = found.text[max(at, token.start) : token.stop]
        at = max(at, token.stop)
        others = "; ".join(f"{row.text!r} {chance(row.logprob)}" for row in token.alternatives)
        if text:
            rows.append(
                _Piece(text, step(-token.logprob), f"{chance(token.logprob)}" + (f", also {others}" if others else ""))
            )
    return rows


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(visible=lambda text: visible(text, keep="\n"))
    return environment.from_string(asset("score.html.j2"))
