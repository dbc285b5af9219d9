"""Which types are facts: every dataclass of this package, by name."""

from __future__ import annotations

import importlib
from dataclasses import is_dataclass
from functools import cache
from typing import Any

import assay.facts
from assay.listing import listed, modules

_FOLDER = assay.facts.__path__[0]


def kinds() -> frozenset[str]:
    """The names of all fact types."""
    return frozenset(_modules())


@cache
def kind(name: str) -> type | None:
    """The fact type of this name, for decoding what a worker answers; None if there is none."""
    module = _modules().get(name)
    found: type | None = None if module is None else getattr(_imported(module), name)
    return found


def listing() -> dict[str, Any]:
    """Which fact types each module defines, as `listed` gives it back."""
    return {name: _defined(name) for name in modules(_FOLDER)}


@cache
def _modules() -> dict[str, str]:
    """Fact type -> module."""
    rows = listed(_FOLDER) or listing()
    return {name: module for module, names in rows.items() for name in names}


def _defined(module: str) -> list[str]:
    rows = vars(_imported(module)).items()
    home = f"assay.facts.{module}"
    return [name for name, row in rows if isinstance(row, type) and is_dataclass(row) and row.__module__ == home]


def _imported(module: str) -> Any:
    return importlib.import_module(f"assay.facts.{module}")
