"""What would run: pickles as programs, Python files as capabilities."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Use(StrEnum):
    """The most that a pickle does with a name: only names it, makes an instance without its constructor, calls it."""

    NAMED = "names"
    MADE = "makes an instance of"
    CALLED = "calls"


@dataclass(frozen=True, slots=True)
class PickleImport:
    """One global that a pickle imports: module, name, absolute byte offset, and the most that is done with it."""

    module: str
    name: str
    at: int
    use: Use

    @property
    def qualified(self) -> str:
        """module.name, as a reviewer would write it."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class PickleProgram:
    """A pickle read as a program, never run: where it lies, its imports, its steps as pseudo-code, and leftovers.

    `loader` is who would read it: "pickle", "torch" (supplies storages by persistent id) or "joblib" (arrays between
    the opcodes). `calls` are (offset, pseudo-code) in order, the first few for each name. `tampers` are (offset,
    sentence) about steps that no writer of values takes, `costs` likewise about what loading would cost the loader.
    `unfollowed` are sentences about what could not be interpreted; a program with any is not understood.
    """

    artifact: str
    member: str
    loader: str
    opcodes: int
    imports: tuple[PickleImport, ...]
    calls: tuple[tuple[int, str], ...]
    tampers: tuple[tuple[int, str], ...]
    costs: tuple[tuple[int, str], ...]
    unfollowed: tuple[str, ...]


class Capability(StrEnum):
    """What a Python file can reach, judged from its syntax tree."""

    EXECUTE = "runs code made at run time"
    PROCESS = "starts processes"
    NETWORK = "uses the network"
    NATIVE = "loads native libraries"
    UNPICKLE = "unpickles"
    WRITE = "writes files"
    ENVIRONMENT = "reads the environment"
    DYNAMIC_IMPORT = "imports by a computed name"
    DECODE = "decodes text that is hidden in the file"


@dataclass(frozen=True, slots=True)
class Reach:
    """One use of a capability: where (line from 1), the call as written, and whether importing alone runs it."""

    capability: Capability
    line: int
    seen: str
    at_import: bool


@dataclass(frozen=True, slots=True)
class Sibling:
    """A relative import: its line (from 1), and the module's path from the importing file's folder, without `.py`."""

    line: int
    path: str


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A Python file by its syntax tree; `imports` are top-level modules, sorted, `siblings` relative imports."""

    artifact: str
    lines: int
    imports: tuple[str, ...]
    siblings: tuple[Sibling, ...]
    reaches: tuple[Reach, ...]

    def imported(self) -> Iterator[tuple[str, int]]:
        """(path, line of the import) of each file that a relative import may find: the module, then the package."""
        for sibling in self.siblings:
            base = posixpath.normpath(posixpath.join(posixpath.dirname(self.artifact), sibling.path))
            yield from ((f"{base}.py", sibling.line), (f"{base}/__init__.py", sibling.line))
