"""The five questions, each answered in one plain sentence: what is known, how much is to be decided, how much is open.

The counts are those of matters (render/decision.py) and of things that are not known (render/unknown.py), so that the
answers add up to the verdict's sentence.
"""

from __future__ import annotations

from enum import StrEnum

from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Kind
from assay.facts.model import of_the_model
from assay.facts.openness import CLASSES
from assay.facts.text import Stated
from assay.lazy import dataclass
from assay.licence.place import is_notice, unread
from assay.licence.statement import declared
from assay.render.decision import Weight
from assay.render.loading import loading
from assay.render.tally import Tally, counted
from assay.render.unknown import Unknown
from assay.render.words import first_set, parameters


class State(StrEnum):
    """How a question stands, the most urgent first; the value is what a person reads."""

    ATTENTION = "attention"
    DECIDE = "to decide"
    UNKNOWN = "not known"
    UNREACHED = "no class of openness"  # by the files; that is no reason for green
    NOTHING = "nothing stands out"
    NOT_APPLICABLE = "does not apply"
    NOT_ASKED = "not asked"


# the questions in a word or two, for a line of a terminal or a heading
SHORT = {
    "vulnerabilities": "Safe to load?",
    "parameters": "Parameters",
    "hallucination": "Error rate",
    "provenance": "Data",
    "openness": "Openness",
}
_OF_NOTHING = {"vulnerabilities": "no known loader", "parameters": "no weights"}


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one of the five questions.

    `known` is one clause without a full stop; `word` says how it stands where there is nothing to count; `blocking`
    (with `defects` of them that the policy lets pass), `decide` (with `first` of them before anything else), `open`,
    `accepted` and `passed` count matters, things that are not known, accepted findings and checks that passed. `ways`
    are what would answer what is open.
    """

    question: str
    title: str
    state: State
    word: str
    known: str
    blocking: int
    defects: int
    decide: int
    first: int
    open: int
    accepted: int
    passed: int
    ways: tuple[Unknown, ...]

    @property
    def short(self) -> str:
        """The question in a word or two."""
        return SHORT[self.question]

    @property
    def counted(self) -> str:
        """The counts in words: "1 to decide, 3 not known"; the word where there is nothing to count."""
        decide = self.decide - self.first + self.defects
        return counted(self.blocking - self.defects, self.first, decide, self.open, self.accepted) or self.word

    @property
    def sentence(self) -> str:
        """What is known and the counts: "Loading runs nothing of it: 1 to decide"; not twice that it is of nothing."""
        if self.known and self.counted in _OF_NOTHING.values():
            return self.known
        return f"{self.known}: {self.counted}" if self.known else self.counted[:1].upper() + self.counted[1:]


def replies(found: Tally) -> tuple[Reply, ...]:
    """The answers, in the order of the questions."""
    return tuple(_reply(found, question) for question in QUESTIONS)


def _reply(found: Tally, question: str) -> Reply:
    dossier = found.dossier
    of = {rule.id for rule in dossier.rules if rule.question == question}
    mine = [row for row in found.matters if row.rule.id in of]
    weights = [row.weight for row in mine]
    defects = weights.count(Weight.DEFECT)
    blocking = weights.count(Weight.BLOCKS) + defects
    findings = [row for row in dossier.findings if row.check in of]
    passed = len({row.check for row in findings if row.kind is Kind.PASS})
    unknown = sum(check in of for row in found.unknowns for check in row.checks)
    if question not in dossier.questions:
        state = State.NOT_ASKED
    elif blocking:
        state = State.ATTENTION
    elif mine:
        state = State.DECIDE
    elif unknown:
        state = State.UNKNOWN
    else:
        state = _at_rest(dossier, question) if passed else State.NOT_APPLICABLE
    return Reply(
        question=question,
        title=QUESTIONS[question],
        state=state,
        word=_empty(dossier, question) if passed and state is State.NOT_APPLICABLE else str(state),
        known="" if state is State.NOT_ASKED else _KNOWN[question](dossier),
        blocking=blocking,
        defects=defects,
        decide=len(mine) - blocking,
        first=weights.count(Weight.FIRST),
        open=unknown,
        accepted=sum(row.check in of for row in found.accepted),
        passed=passed,
        ways=tuple(row for row in found.unknowns if any(check in of for check in row.checks)),
    )


def _at_rest(dossier: Dossier, question: str) -> State:
    """How a question stands of which every check that applies passed."""
    if _empty(dossier, question):
        return State.NOT_APPLICABLE
    unreached = question == "openness" and not dossier.openness.by_evidence.level
    return State.UNREACHED if unreached else State.NOTHING


def _empty(dossier: Dossier, question: str) -> str:
    """What a question was asked of nothing for, in words; empty where there was something to look at."""
    looked_at = {"parameters": dossier.portrait.measured("parameters"), "vulnerabilities": dossier.loading}
    return "" if looked_at.get(question, True) else _OF_NOTHING[question]


def _loading(dossier: Dossier) -> str:
    return "None of its files is seen" if dossier.subject.closed else loading(dossier)


def _parameters(dossier: Dossier) -> str:
    if dossier.subject.closed:
        return "None of its weights is seen"
    total, tensors = dossier.portrait.measured("parameters"), dossier.portrait.measured("tensors")
    if total is None or tensors is None:
        return "No weights are here"
    said = {row.kind for row in dossier.findings if row.check == "weights.not-as-configured"}
    same = ", as configured" if said == {Kind.PASS} else ""
    beside = ", and the state of an optimizer" if dossier.portrait.measured("optimizer") else ""
    of = first_set(dossier)
    where = f"{tensors:,} tensor{'s' if tensors != 1 else ''}{f', {of}' if of else ''}"
    return f"{parameters(total)} parameters in {where}{same}{beside}"


def _behaviour(dossier: Dossier) -> str:
    if dossier.risk:
        risk = dossier.risk
        rate, guess = 100 * risk.errors / risk.count, 100 * risk.guessing
        return f"{rate:.1f} % of {risk.count:,} answers were wrong, by guessing {guess:.1f} %"
    stated = len(dossier.stated("result"))
    return (
        f"Not measured; its card states {stated:,} result{'s' if stated > 1 else ''}"
        if stated
        else f"Not measured, for it {'could not be' if 'run' in dossier.given else 'was not'} run"
    )


def _data(dossier: Dossier) -> str:
    named, bases = len(dossier.stated("datasets")), dossier.stated("base_model")
    if dossier.corpora:
        data = f"{sum(row.documents for row in dossier.corpora):,} documents given"
    elif named:
        data = f"{named:,} data set{'s' if named != 1 else ''} named"
    elif not bases and not dossier.comparison:
        return "No training data or base model is named"
    else:
        data = "No training data is named"
    if dossier.comparison:
        return f"{data}; against {dossier.comparison.base}: {dossier.comparison.relation}"
    return f"{data}; made from {bases[0].text}, it says" if bases else f"{data}, no base model"


def _openness(dossier: Dossier) -> str:
    """Which licence there is, and the class of the Model Openness Framework if the files reach one."""
    level = dossier.openness.by_evidence.level
    return f"{licence(dossier)}; {CLASSES[level]}" if level else licence(dossier)


def licence(dossier: Dossier) -> str:
    """Which licence binds, as far as the files say: by its text, as claimed, or none."""
    own = of_the_model(tuple(row for row in dossier.licences if not is_notice(row.artifact)))
    texts = list(dict.fromkeys(name for row in own for name in row.identified))
    lost = unread(dossier)
    if texts:
        more = " and more" if len(texts) > 3 else ""
        return f"Licence {', '.join(texts[:3])}{more}, by {'their texts' if len(texts) > 1 else 'its text'}"
    rows = declared(
        lambda key: tuple((row.artifact, Stated(row.key, row.text, row.line)) for row in dossier.stated(key))
    )
    if rows:
        return f"Licence {rows[0][1].text} claimed, {f'{lost[0].artifact} not read' if lost else 'no text'}"
    if lost:
        return f"{lost[0].artifact} is there and could not be read"
    return "Its licence text is of none that assay knows" if own else "No licence is stated"


_KNOWN = {
    "vulnerabilities": _loading,
    "parameters": _parameters,
    "hallucination": _behaviour,
    "provenance": _data,
    "openness": _openness,
}
