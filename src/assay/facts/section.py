"""Sections of a dossier: what one engine found, as a typed record under a schema of its own.

A fact becomes a section by saying so: `SECTION: ClassVar[SectionKind] = SectionKind("risk", 1)` in its class. Nothing
else lists it: the pipeline puts such facts into the dossier, and reading a dossier finds the class here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any

import assay.facts
from assay.lazy import dataclass
from assay.listing import modules


@dataclass(frozen=True, slots=True)
class SectionKind:
    """What a section is called, the version of its shape, and whether it holds several records.

    The version goes up whenever the shape of the class changes; a test holds the two together.
    """

    id: str
    version: int
    many: bool = False

    @property
    def schema(self) -> str:
        """The name under which the shape is published: `assay-risk/1`."""
        return f"assay-{self.id}/{self.version}"


@dataclass(frozen=True, slots=True)
class Unread:
    """The JSON text of a record whose schema this version, or this installation, does not know."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One section as a dossier holds it: `value` is the record of the class that declares the id (a tuple of them where
    there are many), or `Unread`.
    """

    id: str
    schema: str
    value: Any


def section(facts: tuple[Any, ...]) -> Section:
    """The section that facts of one class make."""
    kind: SectionKind = type(facts[0]).SECTION
    return Section(kind.id, kind.schema, facts if kind.many else facts[0])


def declared(values: Iterable[object]) -> dict[str, type]:
    """The classes among `values` that are sections, by section id."""
    classes = ((getattr(value, "SECTION", None), value) for value in values if isinstance(value, type))
    return {kind.id: value for kind, value in classes if isinstance(kind, SectionKind)}


@cache
def builtin() -> dict[str, type]:
    """The sections of assay's own facts: every module beside this one is looked into."""
    found: dict[str, type] = {}
    for name in modules(assay.facts.__path__[0]):
        found |= _own(importlib.import_module(f"assay.facts.{name}"))
    return found


def _own(module: ModuleType) -> dict[str, type]:
    return declared(value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__)
