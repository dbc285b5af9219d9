"""What would run: pickles as programs, Python files as capabilities."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import StrEnum

from assay.lazy import dataclass


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
    `unfollowed` are sentences about what could not be interpreted; a program with any is not understood. `acts` is a
    digest of all that it does, with whole arguments and without places; empty where that was not taken in to the end.
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
    acts: str = ""

    @property
    def packages(self) -> frozenset[str]:
        """The packages, Python's own among them, whose names it imports."""
        return frozenset(row.module.partition(".")[0] for row in self.imports)


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
    FOLDER = "makes folders"
    INDIRECT = "takes names by computing or introspection"
    UNFOLLOWED = "calls what could not be followed"


class Shape(StrEnum):
    """What code does that has few uses but an attack."""

    REMOTE_SHELL = "gives a remote host a shell"
    DECODES_AND_RUNS = "runs what it decodes"
    DOWNLOADS_AND_RUNS = "runs what it downloads"
    SENDS_SECRETS = "sends credentials away"
    PERSISTS = "writes where programs are started from"


@dataclass(frozen=True, slots=True)
class AttackShape:
    """Code with the shape of an attack: the file, the line (from 1; of a notebook, in its cells), and what is there."""

    artifact: str
    shape: Shape
    line: int
    seen: str


@dataclass(frozen=True, slots=True)
class Reach:
    """One use of a capability: where (line from 1), as written, and whether importing alone runs it.

    `within` are the functions, classes and variables at the top of the file in which it stands, or which lead there.
    """

    capability: Capability
    line: int
    seen: str
    at_import: bool
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sibling:
    """An import that a file beside this one may answer: its line (from 1), and the module's path from the importing
    file's folder, without `.py`.
    """

    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A call, at import, of what a file beside this one defines: its line, that file's path as in Sibling, the name."""

    line: int
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A Python file by its syntax tree.

    `imports` are top-level modules, sorted, `unvetted` those of them that are neither Python's own nor of a package
    that assay knows, `siblings` imports that files of the model may answer, relative ones and others.
    """

    artifact: str
    lines: int
    imports: tuple[str, ...]
    siblings: tuple[Sibling, ...]
    reaches: tuple[Reach, ...]
    unvetted: tuple[str, ...] = ()
    borrowed: tuple[Borrowed, ...] = ()

    def imported(self) -> Iterator[tuple[str, int]]:
        """(path, line of the import) of each file that an import may find: the module, then the package."""
        for sibling in self.siblings:
            yield from ((path, sibling.line) for path in self.beside(sibling.path))

    def beside(self, path: str) -> tuple[str, str]:
        """The files that a module's path from this file's folder may be."""
        base = posixpath.normpath(posixpath.join(posixpath.dirname(self.artifact), path))
        return f"{base}.py", f"{base}/__init__.py"
