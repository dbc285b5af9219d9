"""What stands where the evidence points: the first bytes of a range, the lines around one of a text.

They are read from the file that was listed, and lines from no other bytes than those that were hashed.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError
from assay.facts.artifact import Artifact, Trouble
from assay.facts.finding import Evidence, Finding, Kind, Passage
from assay.facts.text import ChatTemplate, TextMark, TextMarkKind
from assay.formats.window import Window
from assay.lazy import dataclass, regex
from assay.pipeline.fact import Facts
from assay.pipeline.places import in_json, in_yaml
from assay.subject import Entry, Walk

BYTES = 16  # at a byte range: one row of a hex dump
AROUND = 2  # lines before and after the one that is meant
WIDTH = 160  # characters of a line
MOST_FINDINGS, MOST_PLACES = 20, 3  # of one check, of one finding: as many as a report shows one by one
MOST_TEXT = 4 * 1024 * 1024  # bytes of a file of which lines are shown
MOST_SECRETS = 100  # marks of one file; of one with more not all may be known, and no line of it is shown
KEY_LINES = 1000  # of a private key; one of PGP with its subkeys has more than a hundred
_SETTINGS = frozenset(
    f"{name}-config" for name in ("adapter", "generation", "model", "preprocessor", "quantize", "tokenizer")
) | {"json", "special-tokens-map"}
# formats whose line numbers are those of the file, and in which credentials are looked for
LINES_SHOWN = _SETTINGS | {
    *("chat-template", "checksum-list", "licence", "model-card", "python", "settings", "text", "yaml"),
}
_SILENT = (Kind.PASS, Kind.NOT_APPLICABLE)
_LONE = regex(r"\r(?!\n)")


def with_excerpts(findings: tuple[Finding, ...], walk: Walk, facts: Facts) -> tuple[Finding, ...]:
    """The findings, each piece of evidence with the bytes or the lines that stand there."""
    entries = {entry.path: entry for entry in walk.entries}
    bytes_: dict[tuple[str, int], str | None] = {}
    passages = _passages(findings, entries, facts)

    def filled(evidence: Evidence, weighty: bool) -> Evidence:
        entry = entries.get(evidence.artifact)
        passage = passages.get(evidence) if weighty else None
        if evidence.start is None or entry is None:
            return replace(evidence, passage=passage) if passage else evidence
        key = (evidence.artifact, evidence.start)
        if key not in bytes_:
            bytes_[key] = _bytes(entry, evidence.start)
        return replace(evidence, excerpt=bytes_[key])

    return tuple(
        replace(finding, evidence=tuple(filled(row, finding.kind not in _SILENT) for row in finding.evidence))
        for finding in findings
    )


def _bytes(entry: Entry, start: int) -> str | None:
    try:
        with entry.place.source() as source:
            return Window(source, entry.size).rest(start, BYTES).hex() or None
    except InputError:
        return None  # it ends there, or is another file by now, whose bytes are nobody's evidence


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in lines, without those that hold a credential."""

    text: str
    lines: list[str]
    secret: dict[int, str]  # number of a line -> what it holds

    def around(self, marked: int, column: int = 0) -> Passage | None:
        """The passage about a line, that line from shortly before a column on; None if there is no such line."""
        if not 1 <= marked <= len(self.lines):
            return None
        first = max(1, marked - AROUND)
        numbers = range(first, min(len(self.lines), marked + AROUND) + 1)
        return Passage(first, marked, tuple(self._shown(n, column if n == marked else 0) for n in numbers))

    def _shown(self, number: int, column: int) -> str:
        if number in self.secret:
            return f"(not shown: it holds what looks like a {self.secret[number]})"
        line = self.lines[number - 1]
        start = column - WIDTH // 4 if column > WIDTH // 2 and len(line) > WIDTH else 0
        more = " ..." if len(line) > start + WIDTH else ""
        return f"{'... ' if start else ''}{line[start : start + WIDTH]}{more}"


