"""A trace as one self-contained page: the text with its spans linked to the documents, each in its context."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from assay.facts.codec import canonical
from assay.facts.trace import CAUTIONS, Trace
from assay.render.assets import asset
from assay.render.record.segment import corpora_words, licence_words, segments, standings, title
from assay.render.visible import visible

COLOURS = 8  # of sources that are told apart by colour; more take turns


def page(trace: Trace) -> bytes:
    """The page as UTF-8."""
    style = asset("report.css") + asset("trace.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    whole = _template().render(
        trace=trace, segments=list(segments(trace)), cautions=CAUTIONS, style=Markup(style),  # noqa: S704 - assay's own
        style_hash=digest,
        corpora=corpora_words(trace), standings=standings(trace), colours=COLOURS,
        data=Markup(canonical(trace).decode().replace("<", "\\u003c")),  # noqa: S704 - cannot end the element
    )  # fmt: skip
    return whole.encode("utf-8", "xmlcharrefreplace")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(visible=lambda text: visible(text, keep="\n"), licence_words=licence_words, title=title)
    return environment.from_string(asset("trace.html.j2"))
