"""The five questions at a glance: how each stands, its answer, and its picture or what would answer it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from markupsafe import Markup

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.values import first_copy
from assay.lazy import dataclass
from assay.render.answer import Reply, replies
from assay.render.gauge import LEGEND, gauge
from assay.render.glance import of
from assay.render.map import small_map
from assay.render.route import reached, route
from assay.render.svg import bar, curve
from assay.render.tally import Tally
from assay.render.unknown import Unknown
from assay.render.words import parameters

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_PARTS = 4  # of the bar in a card
# the part of the page with more of each; where there is none, what is not known says how to come by it
_PARTS = {
    "vulnerabilities": "loading",
    "parameters": "weights",
    "hallucination": "behaviour",
    "provenance": "data",
    "openness": "openness",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One question: its answer, the class that it looks by, its picture and what that shows, or what would answer it.

    `word` stands beside the shape, so that no colour is needed to tell.
    """

    reply: Reply
    look: str
    word: str
    picture: Markup
    shows: str
    ask: Unknown | None

    @property
    def part(self) -> str:
        """The anchor of the part of the page that says more."""
        return "unknown" if self.ask else _PARTS[self.reply.question]


def cards(found: Tally) -> tuple[Card, ...]:
    """The cards of the questions that were asked."""
    dossier = found.dossier
    return tuple(_card(dossier, reply) for reply in replies(found) if reply.question in dossier.questions)


def _card(dossier: Dossier, reply: Reply) -> Card:
    seen = of(reply, dossier)
    picture, shows = _PICTURES[reply.question](dossier)
    return Card(reply, seen.look, seen.word, picture, shows, None if picture else _nearest(reply))


def _nearest(reply: Reply) -> Unknown | None:
    """What would answer the question itself, before what would answer a hundred others too."""
    return min(reply.ways, key=lambda row: len(row.findings), default=None)


def _loading(dossier: Dossier) -> tuple[Markup, str]:
    code = sum(len(row.artifacts) for row in reached(dossier.loading) if row.runs.acts)
    ways = len(dossier.loading)
    said = f"{ways:,} way{'s' if ways != 1 else ''} to load it"
    return route(dossier.loading), f"{said}, {code or 'no'} file{'s' if code > 1 else ''} of code on {_them(ways)}"


def _them(ways: int) -> str:
    return "them" if ways != 1 else "it"


def _parameters(dossier: Dossier) -> tuple[Markup, str]:
    kinds = (Kind.FAIL, Kind.REVIEW, Kind.INFORMATIONAL)
    named = (at.name for row in dossier.findings if row.kind in kinds for at in row.evidence if at.name)
    marked = frozenset(named)
    picture = small_map(first_copy(dossier.tensors), marked)
    if picture:
        legend = "layers from left to right; blue: smaller than is usual for its role, orange: larger"
        return picture, f"{legend}; framed: named below" if "framed" in picture else legend
    dtypes = [(row.name, row.parameters) for row in dossier.portrait.dtypes]
    return bar("Parameters by type", dtypes, parameters, MOST_PARTS), ""


def _risk(dossier: Dossier) -> tuple[Markup, str]:
    points = [(point.x, point.y) for point in dossier.risk.coverage] if dossier.risk else []
    return curve("Wrong answers, if it answers only the questions it is surest of", points), ""


def _data(dossier: Dossier) -> tuple[Markup, str]:
    words: Counter[str] = Counter()
    for corpus in dossier.corpora:
        for row in corpus.datasets:
            words[str(row.licence.kind)] += row.words
    return bar("Words by what their licence asks", words.most_common(), "{:,} words".format, MOST_PARTS), ""


def _openness(dossier: Dossier) -> tuple[Markup, str]:
    """No gauge where no file is seen: there a ring would say of each component that it is not there."""
    if dossier.subject.closed:
        return Markup(""), ""
    return gauge(dossier.openness), LEGEND


_PICTURES: dict[str, Callable[[Dossier], tuple[Markup, str]]] = {
    "vulnerabilities": _loading,
    "parameters": _parameters,
    "hallucination": _risk,
    "provenance": _data,
    "openness": _openness,
}
