"""Values that hold, and for each where it comes from."""

from __future__ import annotations

from assay.lazy import dataclass

DEFAULT = "default"  # as an origin: nobody said otherwise
FIXED = "fixed"  # nobody can


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it comes from: an option, a variable of the environment, a file, or the default."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The values that belong together, under a title."""

    title: str
    rows: tuple[Setting, ...]
