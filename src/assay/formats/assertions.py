"""`assay.yaml` at the top of a model: what only a person can say about its components, with name and date."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from assay.errors import Malformed
from assay.facts.openness import BY_ID, Assertion
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats.encoding.yaml import yaml_mapping
from assay.formats.window import Window

MOST = 256 * 1024
_KEYS = frozenset({"present", "path", "url", "licence", "by", "date", "note"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield an assertion for each component."""
    text = window.text(MOST)
    whole = yaml_mapping(text, "assay.yaml")
    components = whole.get("components", {})
    if not isinstance(components, dict):
        raise Malformed("assay.yaml: `components` is not a mapping of component to assertion")
    _known(set(map(str, whole)), {"components"}, "key")
    yield Contents(artifact, FORMAT.id, len(components))
    lines = text.split("\n")
    for id, row in components.items():
        _known({str(id)}, set(BY_ID), "component")
        if not isinstance(row, dict):
            raise Malformed(f"assay.yaml: {id} is not a mapping with {', '.join(sorted(_KEYS))}")
        _known(set(map(str, row)), set(_KEYS), f"key of {id}")
        yield _assertion(artifact, str(id), row, lines)


def _assertion(artifact: str, id: str, row: dict[str, Any], lines: list[str]) -> Assertion:
    line = next((number for number, text in enumerate(lines, 1) if re.match(rf"\s+{id}\s*:", text)), 1)
    when = row.get("date", "")
    if when and not isinstance(when, date):
        try:
            when = date.fromisoformat(str(when))
        except ValueError:
            raise Malformed(
                f"assay.yaml: the date of {id} is no date", expected="a day such as 2026-11-01", got=repr(when)[:60]
            ) from None
    texts = {key: str(row.get(key) or "").strip()[:300] for key in ("path", "url", "licence", "by")}
    return Assertion(artifact, id, row.get("present", True) is not False, date=str(when)[:10], line=line, **texts)


def _known(given: set[str], known: set[str], what: str) -> None:
    for name in sorted(given - known):
        near = difflib.get_close_matches(name, known, 1, 0.5)
        raise Malformed(f"assay.yaml: no {what} {name[:60]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


FORMAT = Format(
    "assertions",
    "assertions of a publisher",
    read,
    names=("assay.yaml", "assay.yml"),
    needs=("yaml",),
    examines=(Aspect.MARKS,),
    gaps=(),
)
