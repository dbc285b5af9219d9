"""A dossier, and the records that commands print, as text, pages and documents for people and programs.

`output/` has one report format per file, `sections/` one part of a dossier per file, `record/` what is no dossier.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Protocol

from assay.render import output

if TYPE_CHECKING:
    from assay.facts.dossier import Dossier
    from assay.render.sections import View


class Write(Protocol):
    """How a dossier is written in one format."""

    def __call__(self, dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
        """Write `dossier` to `stream`, its sections by the installed views and those of `extra`."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format of report: its id on the command line, what it is for, and how it is written."""

    id: str
    title: str
    write: Write


def names() -> tuple[str, ...]:
    """The ids of all renderers: the modules of `output/`, `json_` without its underscore."""
    return tuple(sorted(name.rstrip("_") for name in _modules()))


@cache
def renderer(id: str) -> Renderer | None:
    """The renderer with this id, imported when first asked for."""
    module = next((name for name in _modules() if name.rstrip("_") == id), None)
    if module is None:
        return None
    found: Renderer = importlib.import_module(f"{output.__name__}.{module}").RENDER
    return found


def _modules() -> Iterator[str]:
    return (entry.name for entry in pkgutil.iter_modules(output.__path__) if not entry.name.startswith("_"))
