"""Text for a terminal or a log: one screen to decide by; with `verbose` everything that was found and examined."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, BinaryIO

from assay.columns import NARROWEST
from assay.facts.advisory import advisories
from assay.facts.dossier import Dossier
from assay.lazy import dataclass
from assay.render import Renderer
from assay.render.answer import SHORT, Reply, State, replies
from assay.render.command import reproduce
from assay.render.decision import HEADINGS, Matter, Weight
from assay.render.detail import Details
from assay.render.glyph import ASCII, UNICODE, Glyphs, layer_ratios
from assay.render.sections import View, of
from assay.render.tally import Tally, tally
from assay.render.terminal import Paint, command_lines, painter, wrapped
from assay.render.unknown import Unknown, required
from assay.render.verdict import leading, said
from assay.render.visible import finished, visible
from assay.render.words import (
    acceptances,
    aside_line,
    examined_line,
    isolation_line,
    kernels_line,
    portrait_line,
    quoted,
    waivers,
)

MOST_MATTERS = 6  # of which the screen shows something
MOST_WAIVERS = 3  # that it prints, of those that the verdict waits for
MOST_LINES = {Weight.BLOCKS: 4, Weight.DEFECT: 4, Weight.FIRST: 3, Weight.DECIDE: 2}  # of what was found
MOST_COPIES = 3  # of one file that are named
MOST_CAUSES = 4  # of what is not known that are named
MOST_ROWS = 6  # of what a section says
NARROW = 60  # columns below which a label stands on a line of its own
_STATES = {
    State.ATTENTION: "31",
    State.DECIDE: "33",
    State.UNKNOWN: "36",
    State.UNREACHED: "36",
    State.NOTHING: "32",
}
_LABEL = max(map(len, SHORT.values())) + 2
_GOALS = {3: "an open model", 2: "open tooling", 1: "open science"}  # the classes of the Model Openness Framework


def write(
    dossier: Dossier,
    stream: BinaryIO,
    *,
    extra: tuple[View, ...] = (),
    colour: bool = False,
    width: int = 100,
    verbose: bool = False,
    again: str = "",
    configured: str = "",
    plain: bool = False,
) -> None:
    """Write the report as UTF-8 text, `width` columns wide but for commands and waivers, which are to be copied.

    With `verbose` passes and every piece of evidence are there too. `again` is the command as it was given, where that
    is known: the dossier keeps no path. `configured` says which configuration file is in force, and for what. With
    `plain` pictures are in ASCII.
    """
    screen = _Screen(dossier, painter(colour), max(NARROWEST, width), ASCII if plain else UNICODE, again, configured)
    for line in screen.lines(tuple(of(dossier, extra)), verbose):
        stream.write((finished(line) + "\n").encode("utf-8", "backslashreplace"))


@dataclass(frozen=True, slots=True)
class _Screen:
    """The report of one dossier for one terminal."""

    dossier: Dossier
    paint: Paint
    width: int
    glyphs: Glyphs
    given: str
    configured: str

    def lines(self, sections: tuple[tuple[View, Any], ...], verbose: bool) -> Iterator[str]:
        """The lines of the report."""
        found = tally(self.dossier, self.again)
        verdict = said(found)
        yield from wrapped(self.paint(visible(self.dossier.subject.name), "1"), "", self.width)
        yield from wrapped(visible(portrait_line(self.dossier)), "", self.width)
        if self.dossier.subject.digest:
            yield from wrapped(f"model, sha256 {self.dossier.subject.digest}", "", self.width)
        yield ""
        yield from verdict.headline.lines(self.paint, self.width)
        if not verbose:
            yield from self._decisions(found)
        yield from self._answers(found)
        if verbose:
            yield from Details(self.dossier, self.paint, self.width).lines(sections)
        else:
            yield from self._asked_for(sections)
            yield from self._unknown(found.unknowns)
            yield from self._accepted()
        yield from self._go_on(found, verbose)

    @property
    def again(self) -> str:
        """The command that does the audit again."""
        return self.given or reproduce(self.dossier)

    def _heading(self, text: str) -> Iterator[str]:
        yield ""
        yield from (self.paint(row, "1") for row in wrapped(text, "", self.width))

    def _decisions(self, found: Tally) -> Iterator[str]:
        """What is in the way, what to decide, and what the policy wants answered, numbered through."""
        rows, number, shown = found.matters, 0, 0
        for weight, of_weight in groupby(rows, key=lambda row: row.weight):
            every = list(of_weight)
            yield from self._heading(f"{HEADINGS[weight]} ({len(every):,})")
            room = max(1, MOST_MATTERS - shown)
            for row in every[:room]:
                number, shown = number + 1, shown + 1
                yield from self._matter(number, row, whole=weight is rows[0].weight or weight is not Weight.DECIDE)
            if len(every) > room:
                number += len(every) - room
                yield f"   and {len(every) - room:,} more: -v"
        missing = [row for row in found.unknowns if row.required]
        if missing:
            yield from self._heading(f"Missing answers that the policy requires ({required(missing):,})")
        for cause in missing[:MOST_CAUSES]:
            number += 1
            yield from self._missing(number, cause)
        if len(missing) > MOST_CAUSES:
            yield f"   and {required(missing[MOST_CAUSES:]):,} more: -v"

    def _matter(self, number: int, row: Matter, *, whole: bool) -> Iterator[str]:
        """What was found and where else; with `whole` what to do, and the waiver if the verdict waits for it."""
        yield from self._row(f"{number:>2} ", f"{visible(row.rule.id)}: {visible(row.what)}", MOST_LINES[row.weight])
        if also := row.also(MOST_COPIES):
            yield from self._row("   ", visible(also), 2)
        for known in advisories(row.told[0].finding)[:1]:
            yield from self._row("   ", f"known as {known.line()}", 2)
        if whole:
            yield from self._row("   -> ", visible(row.remedies[0]), 2)
        if row.weight is Weight.FIRST:
            every = waivers(self.dossier, row.findings)
            for waiver in every[:MOST_WAIVERS]:
                yield from (f"   {line}" for line in waiver.splitlines())
            if len(every) > MOST_WAIVERS:
                yield f"   and {len(every) - MOST_WAIVERS:,} more waivers: -v"

    def _missing(self, number: int, cause: Unknown) -> Iterator[str]:
        several = f"{cause.what} ({len(cause.required):,} questions)"
        what = several if len(cause.required) > 1 else cause.required[0]
        yield from self._row(f"{number:>2} ", visible(f"{what}: {cause.because}"), 2)
        yield from self._row("   -> ", visible(cause.how), 2)

    def _row(self, mark: str, text: str, most: int) -> Iterator[str]:
        yield from wrapped(text, mark, self.width, " " * len(mark), most=most)

    def _answers(self, found: Tally) -> Iterator[str]:
        yield from self._heading("Answers")
        for row in replies(found):
            mark = self.paint(self.glyphs.marks[row.state], _STATES.get(row.state, "2"))
            yield from self._labelled(f"{mark} {row.short}", len(row.short) + 2, visible(row.sentence))
            if picture := self._picture(row):
                yield from self._labelled("", 0, picture)

    def _labelled(self, label: str, length: int, text: str) -> Iterator[str]:
        """Text beside a label of that many columns; below it where the terminal is narrow."""
        if self.width < NARROW:
            yield from [f" {label}"] if length else []
            yield from wrapped(text, "   ", self.width)
            return
        first, *rest = wrapped(text, " " * (_LABEL + 3), self.width)
        yield f" {label}{' ' * (_LABEL + 2 - length)}{first[_LABEL + 3 :]}"
        yield from rest

    def _picture(self, row: Reply) -> str:
        if row.question == "openness" and row.state is not State.NOT_ASKED and not self.dossier.subject.closed:
            goal = next((one for one in self.dossier.openness.by_evidence.classes if one.included < one.required), None)
            if goal is None:
                return ""
            gauge = self.glyphs.gauge(goal.included, goal.required)
            return f"{gauge} {goal.included} of {goal.required} parts of {_GOALS[goal.level]}"
        if row.question == "parameters" and row.state is not State.NOT_ASKED:
            ratios = layer_ratios(self.dossier.tensors, 40 if self.width >= NARROW else 20)
            return f"{self.glyphs.curve(ratios)} scale, layer by layer" if ratios else ""
        return ""

    def _asked_for(self, sections: tuple[tuple[View, Any], ...]) -> Iterator[str]:
        """What engines found that were asked for; what the files say of openness is among the answers."""
        for view, value in sections:
            if view.id == "openness":
                continue
            yield from self._heading(visible(view.title))
            rows = list(view.text(value, self.dossier))
            for text in rows[:MOST_ROWS]:
                yield from wrapped(visible(text), " ", self.width, "   ")
            if len(rows) > MOST_ROWS:
                yield f"   and {len(rows) - MOST_ROWS:,} more: -v"

    def _unknown(self, open_: tuple[Unknown, ...]) -> Iterator[str]:
        """What is not known and the policy does not require, each cause with the number of its questions."""
        rows = [(row, n) for row in open_ if (n := len(row.checks) - len(row.required))]
        if not rows:
            return
        also = " besides" if any(row.required for row in open_) else ""
        yield from self._heading(f"Not known{also} ({sum(n for _, n in rows):,})")
        parts = [f"{visible(row.what)} ({n:,})" for row, n in rows[:MOST_CAUSES]]
        parts += [f"{sum(n for _, n in rows[MOST_CAUSES:]):,} more: -v"] if len(rows) > MOST_CAUSES else []
        yield from wrapped("; ".join(parts), " ", self.width)

    def _accepted(self) -> Iterator[str]:
        """Who accepted what, and what this report cannot say."""
        for row in acceptances(self.dossier):
            yield from wrapped(visible(row), " ", self.width, "   ")
        if self.dossier.aside:
            yield from wrapped(f"not read: {visible(aside_line(self.dossier))}", " ", self.width, "   ")
        for lack in self.dossier.lacks:
            yield from wrapped(f"not in this dossier: {visible(lack)}", " ", self.width, "   ")

    def _go_on(self, found: Tally, verbose: bool) -> Iterator[str]:
        judged = f"{examined_line(self.dossier)}; policy {self.dossier.policy.name}"
        if not self.dossier.subject.closed and not {"landlock", "seccomp"}.issubset(self.dossier.isolation):
            judged += f"; isolation: {isolation_line(self.dossier)}"
        if self.dossier.kernels == "numpy":
            judged += f"; kernels: {kernels_line(self.dossier)}"
        yield ""
        yield from wrapped(visible(judged), "", self.width)
        if self.configured:
            yield from wrapped(f"configured by {visible(self.configured)}", "", self.width)
        if first := leading(found):
            yield from self._command("explain", f"assay explain {quoted(first)}")
        doing = [row for row in found.unknowns if row.command and not row.command.startswith("assay explain ")]
        for row in doing[:2]:
            yield from self._command("find out", row.command)
        if verbose:
            yield from self._command("again", self.again)
        else:
            whole = self.again if self.given else f"{self.again} -v"
            yield from self._command("all of it", whole if whole.endswith((" -v", " --verbose")) else f"{whole} -v")

    def _command(self, label: str, command: str) -> Iterator[str]:
        lines = command_lines(command, " " * 10, self.width)
        yield f"{label:<9} {lines[0].lstrip()}"
        yield from lines[1:]


RENDER = Renderer("text", "for people, in a terminal or a log", write)
