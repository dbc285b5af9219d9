"""What a reader imports when called must be loaded before the worker locks itself down, where importing fails."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from assay.formats import installed
from assay.formats.container.second import needs


def imported(module: str) -> tuple[set[str], set[str]]:
    """(at the top, inside functions): the modules of assay that a module imports."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    rows: tuple[set[str], set[str]] = (set(), set())
    for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("assay.formats."):
            rows[node.col_offset > 0].add(node.module)
    return rows


@pytest.mark.parametrize("id", sorted(format.id for format in installed()))
def test_late_imports_are_among_the_needs(id: str) -> None:
    format = next(entry for entry in installed() if entry.id == id)
    if "assay.formats.container.every" in format.needs:
        return  # it loads all that any reader needs, and those are looked at one by one
    loaded: set[str] = set()
    waiting = [format.read.__module__, *(name for name in (*format.needs, *needs(format)) if name.startswith("assay."))]
    while waiting:
        module = waiting.pop()
        if module not in loaded:
            loaded.add(module)
            waiting.extend(imported(module)[0])
    late = {name for module in loaded for name in imported(module)[1]}
    assert late <= loaded
