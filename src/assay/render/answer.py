"""The five questions, each answered in one plain sentence: what is known, how much is to be decided, how much is open.

The counts are those of matters (render/decision.py) and of things that are not known (render/unknown.py), so that the
answers add up to the verdict's sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Kind
from assay.facts.loading import LoadingPath, Runs
from assay.facts.model import of_the_model
from assay.facts.openness import CLASSES
from assay.facts.text import Stated
from assay.lazy import dataclass
from assay.licence.place import is_notice, unread
from assay.licence.statement import declared
from assay.render.decision import Weight
from assay.render.tally import Tally, counted
from assay.render.unknown import Unknown
from assay.render.words import acts, parameters


class State(StrEnum):
    """How a question stands, the most urgent first; the value is what a person reads."""

    ATTENTION = "attention"
    DECIDE = "to decide"
    UNKNOWN = "not known"
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


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one of the five questions.

    `known` is one clause without a full stop; `blocking` (with `defects` of them that the policy lets pass), `decide`
    (with `first` of them before anything else), `open`, `accepted` and `passed` count matters, things that are not
    known, accepted findings and checks that passed. `ways` are what would answer what is open.
    """

    question: str
    title: str
    state: State
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
        """The counts in words: "1 to decide, 3 not known"; the state's own word where there is nothing to count."""
        decide = self.decide - self.first + self.defects
        return counted(self.blocking - self.defects, self.first, decide, self.open, self.accepted) or str(self.state)

    @property
    def sentence(self) -> str:
        """What is known and the counts: "Loading runs nothing of it: 1 to decide"."""
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
        state = State.NOTHING if passed else State.NOT_APPLICABLE
    return Reply(
        question=question,
        title=QUESTIONS[question],
        state=state,
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


def _loading(dossier: Dossier) -> str:
    """What loading runs that is not the loader's own: by the ways that need no option, else by one that does."""
    if dossier.subject.closed:
        return "None of its files is seen"
    ways = [path for path in dossier.loading if not path.optin]
    ran = list(dict.fromkeys(_ran(ways)))
    if ran:
        more = f" and {len(ran) - 1:,} more" if len(ran) > 1 else ""
        return f"Loading runs {ran[0]}{more}"
    if not dossier.loading:
        return "No loader that assay knows fits its files"
    seen = "As far as could be seen, loading" if dossier.obstacles else "Loading"
    asked = next((path for path in dossier.loading if path.optin and acts(path)), None)
    if asked is None:
        return f"{seen} runs nothing of it"
    ran = list(dict.fromkeys(_ran([asked])))
    return f"{seen} runs {ran[0] if ran else 'some of it'}, but only with {asked.optin}"


def _ran(ways: list[LoadingPath]) -> Iterator[str]:
    words = {
        Runs.PYTHON: "the code of {}",
        Runs.INSTALLED: "{}, an installed package",
        Runs.PICKLE: "what {} names",
        Runs.GRAPH: "the graph in {}",
    }
    for kind, said in words.items():
        yield from (said.format(step.artifact) for path in ways for step in path.steps if step.runs is kind)


def _parameters(dossier: Dossier) -> str:
    if dossier.subject.closed:
        return "None of its weights is seen"
    total, tensors = dossier.portrait.measured("parameters"), dossier.portrait.measured("tensors")
    if total is None or tensors is None:
        return "No weights are here"
    said = {row.kind for row in dossier.findings if row.check == "weights.not-as-configured"}
    same = ", as configured" if said == {Kind.PASS} else ""
    return f"{parameters(total)} parameters in {tensors:,} tensor{'s' if tensors != 1 else ''}{same}"


def _behaviour(dossier: Dossier) -> str:
    if dossier.risk:
        risk = dossier.risk
        rate, guess = 100 * risk.errors / risk.count, 100 * risk.guessing
        return f"{rate:.1f} % of {risk.count:,} answers were wrong, by guessing {guess:.1f} %"
    stated = len(dossier.stated("result"))
    return (
        f"Not measured; its card states {stated:,} result{'s' if stated > 1 else ''}"
        if stated
        else "Not measured, for it was not run"
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
        return f"Licence {', '.join(texts[:3])}{' and more' if len(texts) > 3 else ''}, by its text"
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
