"""What importing a name from a pickle amounts to, by exact lists and by whose name it is and what is done with it.

A deny-list misses what nobody put on it, and what is installed beside the scanner must not decide. The lists are data
in `_pickle_list` and `_pickle_packages`; gadgets only turn "a person has to decide" into a fail. No name that is on no
list is ever a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from functools import cache

from assay.checks.vulnerabilities import _pickle_list as listed
from assay.checks.vulnerabilities._pickle_packages import ACTING, LIBRARIES, STANDARD, UNREAD
from assay.facts.program import PickleImport, PickleProgram, Use
from assay.lazy import regex

_CLASS = regex(r"_*[A-Z]\w*\Z")
_DUNDER = regex(r"(?:\A|\.)__\w+__(?:\.|\Z)")
# functions by which libraries give back an object from what they stored; open, where no list has read them
_REBUILDS = regex(r"_+(?:(?:re)?(?:build|construct|store|unpickle|create|new)\w*|\w+_unpickle)\Z")
_FORWARD = regex(r"_*[A-Z]\w*\.forward(?:_[a-z0-9_]+)?\Z")  # how YOLO keeps which forward pass a fused layer takes
# modules of which every function computes on what it is given
_FUNCTIONS = (
    *("sklearn.metrics._classification", "sklearn.metrics._regression", "sklearn.metrics._ranking"),
    *("sklearn.metrics.cluster._supervised", "sklearn.metrics.cluster._unsupervised", "sklearn.metrics.pairwise"),
    *("sklearn.feature_selection._univariate_selection", "sklearn.feature_selection._mutual_info"),
    *("torch.nn.functional", "torch.nn.init", "scipy.spatial.distance", "scipy.stats._stats_py"),
    *("scipy._lib.array_api_compat.numpy._aliases", "scipy._lib.array_api_compat.numpy"),
)
_CONTINUED = regex(r"\n[ ]+")
_SEVERAL = regex(r"(\S+)\.\(([^)]*)\)\s+(\S.*)\Z")
_MEMBER = regex(r"(\S+)::(\S+)\s+(\S.*)\Z")
_ONE = regex(r"(\S+)\.(\S+)\s+(\S.*)\Z")


class Tier(IntEnum):
    """What an import amounts to, best first."""

    VALUE = 0
    LIBRARY = 1
    UNVETTED = 2
    OUTSIDE = 3


def tier(entry: PickleImport, loader: str) -> Tier:
    """The tier of an import under the loader that would read the pickle."""
    name = (entry.module, entry.name)
    if name in _names(listed.VALUES) or name in _names(listed.VALUES_OF_LOADER.get(loader, "")):
        return Tier.VALUE
    if loader == "torchscript" and entry.module.startswith("__torch__"):
        return Tier.VALUE  # a class that the archive itself defines, in a language without imports
    if name in _names(listed.CODE):
        return Tier.UNVETTED
    if entry.use is not Use.CALLED and name in _names(listed.MADE):
        return Tier.LIBRARY
    if name in _names(listed.GADGETS):
        return Tier.OUTSIDE
    if name in _names(listed.OBJECTS) or (entry.use is Use.NAMED and name in _names(listed.NAMED)):
        return Tier.LIBRARY
    package = entry.module.partition(".")[0]
    if package in STANDARD or package in ACTING:
        return Tier.OUTSIDE
    if _DUNDER.search(entry.name):  # dill names the globals of a function so
        return Tier.UNVETTED if entry.name == "__dict__" and entry.use is Use.NAMED else Tier.OUTSIDE
    return _of_library(entry) if package in LIBRARIES and _within(entry.module, UNREAD) is None else _of_nobody(entry)


def _of_library(entry: PickleImport) -> Tier:
    """A name of a vetted library: instances of its classes, the functions that were read."""
    parts = entry.name.split(".")
    a_class = all(map(_CLASS.match, parts))
    if entry.use is Use.MADE and (a_class or len(parts) == 1):
        return Tier.LIBRARY
    if entry.use is Use.NAMED:
        read = _within(entry.module, _FUNCTIONS) and len(parts) == 1
        return Tier.LIBRARY if a_class or read or _FORWARD.match(entry.name) else _of_nobody(entry)
    if entry.name.startswith("__pyx_unpickle_"):
        return Tier.LIBRARY
    return _of_nobody(entry)


def _of_nobody(entry: PickleImport) -> Tier:
    """A name that nobody has read: a class, or a function that is only named, is open; a function that is called fails.

    The class of some project's own code (`models.yolo.Model`, `__main__.Net`) is whatever that project has under the
    name; a call of some project's function is an act of the file's choosing.
    """
    parts = entry.name.split(".")
    if all(map(_CLASS.match, parts)):
        return Tier.UNVETTED
    if len(parts) > 1:  # an attribute of a class; of anything else it leads anywhere
        return Tier.UNVETTED if entry.use is Use.NAMED and all(map(_CLASS.match, parts[:-1])) else Tier.OUTSIDE
    return Tier.UNVETTED if entry.use is not Use.CALLED or _REBUILDS.match(entry.name) else Tier.OUTSIDE


def unknown_package(entry: PickleImport) -> str:
    """The package of a name that assay knows nothing of; empty for those of libraries it knows."""
    package = entry.module.partition(".")[0]
    return "" if package in LIBRARIES or package in STANDARD else package


def _within(module: str, modules: tuple[str, ...]) -> str | None:
    return next((row for row in modules if module == row or module.startswith(f"{row}.")), None)


def reason(entry: PickleImport) -> str:
    """What the list says about a name, or nothing if it is on none."""
    name = (entry.module, entry.name)
    for text in (
        *(listed.VALUES, *listed.VALUES_OF_LOADER.values(), listed.OBJECTS, listed.CODE, listed.GADGETS),
        *((listed.NAMED,) if entry.use is Use.NAMED else (listed.MADE,) if entry.use is Use.MADE else ()),
    ):
        if name in _names(text):
            return _names(text)[name]
    return ""


def makes_code(entry: PickleImport) -> bool:
    """Whether this name makes functions out of byte code."""
    return (entry.module, entry.name) in _names(listed.CODE)


def call_of(program: PickleProgram, entry: PickleImport) -> str:
    """The first call of this name in the program, as Python would write it; nothing if it is not called."""
    return next((text for _, text in program.calls if text.startswith(f"{entry.qualified}(")), "")


@cache
def _names(text: str) -> dict[tuple[str, str], str]:
    """(module, name) -> reason for each entry of a list."""
    lines = _CONTINUED.sub(" ", text).splitlines()
    return dict(row for line in lines if line for row in _entries(line))


def _entries(line: str) -> Iterator[tuple[tuple[str, str], str]]:
    if several := _SEVERAL.match(line):
        yield from (((several[1], name), several[3]) for name in several[2].split())
    elif one := _MEMBER.match(line) or _ONE.match(line):
        yield (one[1], one[2]), one[3]
    else:
        raise ValueError(f"not a line of the list: {line!r}")
