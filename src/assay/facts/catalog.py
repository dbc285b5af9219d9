"""Which types are facts: every dataclass of this package, by name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import is_dataclass
from functools import cache

import assay.facts


@cache
def kinds() -> dict[str, type]:
    """Name -> fact type, for decoding what a worker answers."""
    found: dict[str, type] = {}
    for entry in pkgutil.iter_modules(assay.facts.__path__):
        module = importlib.import_module(f"assay.facts.{entry.name}")
        found.update(
            {name: value for name, value in vars(module).items() if isinstance(value, type) and is_dataclass(value)}
        )
    return found
