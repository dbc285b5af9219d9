"""What is not known, one line for each cause: what that leaves open, how to find out, and how much work that is."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import partial

from assay.facts.dossier import Dossier
from assay.facts.finding import Effect, Finding, Kind
from assay.facts.nature import SubjectKind
from assay.lazy import dataclass
from assay.render.command import reproduce
from assay.render.words import quoted

CARD, NOT_RUN, UNTRACED = "card.missing", "error-rate.unmeasured", "output.untraced"
LIMITED = "error-rate.above-limit"


class Effort(StrEnum):
    """How much work it is to find out, the least first."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    DATA = "needs its data"
    PUBLISHER = "needs the publisher"


@dataclass(frozen=True, slots=True)
class Unknown:
    """One cause: what it leaves open in a few words, why, and how to find out.

    `checks` are those whose answer is open because of it, each of which counts as one thing that is not known;
    `following` could not be answered either and are settled with them. `command` runs as it stands; it is empty where
    none would tell.
    """

    what: str
    because: str
    effort: Effort
    how: str
    command: str
    checks: tuple[str, ...]
    following: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Those of `checks` whose answer the policy requires, so that the verdict waits for it."""
        wanted = {row.check for row in self.findings if row.effect is Effect.INCOMPLETE}
        return tuple(check for check in self.checks if check in wanted)


# encoders of text, which write none, so that no question can be asked of them (transformers, models/auto)
_ENCODERS = frozenset(
    """
    albert bert camembert convbert deberta deberta-v2 distilbert electra ernie eurobert flaubert jina_embeddings_v3
    modernbert mpnet new nomic_bert roberta roformer xlm-roberta xlm-roberta-xl xmod
    """.split()  # noqa: SIM905 - one name a line would be a page
)
# what the publisher alone can say
_PUBLISHER = {
    "data.undeclared": "training data",
    "base.undeclared": "base model",
    "licence.missing": "licence",
    "evaluation.undeclared": "test results",
    "limitation.undeclared": "limits",
    CARD: "intended use",
}
# open answers to these questions are settled by a look at the files, or by getting them again
_OF_FILES = ("vulnerabilities", "parameters")


def unknowns(dossier: Dossier, again: str = "") -> tuple[Unknown, ...]:
    """Every cause, those that the verdict waits for first, then by effort.

    Args:
        dossier: the record of the audit.
        again: the command as it was given, where that is known; a dossier keeps no path.
    """
    command = again or reproduce(dossier)
    groups: dict[tuple[str, str], list[Finding]] = {}
    open_ = [row for row in dossier.findings if row.kind is Kind.OPEN and row.effect is not Effect.WAIVED]
    causes = {row.check: row for row in reversed(open_) if not row.follows}
    said = Counter(row.message for row in open_ if not row.evidence)
    for finding in open_:
        groups.setdefault(_cause(dossier, finding, causes, said), []).append(finding)
    rows = [_unknown(dossier, kind, tuple(found), causes, command) for (kind, _), found in groups.items()]
    order = list(Effort)
    return tuple(sorted(rows, key=lambda row: (not row.required, order.index(row.effort), -len(row.checks), row.what)))


def count(rows: Iterable[Unknown]) -> int:
    """How many things are not known."""
    return sum(len(row.checks) for row in rows)


def required(rows: Iterable[Unknown]) -> int:
    """How many answers that the policy requires are missing."""
    return sum(len(row.required) for row in rows)


def without(command: str, *options: str) -> str:
    """A command line less some of its options, each with its value."""
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word in options:
            next(words, "")
        elif not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return " ".join(map(quoted, kept))


def _cause(dossier: Dossier, finding: Finding, causes: dict[str, Finding], said: Counter[str]) -> tuple[str, str]:
    """What the findings of one line have in common: a kind of cause, and which; what follows goes with its cause."""
    finding = causes.get(finding.follows, finding)
    if finding.check in dossier.left_out:
        return "left out", ""
    if finding.check == LIMITED and not dossier.risk:
        return "check", NOT_RUN
    if dossier.subject.closed and finding.check not in (NOT_RUN, LIMITED):
        return "closed", ""
    if finding.check in _PUBLISHER:
        return "publisher", ""
    if not finding.evidence and said[finding.message] > 1:
        return "message", finding.message
    return "check", finding.check


def _unknown(
    dossier: Dossier, kind: str, findings: tuple[Finding, ...], causes: Collection[str], command: str
) -> Unknown:
    checks = tuple(dict.fromkeys(row.check for row in findings if row.follows not in causes))
    first = next((row for row in findings if row.follows not in causes), findings[0])
    following = dict.fromkeys(row.check for row in findings if row.follows in causes and row.check not in checks)
    made = partial(Unknown, checks=checks, following=tuple(following), findings=findings)
    explain = f"assay explain {quoted(CARD if CARD in checks else first.check)}"
    if kind == "publisher":
        what = _and([text for check, text in _PUBLISHER.items() if check in checks])
        if CARD in checks:
            how = "ask the publisher for a model card that says so"
            return made(what, "there is no model card", Effort.PUBLISHER, how, explain)
        how = "ask the publisher to say so in the card"
        return made(what, "the publisher does not say", Effort.PUBLISHER, how, explain)
    if kind == "closed":
        how = "ask for the files: only what running it shows can be known of a model behind an endpoint"
        return made("what only its files can show", "none of its files is seen", Effort.PUBLISHER, how, "")
    if kind == "left out":
        whole, how = without(command, "--skip", "--only"), "audit again without leaving them out"
        return made(_several(dossier, checks), "left out of this audit by request", Effort.MINUTES, how, whole)
    if kind == "message":
        whole = without(command, "--cost")
        how = "let the audit read every value" if whole != command else "mend what the reason names, and audit again"
        return made(_several(dossier, checks), first.message, Effort.MINUTES, how, whole)
    if NOT_RUN in checks or (first.check == LIMITED and not dossier.risk):
        how, whole = _running(dossier, command)
        return made("how often it makes things up", first.message, Effort.MINUTES, how, whole or explain)
    if first.check == UNTRACED:
        how = "index the training data, trace in it what the model writes, and give it to the audit (--corpus)"
        return made("what it repeats of its training data", first.message, Effort.DATA, how, explain)
    quick = first.check == LIMITED or dossier.rule(first.check).question in _OF_FILES
    effort = Effort.MINUTES if quick else Effort.PUBLISHER
    return made(_several(dossier, checks), first.message, effort, dossier.remedy(first), explain)


def _running(dossier: Dossier, command: str) -> tuple[str, str]:
    """How to find out how often it is wrong, and the command that does it; none where assay cannot run the model."""
    tried = "run" in dossier.given or not {"--run", "--questions", "--pack"}.isdisjoint(shlex.split(command))
    writes = dossier.nature.kind is SubjectKind.LANGUAGE_MODEL and dossier.portrait.family not in _ENCODERS
    own_code = any("trust_remote_code" in path.optin for path in dossier.loading)  # which assay does not run
    if tried or own_code or not (writes or dossier.subject.closed):
        return "run it where it is used, on questions whose answers you know", ""
    return "run it on questions with known answers", f"{command} --run"


def _several(dossier: Dossier, checks: tuple[str, ...]) -> str:
    """The questions of checks, one in full and more by their number."""
    title = dossier.rule(checks[0]).title
    return title if len(checks) == 1 else f"the answers to {len(checks)} questions, such as: {title}"


def _and(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (f" and {names[-1]}" if len(names) > 1 else names[-1])
