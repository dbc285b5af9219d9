"""What names of a Python file stand for: a scope for the module and for each class and function, without an order.

Every assignment to a name counts wherever the name is read, so that no order of statements hides one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from assay.formats.python.value import MOST, UNKNOWN, Value, Values

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


class Scope:
    """The names bound in one block, and where to look for others."""

    def __init__(self, parent: Scope | None = None, owner: Definition | None = None) -> None:
        self.parent, self.owner = parent, owner
        self.names: dict[str, list[Value]] = {}
        self.returned: list[Value] = []
        self.outer: set[str] = set()  # declared global or nonlocal
        self.grown = False

    def bind(self, name: str, values: Iterable[Value]) -> None:
        """Let the name stand for these too."""
        scope = self
        if name in self.outer:
            scope = self.module
        _add(scope, scope.names.setdefault(name, []), values)

    def give(self, values: Iterable[Value]) -> None:
        """Let calls of the function give these too."""
        _add(self, self.returned, values)

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def found(self, name: str) -> Values | None:
        """What the name stands for here: a function does not see the names of the class around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not isinstance(scope.owner, ast.ClassDef)):
                return tuple(scope.names[name])
            scope = scope.parent
        return None


def _add(scope: Scope, known: list[Value], values: Iterable[Value]) -> None:
    for value in values:
        if value in known:
            continue
        if len(known) >= MOST:
            if UNKNOWN not in known:
                known.append(UNKNOWN)
                scope.module.grown = True
            return
        known.append(value)
        scope.module.grown = True
