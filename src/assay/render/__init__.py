"""One output per file: `RENDER = Renderer(id, title, write)`, found by listing this folder. All read the same dossier."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from assay.facts.dossier import Dossier

Write = Callable[["Dossier", BinaryIO], None]


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format of report: its id on the command line, what it is for, and how it is written."""

    id: str
    title: str
    write: Write


def names() -> tuple[str, ...]:
    """The ids of all renderers: the modules of this folder, `json_` without its underscore."""
    return tuple(
        sorted(entry.name.rstrip("_") for entry in pkgutil.iter_modules(__path__) if not entry.name.startswith("_"))
    )


@cache
def renderer(id: str) -> Renderer | None:
    """The renderer with this id, imported when first asked for."""
    module = next((entry.name for entry in pkgutil.iter_modules(__path__) if entry.name.rstrip("_") == id), None)
    if module is None or module.startswith("_"):
        return None
    found: Renderer = importlib.import_module(f"{__name__}.{module}").RENDER
    return found
