"""What a reader looked at in a file, and what its structure says: where readers disagree, where a runtime acts."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class FlawKind(StrEnum):
    """How a file's structure misleads whoever reads it."""

    AMBIGUOUS = "read differently by different programs"
    ESCAPE = "a place outside its folder"
    BOMB = "far larger than it looks"
    HIDDEN = "bytes that its format does not account for"
    DISGUISED = "something else than its name says"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A defect of structure: what is wrong in one sentence, at which byte, and the name of the part it is about."""

    artifact: str
    kind: FlawKind
    message: str
    at: int | None = None
    name: str = ""


class HookKind(StrEnum):
    """What a model file makes its runtime do besides arithmetic."""

    CODE = "runs code"
    OPERATOR = "needs an operator from outside"
    READ = "reads a file"
    WRITE = "writes a file"
    NATIVE = "is native code"


@dataclass(frozen=True, slots=True)
class Hook:
    """An entry of a model file that makes a runtime act: which runtime, where, on what, and the sentence that says so.

    `outside` is whether the target lies outside the model, or is code: never needed by a model. `at` is a byte offset
    where there is one; `until` is how many bytes a file that is read must have, where that is stated.
    """

    artifact: str
    kind: HookKind
    runtime: str
    pointer: str
    target: str
    message: str
    outside: bool
    at: int | None = None
    until: int | None = None

    @property
    def path(self) -> str:
        """The file inside the model that it names, from the folder of the file that names it."""
        folder = self.artifact.rpartition("/")[0]
        return f"{folder}/{self.target}" if folder else self.target


@dataclass(frozen=True, slots=True)
class PathOutside:
    """A path into what signatures leave out (`.git` and the like) that a configuration names: where, and the path."""

    artifact: str
    pointer: str
    target: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A file that signatures leave out and a loader opens: why, as `modules.json names it at /1/path`."""

    artifact: str
    why: str


@dataclass(frozen=True, slots=True)
class Contents:
    """That a container or a model file was walked through: what it is, and how many parts were looked at."""

    artifact: str
    format: str
    parts: int


class Aspect(StrEnum):
    """What a file of some format can carry, and a reader can look at; the value completes "its ... were examined"."""

    LAYOUT = "bytes and how readers divide them"
    UNPACKING = "members by name and size"
    CODE = "code that its runtime runs"
    PICKLES = "pickled objects"
    OPERATORS = "operators"
    FILES = "names of other files"
    TENSORS = "tensors by name, shape and place"
    VALUES = "values of tensors"
    SOURCE = "lines of source code"
    REFERENCES = "names of code to load"
    TEMPLATES = "chat templates"
    TOKENS = "tokens and rules for text"
    MARKS = "texts that may hold secrets"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was looked at in one file, or in one member of a container.

    `aspects` were examined to the end. `gaps` are those that a file of this format can carry and that nobody looked at:
    because the reader does not, or because it could not read on (`stopped`). What is in neither the format cannot
    carry. `parts` counts what the reader walked through (members, nodes, objects), 0 where it does not count.
    """

    artifact: str
    format: str
    aspects: tuple[Aspect, ...]
    gaps: tuple[Aspect, ...]
    parts: int
    stopped: bool
