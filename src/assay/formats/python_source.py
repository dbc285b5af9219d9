"""Python files by their syntax tree: what importing or calling them could reach. Nothing is compiled or run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.window import Window

if TYPE_CHECKING:
    import ast

MOST = 4 * 1024 * 1024


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the source's capabilities, the paths in it into what signatures leave out, and what it is for."""
    from assay.formats._references import paths_among
    from assay.formats.python.parsed import parsed
    from assay.formats.python.purpose import purposes
    from assay.formats.python.reach import source_facts

    text = window.text(MOST)
    try:
        tree = parsed(text)
    except SyntaxError as broken:
        at = sum(len(row.encode()) for row in islice(text.splitlines(keepends=True), (broken.lineno or 1) - 1))
        said = f"Python source, damaged or for another version of Python, does not parse ({broken.msg}, "
        raise Malformed(f"{said}line {broken.lineno})", at=at) from broken
    except (RecursionError, MemoryError) as broken:
        raise Malformed("Python source is nested deeper than assay follows") from broken
    except ValueError as broken:  # a NUL byte, or a number of too many digits
        raise Malformed("Python source holds bytes that Python does not read") from broken
    try:
        yield from source_facts(artifact, text.count("\n") + 1, tree)
    except RecursionError as broken:
        raise Malformed("Python source is nested deeper than assay follows") from broken
    if ".git" in text.lower() or "\\" in text:  # an escape may write any letter of it
        yield from paths_among(artifact, _texts(tree))
    yield purposes(artifact, text, tree)


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(line, text) of each text and each bytes object that stands in the source, in the order of the lines."""
    import ast

    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    for node in sorted(constants, key=lambda row: row.lineno):
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        if isinstance(text, str):
            yield f"line {node.lineno}", text


FORMAT = Format(
    "python",
    "Python source",
    read,
    names=("*.py",),
    needs=(
        *("ast", "warnings", "base64", "binascii", "encodings.rot_13"),
        *("assay.formats.python.parsed", "assay.formats.python.reach", "assay.formats.python.purpose"),
        "assay.formats._references",
    ),
    examines=(Aspect.SOURCE, Aspect.MARKS),
    gaps=(),
)
