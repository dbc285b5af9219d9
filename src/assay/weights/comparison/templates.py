"""Chat templates of a model beside those of its base, line by line."""

from __future__ import annotations

from difflib import unified_diff

from assay.facts.comparison import TemplateChange
from assay.facts.text import ChatTemplate

MOST_LINES = 40
MOST_WIDTH = 300


def changes(base: tuple[ChatTemplate, ...], model: tuple[ChatTemplate, ...]) -> tuple[TemplateChange, ...]:
    """What became of each template of the model; trailing space and the way lines end are not looked at."""
    known = {template.name: template for template in reversed(base)}
    return tuple(_change(known.get(template.name), template) for template in model)


def _change(base: ChatTemplate | None, own: ChatTemplate) -> TemplateChange:
    if base is None:
        return TemplateChange(own.artifact, own.pointer, own.name, known=False, lines=(), more=0)
    before, after = ([line.rstrip() for line in template.source.strip().splitlines()] for template in (base, own))
    rows = [row for row in unified_diff(before, after, lineterm="", n=0) if not row.startswith(("---", "+++", "@@"))]
    shown = tuple(row[:MOST_WIDTH] for row in rows[:MOST_LINES])
    return TemplateChange(own.artifact, own.pointer, own.name, known=True, lines=shown, more=len(rows) - len(shown))
