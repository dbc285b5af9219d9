"""The five answers at a glance: for each question that was asked its shape, its colour and a word."""

from __future__ import annotations

from assay.facts.dossier import Dossier
from assay.facts.kept import Glance
from assay.render.answer import Reply, State, replies
from assay.render.tally import Tally

# the shape and the colour of each state, by the class of a page; an answer with gaps is told from none
_LOOKS = {
    State.ATTENTION: "fail",
    State.DECIDE: "consider",
    State.UNKNOWN: "unknown",
    State.UNREACHED: "gaps",
    State.NOTHING: "fine",
    State.NOT_APPLICABLE: "none",
    State.NOT_ASKED: "none",
}


def glances(found: Tally) -> tuple[Glance, ...]:
    """The questions of a dossier that were asked, in their order."""
    dossier = found.dossier
    return tuple(of(reply, dossier) for reply in replies(found) if reply.question in dossier.questions)


def of(reply: Reply, dossier: Dossier) -> Glance:
    """One answer: a person tells it by its shape, by its colour, and by its word, each alone."""
    look, word = _LOOKS[reply.state], reply.word
    if reply.state is State.DECIDE and reply.first:
        look, word = "decide", "to decide first"
    if reply.state is State.UNKNOWN and reply.passed and not (reply.question == "hallucination" and not dossier.risk):
        look, word = "gaps", "not all known"  # of an error rate that nobody measured nothing is
    return Glance(reply.question, look, word)
