"""What a Python file could reach (processes, network, native code ...), from its syntax tree.

A heuristic by nature: Python can reach anything by indirection. What importing runs is followed, and a call there that
could not be followed is listed as such; what only runs when somebody calls it is listed where it is written plainly or
nearly so, and that nothing is listed there is no proof of absence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.errors import LimitExceeded
from assay.facts.program import AttackShape, Borrowed, PythonSource, Reach, Sibling
from assay.formats._few import few
from assay.formats.python.follow import Follower
from assay.formats.python.names import known_package

MAX_REACHES = 200  # of each capability, at import and later
MAX_IMPORTS = 5_000  # and files beside it, and calls of what they define


def source_facts(artifact: str, lines: int, tree: ast.Module) -> Iterator[PythonSource | AttackShape]:
    """The file's imports and reaches, in line order; then what has the shape of an attack."""
    follower = Follower(tree)
    follower.run()
    imports = sorted({module.partition(".")[0] for module, _ in _imports(tree)})
    reaches = (
        Reach(capability, line, seen, now, _leading(follower, follower.within[line, capability, seen]))
        for (line, capability, seen), now in follower.seen.items()
    )
    rows = sorted(reaches, key=lambda reach: (reach.line, reach.capability, reach.seen))
    siblings, borrowed = tuple(dict.fromkeys(_siblings(tree))), tuple(_borrowed(follower))
    yield PythonSource(
        artifact,
        lines,
        tuple(imports[:MAX_IMPORTS]),
        siblings[:MAX_IMPORTS],
        tuple(few(rows, lambda reach: (reach.capability, reach.at_import), MAX_REACHES)),
        tuple(module for module in imports if not known_package(module))[:MAX_IMPORTS],
        borrowed[:MAX_IMPORTS],
    )
    for line, shape, seen in few(sorted(follower.shapes), lambda row: row[1], MAX_REACHES):
        yield AttackShape(artifact, shape, line, seen)
    if (count := max(len(imports), len(siblings), len(borrowed))) > MAX_IMPORTS:
        most = f"at most {MAX_IMPORTS:,}"
        raise LimitExceeded("Python source of more imports than assay lists", expected=most, got=f"{count:,}")


def _leading(follower: Follower, within: set[str]) -> tuple[str, ...]:
    """What is defined at the top of the file and leads to one of these, themselves among them."""
    found, fresh = set(within), list(within)
    while fresh:
        more = follower.leads.get(fresh.pop(), set()) - found
        found |= more
        fresh += more
    return tuple(sorted(name for name in found if name)[:50])


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", node.lineno


def _siblings(tree: ast.Module) -> Iterator[Sibling]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            up = "../" * (node.level - 1)
            if node.module:
                yield Sibling(node.lineno, up + node.module.replace(".", "/"))
            else:
                yield from (Sibling(node.lineno, up + alias.name) for alias in node.names)
    for module, line in _imports(tree):  # a folder on the path of imports answers these before any package does
        yield Sibling(line, module.replace(".", "/"))


def _borrowed(follower: Follower) -> Iterator[Borrowed]:
    for line, qualified in follower.borrowed:
        level = len(qualified) - len(qualified.lstrip("."))
        module, _, name = qualified[level:].rpartition(".")
        up = "../" * (level - 1)
        yield Borrowed(line, up + module.replace(".", "/") if module else up + name, name)
