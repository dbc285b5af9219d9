"""One reader per file format: bytes to facts. A module joins by being in this folder and defining FORMAT.

Modules whose name starts with an underscore are parts that readers share, not formats.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from assay.facts.structure import Aspect, Contents, Examined
from assay.formats.window import Window
from assay.lazy import dataclass, fits
from assay.listing import Deferred, listed
from assay.listing import modules as public

Read = Callable[[str, Window], Iterator[object]]


@dataclass(frozen=True, slots=True)
class Format:
    """How to recognise a format, and how to read facts out of it.

    `names` are shell patterns over the lower-case file name, `magic` pairs of an offset and the bytes there;
    with `both`, a name and a magic must match. `sniff` says of the first bytes how surely they are of this format and
    no other, whatever the file is called: 0 not at all. `guess` says of a name and the first bytes whether to take the
    file for this format where no other claims it. `needs` are the modules that `read` imports when called: the
    worker loads them before it locks itself down. Importing a format module itself must stay cheap.

    `examines` is what the reader looks at, `gaps` what else a file of the format can carry; what is in neither it
    cannot. Gaps are reported as open. A format that declares nothing may carry anything, and is examined for nothing.
    """

    id: str
    title: str
    read: Read
    names: tuple[str, ...] = ()
    magic: tuple[tuple[int, bytes], ...] = ()
    both: bool = False
    needs: tuple[str, ...] = ()
    sniff: Callable[[bytes], int] | None = None
    guess: Callable[[str, bytes], bool] | None = None
    examines: tuple[Aspect, ...] = ()
    gaps: tuple[Aspect, ...] = tuple(Aspect)

    def rank(self, name: str, head: bytes) -> tuple[int, int]:
        """How well a file of this name that begins with `head` fits: (0, 0) not at all, higher is better."""
        if self.sniff is not None and (sure := int(self.sniff(head))):
            return (5, sure)
        claim = self.claim(name, head)
        if claim == (0, 0) and self.guess is not None and self.guess(name, head):
            return (0, 1)
        return claim

    def claim(self, name: str, head: bytes) -> tuple[int, int]:
        """The rank by name and magic alone.

        A name outranks bare magic because loaders go by name, and because short magics also begin files of other
        formats; among names the more specific pattern wins.
        """
        named = max((len(pattern) for pattern in self.names if fits(name, pattern)), default=0)
        marked = max((len(mark) for at, mark in self.magic if head.startswith(mark, at)), default=0)
        if self.both:
            return (4, marked) if named and marked else (0, 0)
        if named and (marked or not self.magic):
            return (3, named)
        return (2, marked) if marked else (1, named) if named else (0, 0)


def looked_at(kind: Format, artifact: str, facts: Iterable[object], *, stopped: bool) -> Examined:
    """What reading `artifact` as this format has examined: nothing, if the reader was `stopped` before its end."""
    parts = next((row.parts for row in facts if isinstance(row, Contents) and row.artifact == artifact), 0)
    seen = () if stopped else kind.examines
    unseen = (row for row in (*kind.examines, *kind.gaps) if row not in seen)
    return Examined(artifact, kind.id, seen, tuple(dict.fromkeys(unseen)), parts, stopped)


def without(seen: Examined, aspect: Aspect) -> Examined:
    """What was examined, but for one aspect, at which the look was cut off."""
    if aspect not in seen.aspects:
        return seen
    left = tuple(row for row in seen.aspects if row is not aspect)
    return replace(seen, aspects=left, gaps=(*seen.gaps, aspect))


# what hands a file's bytes to a native parser beyond those of JSON, regular expressions and deflate
_NATIVE = frozenset({"ast", "xml.parsers.expat", "assay.formats.container.every"})


def company(kind: Format) -> str:
    """Files of which formats one worker may read: those in the same company.

    A reader that hands bytes to a native parser might be taken over by a file, and lie about the next; so it is alone
    with files of its own format, each of which its author could have made to do the same. All others are together.
    """
    return "" if _NATIVE.isdisjoint(kind.needs) else kind.id


HEAD = 512  # bytes of a file's beginning that recognition may look at


def module_names() -> tuple[str, ...]:
    """The reader modules in this folder, sorted."""
    return tuple(name for name in public(__path__[0]) if name != "window")


def load(name: str) -> Format:
    """The format that module `name` of this folder defines; what of it is called is imported then."""
    return _by_module().get(name) or imported(name)


def imported(name: str) -> Format:
    """The same, with its functions: the module is imported now."""
    found: Format = importlib.import_module(f"{__name__}.{name}").FORMAT
    return found


def modules(kinds: Iterable[Format | None]) -> tuple[str, ...]:
    """The modules that hold these formats, sorted: what a worker must load before it locks itself down."""
    return tuple(sorted({kind.read.__module__.rpartition(".")[2] for kind in kinds if kind is not None}))


@cache
def _by_module() -> dict[str, Format]:
    """Module -> format, in the order of the names."""
    rows = listed(__path__[0])
    if rows is None:
        return {name: imported(name) for name in module_names()}
    return {name: _from_list(name, row) for name, row in rows.items() if row is not None}


def installed() -> tuple[Format, ...]:
    """Every built-in format, in module-name order."""
    return tuple(_by_module().values())


def listing() -> dict[str, Any]:
    """What each public module of this folder declares, as `listed` gives it back."""
    return {"window": None} | {name: _for_list(imported(name)) for name in module_names()}


def _for_list(kind: Format) -> dict[str, Any]:
    return {
        "id": kind.id,
        "title": kind.title,
        "names": kind.names,
        "magic": [(at, mark.hex()) for at, mark in kind.magic],
        "both": kind.both,
        "needs": kind.needs,
        "judges": [name for name in ("sniff", "guess") if getattr(kind, name) is not None],
        "examines": [row.name for row in kind.examines],
        "gaps": [row.name for row in kind.gaps],
    }


def _from_list(name: str, row: dict[str, Any]) -> Format:
    module = f"{__name__}.{name}"
    return Format(
        row["id"],
        row["title"],
        Deferred(module, "FORMAT", "read"),
        tuple(row["names"]),
        tuple((at, bytes.fromhex(mark)) for at, mark in row["magic"]),
        row["both"],
        tuple(row["needs"]),
        examines=tuple(Aspect[entry] for entry in row["examines"]),
        gaps=tuple(Aspect[entry] for entry in row["gaps"]),
        **{judge: Deferred(module, "FORMAT", judge) for judge in row["judges"]},
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """The formats by what a file must have to be one, so that a file is ranked only against the few that it may be."""

    exact: Mapping[str, list[int]]
    suffix: Mapping[str, list[int]]
    other: list[tuple[str, int]]  # patterns that are neither a whole name nor a suffix
    first: Mapping[int, list[int]]  # by the first byte of a magic at offset 0
    later: list[tuple[int, bytes, int]]  # magics at other offsets


@cache
def _index() -> _Index:
    index = _Index(defaultdict(list), defaultdict(list), [], defaultdict(list), [])
    for number, entry in enumerate(installed()):
        for pattern in entry.names:
            if not set(pattern) & set("*?["):
                index.exact[pattern].append(number)
            elif "." in pattern and not set(pattern.rpartition(".")[2]) & set("*?[]"):
                index.suffix["." + pattern.rpartition(".")[2]].append(number)
            else:
                index.other.append((pattern, number))
        for at, mark in entry.magic:
            if at:
                index.later.append((at, mark, number))
            else:
                index.first[mark[0]].append(number)
    return index


def _candidates(name: str, head: bytes) -> set[int]:
    """The numbers of the formats of which a name or a magic may match."""
    index = _index()
    found = set(index.exact.get(name, ()))
    at = name.find(".")
    while at >= 0:
        found.update(index.suffix.get(name[at:], ()))
        at = name.find(".", at + 1)
    found.update(index.first.get(head[0], ()) if head else ())
    found.update(number for at, mark, number in index.later if head.startswith(mark, at))
    found.update(number for pattern, number in index.other if number not in found and fits(name, pattern))
    return found


@cache
def _judging() -> tuple[tuple[Format, ...], tuple[Format, ...]]:
    """The formats that judge by content alone, and those that take what no other claims."""
    every = installed()
    return tuple(entry for entry in every if entry.sniff), tuple(entry for entry in every if entry.guess)


def recognised(path: str, head: bytes) -> Format | None:
    """The format as which a file is to be read, or None; `head` is its first HEAD bytes or fewer.

    It is the one whose `rank` is highest, the first by module name among equals.
    """
    name = path.rpartition("/")[2].lower()
    sniffing, guessing = _judging()
    best, found = 0, None
    for entry in sniffing:
        if entry.sniff is not None and (sure := int(entry.sniff(head))) > best:
            best, found = sure, entry
    if found is not None:
        return found
    every, rank = installed(), (0, 0)
    for number in sorted(_candidates(name, head)):
        if (claim := every[number].claim(name, head)) > rank:
            rank, found = claim, every[number]
    if found is not None:
        return found
    return next((entry for entry in guessing if entry.guess is not None and entry.guess(name, head)), None)
