"""One reader per file format: bytes to facts. A module joins by being in this folder and defining FORMAT.

Modules whose name starts with an underscore are parts that readers share, not formats.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from types import ModuleType

from assay.formats.window import Window

Read = Callable[[str, Window], Iterator[object]]


@dataclass(frozen=True, slots=True)
class Format:
    """How to recognise a format, and how to read facts out of it.

    `names` are shell patterns over the lower-case file name, `magic` pairs of an offset and the bytes there;
    with `both`, a name and a magic must match. `sniff` says of the first bytes that they are of this format and no
    other, whatever the file is called. `needs` are the modules that `read` imports when called: the
    worker loads them before it locks itself down. Importing a format module itself must stay cheap.
    """

    id: str
    title: str
    read: Read
    names: tuple[str, ...] = ()
    magic: tuple[tuple[int, bytes], ...] = ()
    both: bool = False
    needs: tuple[str, ...] = ()
    sniff: Callable[[bytes], bool] | None = None

    def rank(self, name: str, head: bytes) -> tuple[int, int]:
        """How well a file of this name that begins with `head` fits: (0, 0) not at all, higher is better.

        A name outranks bare magic because loaders go by name, and because short magics (a pickle's two
        bytes) also begin files of other formats; among names the more specific pattern wins.
        """
        if self.sniff is not None and self.sniff(head):
            return (5, 0)
        named = max((len(pattern) for pattern in self.names if fnmatchcase(name, pattern)), default=0)
        marked = max((len(mark) for at, mark in self.magic if head[at : at + len(mark)] == mark), default=0)
        if self.both:
            return (4, marked) if named and marked else (0, 0)
        if named and (marked or not self.magic):
            return (3, named)
        return (2, marked) if marked else (1, named) if named else (0, 0)


HEAD = 512  # bytes of a file's beginning that recognition may look at


def module_names() -> tuple[str, ...]:
    """The reader modules in this folder, sorted."""
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(__path__) if _is_format(entry)))


def load(name: str) -> Format:
    """The format that module `name` of this folder defines."""
    module: ModuleType = importlib.import_module(f"{__name__}.{name}")
    found: Format = module.FORMAT
    return found


def modules(kinds: Iterable[Format | None]) -> tuple[str, ...]:
    """The modules that hold these formats, sorted: what a worker must load before it locks itself down."""
    return tuple(sorted({kind.read.__module__.rpartition(".")[2] for kind in kinds if kind is not None}))


def _is_format(entry: pkgutil.ModuleInfo) -> bool:
    return not entry.ispkg and not entry.name.startswith("_") and entry.name != "window"


@cache
def installed() -> tuple[Format, ...]:
    """Every built-in format, in module-name order."""
    return tuple(load(name) for name in module_names())


def recognised(path: str, head: bytes) -> Format | None:
    """The format as which a file is to be read, or None; `head` is its first HEAD bytes or fewer."""
    name = path.rpartition("/")[2].lower()
    ranked = [(entry.rank(name, head), entry) for entry in installed()]
    best = max((rank for rank, _ in ranked), default=(0, 0))
    return next(entry for rank, entry in ranked if rank == best) if best[0] else None