def _passages(findings: tuple[Finding, ...], entries: dict[str, Entry], facts: Facts) -> dict[Evidence, Passage]:
    """The passage of each piece of evidence that has one; every file is read once."""
    wanted: dict[str, list[Evidence]] = defaultdict(list)
    for evidence in _pointing(findings):
        wanted[evidence.artifact].append(evidence)
    artifacts: dict[str, Artifact] = {row.path: row for row in facts.all("Artifact")}
    templates = {(row.artifact, row.pointer): row for row in facts.all("ChatTemplate")}
    secrets = _secrets(facts)
    limited = {row.artifact for row in facts.all("Obstacle") if row.trouble in (Trouble.LIMIT, Trouble.STOPPED)}
    found: dict[Evidence, Passage] = {}
    for path, rows in wanted.items():
        marks, artifact = secrets.get(path, []), artifacts.get(path)
        if artifact is None or path in limited or len(marks) > MOST_SECRETS:
            continue
        in_file = [row for row in rows if (path, row.pointer) not in templates]
        text = _text(entries[path], artifact, marks) if in_file and path in entries else None
        made = [*_located(in_file, text, artifact.format)] if text else []
        made += [] if marks else _of_templates(rows, templates)
        found.update((evidence, passage) for evidence, passage in made if passage)
    return found


def _pointing(findings: tuple[Finding, ...]) -> Iterator[Evidence]:
    """What names a line or a setting, of as many findings as a report shows one by one."""
    shown: Counter[str] = Counter()
    for finding in findings:
        if finding.kind in _SILENT:
            continue
        shown[finding.check] += 1
        if shown[finding.check] <= MOST_FINDINGS:
            yield from (row for row in finding.evidence[:MOST_PLACES] if row.line or row.pointer)


def _secrets(facts: Facts) -> dict[str, list[TextMark]]:
    found: dict[str, list[TextMark]] = defaultdict(list)
    for mark in facts.all("TextMark"):
        if mark.kind is TextMarkKind.SECRET:
            found[mark.artifact].append(mark)
    return found


def _text(entry: Entry, artifact: Artifact, marks: list[TextMark]) -> _Text | None:
    """The text of a file; None if it is no text, too long, or its readers may count its lines differently."""
    if artifact.format not in LINES_SHOWN or not 0 < entry.size <= MOST_TEXT:
        return None
    try:
        with entry.place.source() as source:
            raw = Window(source, entry.size).read(0, entry.size)
    except InputError:
        return None
    if hashlib.sha256(raw).hexdigest() != artifact.sha256:
        return None
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    # some readers end lines where Unicode does; in Python a form feed is no end of one
    if _LONE.search(text) or (artifact.format != "python" and len(lines) != len(text.splitlines())):
        return None
    return _Text(text, lines, _hidden(lines, marks))


def _hidden(lines: list[str], marks: list[TextMark]) -> dict[int, str]:
    """The lines that hold a credential: of a private key all up to its end."""
    found = {}
    for mark in marks:
        found[mark.line] = mark.what
        if mark.what == "private key":
            for number, line in enumerate(lines[mark.line : mark.line + KEY_LINES], mark.line + 1):
                found[number] = mark.what
                if "-----END" in line:
                    break
    return found


def _located(rows: list[Evidence], text: _Text, format: str) -> Iterator[tuple[Evidence, Passage | None]]:
    """The passage of each piece of evidence about a file: by its line, or by its pointer."""
    settings = {row.pointer for row in rows if row.pointer and not row.line} if format in _SETTINGS else set()
    places = in_json(text.text, settings) if settings else {}
    for row in rows:
        seen = (row.name or "", row.seen)
        if row.line and not row.pointer:
            yield row, text.around(row.line, _column(text.lines, row.line, seen))
        elif row.pointer in places:
            before = text.text[: places[row.pointer]]
            yield row, text.around(before.count("\n") + 1, len(before) - before.rfind("\n") - 1)
        elif row.pointer and format == "yaml" and (line := in_yaml(text.lines, row.pointer, row.name or row.seen)):
            yield row, text.around(line)


def _of_templates(
    rows: list[Evidence], templates: dict[tuple[str, str], ChatTemplate]
) -> Iterator[tuple[Evidence, Passage | None]]:
    """The passage of each piece of evidence about a template inside another file, by the lines of the template."""
    for row in rows:
        template = templates.get((row.artifact, row.pointer or ""))
        if template is not None and row.pointer and row.line and not _LONE.search(template.source):
            lines = template.source.replace("\r\n", "\n").split("\n")
            yield row, _Text("", lines, {}).around(row.line, _column(lines, row.line, (row.name or "", row.seen)))


def _column(lines: list[str], line: int, seen: tuple[str, ...]) -> int:
    """Where in a line what was seen begins; 0 if it is not there as it stands."""
    if not 1 <= line <= len(lines):
        return 0
    return next((at for text in seen if text and (at := lines[line - 1].find(text)) > 0), 0)
