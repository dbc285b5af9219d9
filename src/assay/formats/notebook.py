"""Jupyter notebooks (nbformat 4, https://nbformat.readthedocs.io): their cells of code as one program, never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assay.errors import Malformed
from assay.facts.program import PythonSource, Reach
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.encoding.json import document
from assay.formats.script.line import attack_shapes
from assay.formats.window import Window
from assay.lazy import regex

MOST = 64 * 1024 * 1024
MOST_CODE = 4 * 1024 * 1024
_SHELL = regex(r"\s*%%(?:bash|sh|script|!)\b")
_COMMAND = regex(r"(\s*)(?:!|%(?:sx|system|pip|conda)\b|\w+\s*=\s*!)(.*)")
_MAGIC = regex(r"(\s*)[%?].*|(\s*)\S+\?{1,2}\s*\Z")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what its Python reaches when somebody runs it, and each command that has the shape of an attack."""
    from assay.formats.python.parsed import parsed
    from assay.formats.python.reach import source_facts

    lines: list[str] = []
    for cell in _cells(window):
        if _SHELL.match(cell):
            yield from attack_shapes(artifact, cell, len(lines) + 1)
            lines += ["" for _ in cell.splitlines()]
            continue
        for row in cell.splitlines():
            command = _COMMAND.match(row)
            if command:
                yield from attack_shapes(artifact, command[2], len(lines) + 1)
            lines.append(_plain(row, command))
    text = "\n".join(lines)
    if len(text) > MOST_CODE:
        raise Malformed(
            "a notebook with more code than assay follows", expected=f"at most {MOST_CODE:,}", got=len(text)
        )
    try:
        for fact in source_facts(artifact, len(lines), parsed(text)):
            yield replace(fact, reaches=_called(fact)) if isinstance(fact, PythonSource) else fact
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        if isinstance(broken, MemoryError):  # which says nothing of itself
            raise Malformed("the notebook's cells need more memory, or nest deeper, than Python's parser has") from None
        raise Malformed(f"the notebook's cells are not Python together ({str(broken)[:80]})") from broken


def _called(source: PythonSource) -> tuple[Reach, ...]:
    """Nothing imports a notebook: what it reaches, it reaches when it is run."""
    return tuple(replace(reach, at_import=False) for reach in source.reaches)


def _cells(window: Window) -> Iterator[str]:
    """The source of each cell of code, in order."""
    value = document(window.read(0, min(window.size, MOST)), constants=True)
    cells = value.get("cells") if isinstance(value, dict) else None
    if not isinstance(cells, list):
        raise Malformed("no notebook of nbformat 4: it has no list of cells")
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source")
            yield (
                source
                if isinstance(source, str)
                else "".join(filter(_text, source if isinstance(source, list) else ()))
            )


def _text(row: object) -> bool:
    return isinstance(row, str)


def _plain(row: str, command: re.Match[str] | None) -> str:
    """The line as Python has it: a command or a magic is `pass`."""
    magic = command or _MAGIC.match(row)
    return f"{next((space for space in magic.groups() if space is not None), '')}pass" if magic else row


FORMAT = Format(
    "notebook",
    "Jupyter notebook",
    read,
    names=("*.ipynb",),
    needs=(
        *("ast", "warnings", "base64", "binascii", "encodings.rot_13"),
        "assay.formats.python.parsed",
        "assay.formats.python.reach",
    ),
    examines=(Aspect.SOURCE, Aspect.MARKS),
    gaps=(),
)
