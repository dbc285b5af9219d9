"""The commands of a script, one a line: continued lines joined, comments left out."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.program import AttackShape
from assay.formats.script.shape import in_command
from assay.formats.window import Window

MOST = 1 << 20  # bytes of a script that are looked at
MOST_FOUND = 200
_COMMENTS = ("#", "//", "rem ", "REM ", "::")


def attack_shapes(artifact: str, text: str, first: int = 1) -> Iterator[AttackShape]:
    """Each command of a script that has the shape of an attack; `first` is the number of its first line."""
    found = 0
    for line, command in _commands(text, first):
        for shape in in_command(command):
            found += 1
            yield AttackShape(artifact, shape, line, " ".join(command.split())[:160])
        if found >= MOST_FOUND:
            return


def script_shapes(artifact: str, window: Window) -> Iterator[AttackShape]:
    """The same of a file, as far as it is text."""
    yield from attack_shapes(artifact, window.rest(0, MOST).decode("utf-8", "replace"))


def _commands(text: str, first: int) -> Iterator[tuple[int, str]]:
    begun, parts = first, list[str]()
    for number, row in enumerate(text.splitlines(), first):
        line = row.strip()
        if not parts:
            begun = number
            if line.startswith(_COMMENTS):
                continue
        if line.endswith("\\") and len(parts) < 100:
            parts.append(line[:-1])
            continue
        yield begun, " ".join([*parts, line])
        parts = []
    if parts:
        yield begun, " ".join(parts)
