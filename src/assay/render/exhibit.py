"""Evidence as its kind is best seen: bytes, a pickle's program, lines, a template, a tensor beside its siblings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from markupsafe import Markup, escape

from assay.facts.dossier import Dossier, Template
from assay.facts.finding import Evidence, Finding, Kind, Passage
from assay.facts.loading import LoadingPath
from assay.facts.role import placed
from assay.facts.values import TensorSummary
from assay.lazy import dataclass, regex
from assay.render.evidence import dumping
from assay.render.map import histogram
from assay.render.passage import lines, shown
from assay.render.route import route
from assay.render.visible import visible
from assay.render.words import location

MOST_LINES = 14  # of a program or a template
MOST_CHARACTERS = 400  # of a line
AROUND = 2  # lines of a template before and after the one that is meant
MOST_TOKENS = 24
WIDE = 8  # bytes in a line of a dump
PROGRAM = "pickle.reaches-outside"  # its informational answer lists what loading would do, call by call
_RENDERED = regex(r": ('(?:[^'\\]|\\.)+')(?:;|\Z)")  # what a trial of a template found besides, in its message


@dataclass(frozen=True)
class Exhibits:
    """The views of the evidence of one dossier."""

    dossier: Dossier

    def of(self, finding: Finding) -> Markup:
        """What shows best what was found; empty where the message says all."""
        parts = self._special(finding)
        if not parts and (tensor := self._of_tensor(finding)):
            parts = [tensor]
        if not parts and (passages := passages_of(finding)):
            parts = [passages]
        parts = parts or [view for row in finding.evidence[:4] if (view := self._one(row, finding))]
        return Markup("").join(parts)

    def _special(self, finding: Finding) -> list[Markup]:
        """The views for all evidence of a finding together."""
        if not finding.evidence:
            return []
        first = finding.evidence[0]
        if finding.check.startswith("pickle.") and (program := self._programs.get(first.artifact)):
            return [*self._bytes(first), _program(program, finding)]
        if finding.check.startswith("template.") and (template := self._template(first)):
            return [_template(template, first, finding)]
        if finding.check.startswith("loading."):
            path = next((path for path in self.dossier.loading if path.call == first.pointer), None)
            return [_route(path)] if path else []
        if finding.check.startswith("token.") and len(finding.evidence) > 1:
            return [_tokens(finding.evidence)]
        return []

    def _of_tensor(self, finding: Finding) -> Markup:
        """The first tensor that is named and has a histogram, beside its siblings."""
        for at in finding.evidence:
            row = self._tensors.get((at.artifact, at.name or ""))
            if row is not None and any(row.bins):
                return _tensor(at, row, self._siblings(row))
        return Markup("")

    def _one(self, at: Evidence, finding: Finding) -> Markup:
        if at.line is not None:
            return _line(at)
        if at.excerpt and at.start is not None:
            return Markup("").join(self._bytes(at))
        if at.seen and (at.pointer or at.seen not in finding.message):
            return _figure(location(at), _marked(_cut(_said(at)), (at.seen,) if at.pointer else ()))
        return Markup("")

    def _bytes(self, at: Evidence) -> Iterator[Markup]:
        if not at.excerpt or at.start is None:
            return
        raw = bytes.fromhex(at.excerpt)
        meant = min(len(raw), max(1, (at.stop or at.start + len(raw)) - at.start))
        dump = Markup("\n").join(
            _dumped(at.start + first, raw[first : first + WIDE], meant - first) for first in range(0, len(raw), WIDE)
        )
        yield _figure(location(at), dump, dumping(at), "dump")

    @cached_property
    def _programs(self) -> dict[str, tuple[Evidence, ...]]:
        rows = (f for f in self.dossier.findings if f.check == PROGRAM and f.kind is Kind.INFORMATIONAL and f.evidence)
        return {row.evidence[0].artifact: row.evidence for row in rows}

    @cached_property
    def _tensors(self) -> dict[tuple[str, str], TensorSummary]:
        return {(row.artifact, row.name): row for row in self.dossier.tensors}

    def _siblings(self, row: TensorSummary) -> list[TensorSummary]:
        """The tensors of the same role in the two nearest layers."""
        own = placed(row.name)
        if own.layer is None:
            return []
        found = []
        for other in self.dossier.tensors:
            at = placed(other.name)
            same = (other.artifact, at.role, at.kind, at.expert) == (row.artifact, own.role, own.kind, own.expert)
            if same and at.layer is not None and other.name != row.name and any(other.bins):
                found.append((abs(at.layer - own.layer), at.layer, other))
        return [other for _, _, other in sorted(found, key=lambda entry: entry[:2])[:2]]

    def _template(self, at: Evidence) -> Template | None:
        rows = self.dossier.templates
        return next((row for row in rows if (row.artifact, row.pointer) == (at.artifact, at.pointer or "")), None)


def passages_of(finding: Finding) -> Markup:
    """The lines around each place of a finding; empty where none were kept."""
    return Markup("").join(_passage(at, passage, finding) for at, passage in shown(finding))


def _figure(title: str, body: Markup, command: str = "", kind: str = "") -> Markup:
    foot = Markup('<p class="quiet"><code>{}</code></p>').format(command) if command else Markup("")
    return Markup('<figure class="exhibit"><figcaption>{}</figcaption><pre{}>{}</pre>{}</figure>').format(
        visible(title), Markup(' class="{}"').format(kind) if kind else "", body, foot
    )


def _dumped(start: int, raw: bytes, meant: int) -> Markup:
    """One line of a dump, of its bytes the first `meant` marked."""
    pairs, meant = [f"{byte:02x}" for byte in raw], max(0, meant)
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in raw)
    rest = "".join(f" {pair}" for pair in pairs[meant:]).ljust(3 * (WIDE - min(meant, len(raw))))
    marked = Markup("<mark>{}</mark>").format(" ".join(pairs[:meant])) if meant else Markup("")
    return Markup("{} {}{} {}").format(f"{start:08x} ", marked, rest if meant else rest[1:] + " ", text)


def _said(at: Evidence) -> str:
    name = f"{at.name}: " if at.name and at.name not in at.seen else ""
    return f"{name}{at.seen}".removesuffix(": ")


def _line(at: Evidence) -> Markup:
    """One line of a file, with its number."""
    text = _cut(_said(at) if not at.artifact.endswith(".py") else at.seen or at.name or "")
    return _figure(at.artifact, Markup('<span class="no">{}</span><mark>{}</mark>').format(at.line, visible(text)))


def _passage(at: Evidence, passage: Passage, finding: Finding) -> Markup:
    """The lines around what was found, with their numbers."""
    key = at.pointer.rpartition("/")[2] if at.pointer else ""
    meant = tuple(visible(word) for word in (f'"{key}"' if key else "", at.seen, at.name or "") if word)

    def marked(text: str) -> Markup:
        found = tuple(word for word in meant if word in text)
        return _marked(text, found) if found else Markup("<mark>{}</mark>").format(text)

    rows = [
        Markup('<span class="no at">{}</span>{}').format(row.number, marked(row.text))
        if row.meant
        else Markup('<span class="no">{}</span>{}').format(row.number, row.text)
        for row in lines(passage)
    ]
    line = "" if at.line else f" line {passage.marked:,}"
    seen = at.seen if at.seen and at.seen not in finding.message and at.seen not in "".join(passage.lines) else ""
    return _figure(f"{location(at)}{line}{': ' if seen else ''}{_cut(seen)}", Markup("\n").join(rows))


def _route(path: LoadingPath) -> Markup:
    """What one way of loading opens and runs."""
    return Markup('<figure class="exhibit"><figcaption><code>{}</code></figcaption>{}</figure>').format(
        visible(path.call), route((path,))
    )


def _program(rows: tuple[Evidence, ...], finding: Finding) -> Markup:
    """The steps of a pickle, those that the finding names marked."""
    meant = tuple(entry.name for entry in finding.evidence if entry.name)
    steps = [_marked(_cut(row.seen), meant) for row in rows[:MOST_LINES]]
    if len(rows) > MOST_LINES:
        steps.append(escape(f"... and {len(rows) - MOST_LINES:,} more steps"))
    return _figure("what loading would do, decompiled", Markup("\n").join(steps))


def _template(template: Template, at: Evidence, finding: Finding) -> Markup:
    """The lines that are meant, and where it was tried what was said and what the template made of it."""
    meant = tuple(word for word in dict.fromkeys((at.seen, (at.name or "").strip("'"))) if word)
    source = template.source.split("\n")
    hits = [at.line - 1] if at.line else [number for number, line in enumerate(source) if any(w in line for w in meant)]
    near = sorted({row for hit in hits[:3] for row in range(hit - AROUND, hit + AROUND + 1) if 0 <= row < len(source)})
    body = [
        Markup('<span class="no">{}</span>{}').format(number + 1, _marked(_around(source[number], meant), meant))
        for number in near[:MOST_LINES]
    ]
    said = _RENDERED.search(finding.message)
    if said is not None:
        body += [
            Markup('<span class="said">what was said</span>{}').format(_marked(_cut(at.seen), meant)),
            Markup('<span class="said">what it rendered besides</span><mark>{}</mark>').format(visible(_cut(said[1]))),
        ]
    return _figure(f"{location(at)}", Markup("\n").join(body))


def _tokens(rows: tuple[Evidence, ...]) -> Markup:
    """Tokens as a person would type them, and whatever else is evidence as it is."""
    tokens = [row for row in rows if row.seen and row.seen == row.name]
    marked = [Markup("<mark>{}</mark>").format(visible(row.seen)) for row in tokens[:MOST_TOKENS]]
    more = [f"and {len(tokens) - MOST_TOKENS:,} more"] if len(tokens) > MOST_TOKENS else []
    others = [visible(row.seen) for row in rows if row not in tokens][:MOST_LINES]
    body = [Markup(" ").join([*marked, *more]), *others] if tokens else others
    return _figure(rows[0].artifact, Markup("\n").join(body))


def _tensor(at: Evidence, row: TensorSummary, siblings: Sequence[TensorSummary]) -> Markup:
    """The histogram of a tensor above those of the same role in the layers beside it, each from its own least value."""

    def picture(one: TensorSummary, other: str) -> Markup:
        numbers = f"{one.span[0]:.3g} to {one.span[1]:.3g}, deviation {one.deviation or 0:.3g}"
        return Markup('<p><code>{}</code></p>{}<p class="quiet">{}</p>').format(
            visible(one.name), histogram(one, other), numbers
        )

    rows = [picture(row, ""), *(picture(other, "other") for other in siblings)]
    caption = f"{_said(at)}{'; below, its siblings in the layers beside it' if siblings else ''}"
    return Markup('<figure class="exhibit"><figcaption>{}</figcaption>{}</figure>').format(
        visible(caption), Markup("").join(rows)
    )


def _marked(text: str, meant: tuple[str, ...]) -> Markup:
    """`text` with each occurrence of what is meant marked."""
    words = [re.escape(word) for word in meant if word]
    if not words:
        return escape(visible(text))
    pieces = re.split(f"({'|'.join(sorted(words, key=len, reverse=True))})", text)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(visible(piece)) if at % 2 else escape(visible(piece))
        for at, piece in enumerate(pieces)
        if piece
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ... ({len(text):,} characters)"


def _around(line: str, meant: tuple[str, ...]) -> str:
    """A long line from a little before what is meant."""
    first = min((at for word in meant if (at := line.find(word)) >= 0), default=0)
    start = max(0, first - MOST_CHARACTERS // 4)
    return f"{'... ' if start else ''}{_cut(line[start:])}"
