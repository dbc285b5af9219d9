"""One question per file, in one folder for each of the five questions. A check is a pure function of facts.

The annotations of its parameters say what it needs. A parameter of a fact type makes the check run once for each
such fact; a parameter `tuple[Fact, ...]` gives it all of them, even none. There is one `Model`, the view of the whole
(facts/model.py). A check yields what it found. Its `aspects` say what of a file it is about; what its silence means,
a pass or a file that nobody looked at, the pipeline works out from them (pipeline/silence.py).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple
from functools import cache
from types import GenericAlias, ModuleType
from typing import Any

from assay.facts.dossier import QUESTIONS, Rule
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect
from assay.lazy import dataclass
from assay.listing import Deferred, listed, modules, unindented

Run = Callable[..., Iterator[Answer]]
_ALL = ("tuple[", ", ...]")  # around the type of what a parameter takes all of


@dataclass(frozen=True, slots=True)
class Need:
    """What one parameter of a check asks for: a fact type by name, each one in turn or all at once."""

    name: str
    fact: str
    each: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A check as the pipeline and the documentation see it."""

    rule: Rule
    needs: tuple[Need, ...]
    run: Run
    aspects: tuple[Aspect, ...] = ()
    of_bytes: bool = False
    without: tuple[Answer, ...] | None = None  # what it answers where there is none of what it needs, if that is known

    def answers(self, facts: dict[str, tuple[Any, ...]]) -> Iterator[Answer]:
        """What the check finds in `facts`, which are keyed by the name of their type; nothing, if it finds nothing."""
        each = next((need for need in self.needs if need.each), None)
        whole = {need.name: facts.get(need.fact, ()) for need in self.needs if not need.each}
        if each is None:
            known = None if any(whole.values()) else self.without
            yield from self.run(**whole) if known is None else known
            return
        for subject in facts.get(each.fact, ()):
            yield from self.run(**{each.name: subject}, **whole)


def check(
    id: str,
    *,
    title: str,
    severity: float,
    remedy: str,
    references: tuple[str, ...] = (),
    question: str = "",
    aspects: tuple[Aspect, ...] = (),
    of_bytes: bool = False,
) -> Callable[[Run], Check]:
    """Declare a check.

    Args:
        id: permanent, dotted, lower case; names the defect and is never reused after removal.
        title: the question the check answers, phrased so that "no" is the good answer.
        severity: CVSS 3.1 style, 0.0 to 10.0; SARIF's security-severity.
        remedy: what to do about it, where the answer does not say so itself.
        references: CWE, CVE, OWASP or specification, for the reader.
        question: which of the five it helps to answer; a check of assay's own says so by its folder.
        aspects: what of a file it is about; files that can carry it and were not examined for it leave it open.
        of_bytes: whether its findings are about the bytes of files, so that accepting one accepts these bytes alone;
            those of checks that help to answer whether the model is safe always are (pipeline/content.py).
    """

    def declare(run: Run) -> Check:
        # as written, unevaluated: mypy has checked them, and evaluating all of them costs 1.5 ms at every start
        needs = tuple(_need(name, hint) for name, hint in run.__annotations__.items() if name != "return")
        asked = question or run.__module__.rpartition(".")[0].rpartition(".")[2]
        rule = Rule(id, asked, title, unindented(run.__doc__ or ""), remedy, severity, references)
        return Check(rule, needs, run, aspects, of_bytes or asked == "vulnerabilities")

    return declare


@cache
def installed() -> tuple[Check, ...]:
    """Every built-in check: the questions in their order, checks by id."""
    rows = listed(__path__[0], QUESTIONS)
    found = [check for _, check in _imported().values()] if rows is None else list(map(_from_list, rows, rows.values()))
    return tuple(sorted(found, key=lambda row: (list(QUESTIONS).index(row.rule.question), row.rule.id)))


def named(id: str) -> Check | None:
    """The check with this id."""
    return next((found for found in installed() if found.rule.id == id), None)


def listing() -> dict[str, Any]:
    """What each module declares, as `listed` gives it back: the name of its check, and all of it but what it runs."""
    return {
        module: {
            "name": name,
            "rule": asdict(check.rule),
            "needs": [astuple(need) for need in check.needs],
            "aspects": [row.name for row in check.aspects],
            "of_bytes": check.of_bytes,
            "without": _without(check),
        }
        for module, (name, check) in _imported().items()
    }


def _without(check: Check) -> list[tuple[str, str, str]] | None:
    """Kind, message and remedy of each of its answers where there is none of what it needs; None: it is to be asked."""
    found = None if any(need.each for need in check.needs) else list(check.answers({}))
    rows = [(row.kind.value, row.message, row.remedy) for row in found or ()]
    return rows if found == [_answer(*row) for row in rows] else None


def _answer(kind: str, message: str, remedy: str) -> Answer:
    return Answer(Kind(kind), message, remedy=remedy)


def _from_list(module: str, row: dict[str, Any]) -> Check:
    return Check(
        Rule(**{**row["rule"], "references": tuple(row["rule"]["references"])}),
        tuple(Need(*need) for need in row["needs"]),
        Deferred(f"{__name__}.{module}", row["name"], "run"),
        tuple(Aspect[name] for name in row["aspects"]),
        row["of_bytes"],
        None if row["without"] is None else tuple(_answer(*found) for found in row["without"]),
    )


def _imported() -> dict[str, tuple[str, Check]]:
    """Module below this one -> the name of its check, and the check."""
    names = modules(__path__[0], QUESTIONS)
    return {name: _the_check(importlib.import_module(f"{__name__}.{name}")) for name in names}


def _the_check(module: ModuleType) -> tuple[str, Check]:
    ((name, found),) = ((name, value) for name, value in vars(module).items() if isinstance(value, Check))
    return name, found


def _need(name: str, hint: Any) -> Need:
    if isinstance(hint, GenericAlias):  # evaluated, as in a module that does not postpone it
        return Need(name, hint.__args__[0].__name__, each=False)
    if isinstance(hint, type):
        return Need(name, hint.__name__, each=True)
    before, after = _ALL
    if hint.startswith(before) and hint.endswith(after):
        return Need(name, hint[len(before) : -len(after)], each=False)
    return Need(name, hint, each=True)
