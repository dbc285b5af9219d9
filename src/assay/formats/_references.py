"""What a parsed configuration names: code to load, and paths into what signatures leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.errors import LimitExceeded
from assay.facts.artifact import EXCLUDED
from assay.facts.config import CodeReference
from assay.facts.structure import PathOutside
from assay.formats.python.reference import code_references, escaped
from assay.lazy import regex

MOST = 1000
_LONGEST = 4096  # characters of a path (PATH_MAX of Linux)
_BETWEEN = regex(r"[/\\]+")


def references(artifact: str, value: object) -> Iterator[CodeReference | PathOutside]:
    """Every reference to code, then every path into what signatures leave out."""
    yield from code_references(artifact, value)
    yield from paths_outside(artifact, value)


def paths_outside(artifact: str, value: object) -> Iterator[PathOutside]:
    """Each path through `.git` and the like, once: texts, and keys with something below them (folders of diffusers)."""
    return paths_among(artifact, _texts(value))


def paths_among(artifact: str, rows: Iterable[tuple[str, str]]) -> Iterator[PathOutside]:
    """Each path through `.git` and the like, once, among texts and where they stand."""
    targets: set[str] = set()
    for where, text in rows:
        if (target := _path(text)) and target not in targets:
            if len(targets) == MOST:
                raise LimitExceeded("paths outside the manifest", expected=f"at most {MOST:,}", got="more")
            targets.add(target)
            yield PathOutside(artifact, where[:500], target)


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """(pointer, text) of each text, and of each key with something below it."""
    stack: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()  # YAML's aliases let one list occur many times
    while stack:
        pointer, node = stack.pop()
        rows: list[tuple[str, object]] = []
        if isinstance(node, dict | list):
            if id(node) in seen:
                continue
            seen.add(id(node))
        if isinstance(node, list):
            rows = [(f"{pointer}/{number}", entry) for number, entry in enumerate(node)]
        elif isinstance(node, dict):
            rows = [(f"{pointer}/{escaped(key)}", entry) for key, entry in node.items()]
            rows += [(where, key) for (where, entry), key in zip(rows, node, strict=True) if not _number(entry)]
        stack += [row for row in rows if isinstance(row[1], dict | list)]
        yield from ((where, entry) for where, entry in rows if isinstance(entry, str))


def _number(value: object) -> bool:
    return isinstance(value, int | float)  # a vocabulary has the tokens as keys


def _path(text: str) -> str:
    """The text as a path, if one of its folders is a name that signatures leave out; else nothing."""
    if ".git" not in text.lower() or len(text) > _LONGEST:
        return ""
    parts = _BETWEEN.split(text.strip())
    return "/".join(parts) if any(part.lower() in EXCLUDED for part in parts) else ""
