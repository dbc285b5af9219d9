"""Findings that say the same of copies of a file, which a model's folder often holds: checkpoints, exports, backups.

Only for counting and reading. Each finding keeps its fingerprint and its effect, so that a waiver for one copy covers
no other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from assay.facts.artifact import files_of
from assay.facts.finding import Evidence, Finding, Kind
from assay.lazy import dataclass, regex

# an open answer is about what was not looked at, whatever the bytes; what was found holds for the bytes it was found in
_WORDS_ALONE = (Kind.OPEN, Kind.INFORMATIONAL)
_FOLDED = (Kind.FAIL, Kind.REVIEW, *_WORDS_ALONE)
_MARKS = regex(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Told:
    """What is told once: the finding in the outermost folder, and those that say the same of copies elsewhere."""

    finding: Finding
    copies: tuple[Finding, ...] = ()

    def also(self, most: int) -> str:
        """Where the copies are, for a sentence that names up to `most` of them; empty if there are none."""
        if not self.copies:
            return ""
        places = [row.evidence[0].artifact for row in self.copies]
        more = f" and {len(places) - most:,} more" if len(places) > most else ""
        if self.finding.kind in _WORDS_ALONE:
            said = f"and the same of {len(places):,} more"
        else:
            said = "and in one copy" if len(places) == 1 else f"and in {len(places):,} copies"
        return f"{said}: {', '.join(places[:most])}{more}"


def told(findings: tuple[Finding, ...], digests: Mapping[str, str]) -> tuple[Told, ...]:
    """The findings in their order, those about copies folded into one.

    Two are about copies if check, kind, effect, words and places are the same but for the folder that they lie in, and
    what was found was found in files of the same content.

    Args:
        findings: findings about one subject.
        digests: the digest of each of its files, by path.
    """
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    seen: dict[tuple[Any, ...], int] = {}
    for finding in findings:
        root = _root(finding, digests)
        key = (finding.fingerprint,) if root is None else _key(finding, root, digests)
        # two in one folder are no copies: the second of each folder is told with the second of another
        number = seen[key, root] = seen.get((key, root), -1) + 1
        groups.setdefault((*key, number), []).append(finding)
    return tuple(_one(rows) for rows in groups.values())


def _one(rows: list[Finding]) -> Told:
    if len(rows) == 1:
        return Told(rows[0])
    rows = sorted(rows, key=lambda row: (row.evidence[0].artifact.count("/"), row.evidence[0].artifact))
    return Told(rows[0], tuple(rows[1:]))


def _root(finding: Finding, digests: Mapping[str, str]) -> str | None:
    """The folder of all places of a finding, empty for the top; None if it is not one that is folded."""
    if finding.kind not in _FOLDED or not finding.evidence:
        return None
    folders = {posixpath.dirname(_file(row.artifact, digests)) for row in finding.evidence}
    if "" in folders or any(row.startswith("/") for row in folders):
        return ""
    return posixpath.commonpath(folders)


def _file(place: str, digests: Mapping[str, str]) -> str:
    return next(iter(files_of(place, digests)), place)


def _key(finding: Finding, root: str, digests: Mapping[str, str]) -> tuple[Any, ...]:
    """What two findings about copies have in common."""
    within = re.compile(rf"(?<![\w./-]){re.escape(root)}(?:/|(?='))") if root else None

    def bare(text: str) -> str:
        return _MARKS.sub(" ", within.sub("", text) if within else text).strip()

    def place(row: Evidence) -> tuple[Any, ...]:
        where = (posixpath.relpath(row.artifact, root or "."), bare(row.pointer or ""), bare(row.name or ""))
        if finding.kind in _WORDS_ALONE:
            return where
        return (*where, digests.get(_file(row.artifact, digests), row.artifact), row.start, row.stop, row.line)

    said = (bare(finding.message), bare(finding.remedy))
    places = tuple(sorted(map(repr, map(place, finding.evidence))))
    return finding.check, finding.kind, finding.effect, finding.follows, said, places
