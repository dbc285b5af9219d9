"""Packages outside assay that bring checks, measures and sections: entry points of the group `assay.plugins`.

An entry point names a module; what it holds of a kind that assay collects takes part. None does unless it is named for
an audit, and the dossier records its name and version.
"""

from __future__ import annotations

import importlib
from typing import Any, TypeVar

from assay.errors import UsageError, did_you_mean
from assay.lazy import dataclass

GROUP = "assay.plugins"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin that was named and is installed: its name, the version of its package, and what its module holds."""

    name: str
    version: str
    values: tuple[Any, ...]

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """What the plugin brings of one kind."""
        return tuple(value for value in self.values if isinstance(value, kind))


def loaded(name: str) -> Loaded:
    """The plugin of this name.

    Raises UsageError: no package that is installed offers it, or it cannot be imported.
    """
    from importlib.metadata import entry_points

    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise UsageError(f"no plugin {name!r} is installed{did_you_mean(name, found)} (entry points of {GROUP})")
    entry = found[name]
    try:
        module = importlib.import_module(entry.module)
    except ImportError as cause:
        raise UsageError(f"plugin {name!r} cannot be imported: {cause}") from None
    version = entry.dist.version if entry.dist is not None else ""
    return Loaded(name, version, tuple(value for key, value in sorted(vars(module).items()) if not key.startswith("_")))
