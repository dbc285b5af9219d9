"""What importing a name from a pickle amounts to, by exact lists; a name on no list reaches outside.

A deny-list misses what nobody put on it, and what is installed beside the scanner must not decide. Both the list of
values and that of gadgets are data in `_pickle_list`; gadgets only turn "a person has to decide" into a fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cache

from assay.checks.vulnerabilities import _pickle_list as listed
from assay.facts.program import PickleImport, PickleProgram, Use

_CLASS = re.compile(r"_?[A-Z]\w*\Z")
_CONTINUED = re.compile(r"\n[ ]+")
_SEVERAL = re.compile(r"(\S+)\.\(([^)]*)\)\s+(\S.*)\Z")
_ONE = re.compile(r"(\S+)\.(\S+)\s+(\S.*)\Z")


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
    if name in _names(listed.GADGETS):
        return Tier.OUTSIDE
    if name in _names(listed.OBJECTS):
        return Tier.LIBRARY
    if entry.module.partition(".")[0] not in listed.LIBRARIES or "." in entry.name:
        return Tier.OUTSIDE
    if _CLASS.match(entry.name):
        return Tier.UNVETTED if entry.use is Use.CALLED else Tier.LIBRARY
    return Tier.UNVETTED if entry.use is Use.NAMED else Tier.OUTSIDE


def reason(entry: PickleImport) -> str:
    """What the list says about a name, or nothing if it is on none."""
    name = (entry.module, entry.name)
    for text in (listed.VALUES, *listed.VALUES_OF_LOADER.values(), listed.OBJECTS, listed.CODE, listed.GADGETS):
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
    elif one := _ONE.match(line):
        yield (one[1], one[2]), one[3]
    else:
        raise ValueError(f"not a line of the list: {line!r}")
