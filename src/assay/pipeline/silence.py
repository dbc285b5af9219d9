"""What it means that a check found nothing: a pass, nothing of the kind here, or a file that nobody looked at.

A check says which aspects of files it is about, each reader which of them it examined; only here the two are put
together, so that no check can take the absence of a look for the absence of a defect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from assay.checks import Check
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer, Evidence, Kind, passed
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect, Examined
from assay.facts.values import UnreadValues
from assay.pipeline.fact import Facts

SHOWN = 3  # files that a message names
MOST_EVIDENCE = 50
# facts whose absence is what a check hopes for: files are looked through for them whatever they are
_SOUGHT = frozenset({"Artifact", "CodeReference", "Flaw", "Hook", "Model", "Obstacle", "TextMark", "TokenizerRule"})
# the check that tells why a file was not examined, by what stood in the way
_CAUSES = {
    Trouble.ABSENT: "artifact.absent",
    Trouble.CHANGED: "artifact.changed",
    Trouble.DENIED: "artifact.unreachable",
    Trouble.LINK: "artifact.unreachable",
    Trouble.SPECIAL: "artifact.unreachable",
    Trouble.MALFORMED: "artifact.malformed",
    Trouble.UNREAD: "artifact.unread",
    Trouble.STOPPED: "artifact.stopped",
    Trouble.LIMIT: "artifact.stopped",
}
# the check that tells that a reader does not look at an aspect, where several checks are about it
_OWNERS = {
    Aspect.TENSORS: "weights.absent",
    Aspect.VALUES: "weights.values-unread",
    Aspect.PICKLES: "pickle.unfollowed",
    Aspect.TEMPLATES: "template.unparsed",
    Aspect.UNPACKING: "archive.bomb",
    Aspect.LAYOUT: "artifact.hidden-bytes",
    Aspect.SOURCE: "code.reaches-outside",
    Aspect.TOKENS: "tokenizer.rewrites",
}
# where a reader came to its end and yet left some of an aspect unseen, which the check named in `_OWNERS` tells
_LEFT = {
    Aspect.VALUES: "the values of some tensors were not read",
    Aspect.PICKLES: "not every pickle could be followed",
}


class Looks:
    """Which files were examined for which aspect, and which were not although they can carry it."""

    def __init__(self, facts: Facts) -> None:
        self._files = len(facts.all("Artifact"))
        self._facts = facts
        rows: tuple[Examined, ...] = facts.all("Examined")
        self._looked: dict[Aspect, list[Examined]] = {aspect: [] for aspect in Aspect}
        self._gaps: dict[Aspect, list[Examined]] = {aspect: [] for aspect in Aspect}
        for row in rows:
            for aspect in row.aspects:
                self._looked[aspect].append(row)
            for aspect in row.gaps:
                self._gaps[aspect].append(row)
        obstacles: tuple[Obstacle, ...] = facts.all("Obstacle")
        self._causes = {row.artifact: _CAUSES[row.trouble] for row in reversed(obstacles)}
        unread: tuple[UnreadValues, ...] = facts.all("UnreadValues")
        programs: tuple[PickleProgram, ...] = facts.all("PickleProgram")
        self._left = {
            Aspect.VALUES: dict.fromkeys(row.artifact for row in unread),
            Aspect.PICKLES: dict.fromkeys(row.artifact for row in programs if row.unfollowed),
        }
        known = {row.artifact for row in rows}
        self._unread = [row for row in self._causes if row not in known]

    def concluded(self, check: Check, answers: list[Answer]) -> list[Answer]:
        """The answers of a check with what its silence means: files not looked at, and a pass if none is left out."""
        told = {place.artifact for answer in answers if answer.kind is Kind.OPEN for place in answer.evidence}
        unseen = [row for row in self._unseen(check) if not told.issuperset(place.artifact for place in row.evidence)]
        if answers or unseen:
            return [*answers, *unseen]
        return [self._silent(check)]

    def _silent(self, check: Check) -> Answer:
        """What a check that found nothing has examined."""
        looked = self._of(check, self._looked)
        if check.aspects and not looked:
            return Answer(Kind.NOT_APPLICABLE, f"no file here can carry {_listed(check.aspects)}")
        each = [need.fact for need in check.needs if need.each and need.fact != "Model"]
        facts = each or [need.fact for need in check.needs]
        count = sum(len(self._facts.all(fact)) for fact in facts)
        if not count and _SOUGHT.isdisjoint(facts):
            return Answer(Kind.NOT_APPLICABLE, f"there is no {' or '.join(map(_words, facts))} to ask this of")
        if looked:
            return passed(_counted(looked))
        if each:
            return passed(f"{count:,} {_plural(_words(each[0]), count)} examined, none found")
        return passed(f"{self._files:,} {_plural('file', self._files)} examined, none found")

    def _unseen(self, check: Check) -> Iterator[Answer]:
        """An open answer for each reason for which files that can carry what is asked for were not looked at."""
        if not check.aspects:
            return
        rows = [(self._causes.get(row.artifact, ""), row.artifact, row.format) for row in self._of(check, self._gaps)]
        rows += [(self._causes[artifact], artifact, "") for artifact in self._unread]
        for cause, found in groupby(sorted(set(rows)), key=lambda row: row[0]):
            files = [(artifact, format) for _, artifact, format in found]
            names = ", ".join(artifact for artifact, _ in files[:SHOWN])
            more = f" and {len(files) - SHOWN:,} more" if len(files) > SHOWN else ""
            places = tuple(Evidence(artifact, name=str(check.aspects[0])) for artifact, _ in files[:MOST_EVIDENCE])
            if cause:
                said = f"not known of {names}{more}, which could not be read to the end"
                yield Answer(Kind.OPEN, said, places, follows=cause)
            else:
                formats = " and ".join(sorted({format for _, format in files}))
                said = f"{names}{more}: assay's reader of {formats} does not look at {_listed(check.aspects)}"
                owner = _OWNERS.get(check.aspects[0], check.rule.id)
                yield Answer(Kind.OPEN, said, places, follows="" if owner == check.rule.id else owner)
        yield from self._partly(check)

    def _partly(self, check: Check) -> Iterator[Answer]:
        """An open answer for each aspect of which something was left unseen in files that were read to their end."""
        for aspect, reason in _LEFT.items():
            files = list(self._left[aspect]) if aspect in check.aspects and _OWNERS[aspect] != check.rule.id else []
            if files:
                names = ", ".join(files[:SHOWN]) + (f" and {len(files) - SHOWN:,} more" if len(files) > SHOWN else "")
                places = tuple(Evidence(artifact, name=str(aspect)) for artifact in files[:MOST_EVIDENCE])
                yield Answer(Kind.OPEN, f"not known of all in {names}: {reason}", places, follows=_OWNERS[aspect])

    def _of(self, check: Check, table: dict[Aspect, list[Examined]]) -> list[Examined]:
        """The rows for any of the check's aspects, each file once."""
        return list({row.artifact: row for aspect in check.aspects for row in table[aspect]}.values())


def _words(fact: str) -> str:
    """The name of a fact's type as a person writes it: `WeightIndex` is "weight index"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in fact).strip()


def _plural(word: str, count: int) -> str:
    """The word for that many."""
    if count == 1:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("x") else f"{word}s"


def _counted(rows: list[Examined]) -> str:
    """How many files of which formats were examined, with how many parts."""
    parts = sum(row.parts for row in rows)
    inside = f" with {parts:,} {_plural('part', parts)}" if parts else ""
    formats = ", ".join(sorted({row.format for row in rows}))
    return f"{len(rows):,} {_plural('file', len(rows))}{inside} examined ({formats}), none found"


def _listed(aspects: Iterable[Aspect]) -> str:
    return " or ".join(aspects)
