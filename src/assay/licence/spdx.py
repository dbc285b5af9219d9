"""The SPDX licence list 3.29.0: every id with its title, what OSI and the FSF say of it, and what it asks for.

`spdx.tsv` is built by `python -m benchmarks.licence_index` from pinned packages: id, marks (`o` approved by OSI, `f`
free by the FSF's list, `x` an exception), class, title. It is read when somebody asks, not when this module is
imported.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from assay.facts.corpus import LicenceClass
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the list."""

    id: str
    title: str
    osi: bool
    fsf: bool
    kind: LicenceClass


@lru_cache(1)
def listed() -> dict[str, Listed]:
    """The licences by id, retired ids too."""
    kinds = {kind.value: kind for kind in LicenceClass}
    return {
        id: Listed(id, title, "o" in marks, "f" in marks, kinds[kind])
        for id, marks, kind, title in _rows()
        if "x" not in marks
    }


@lru_cache(1)
def exceptions() -> dict[str, str]:
    """The exceptions, which follow WITH in an expression: lower case -> id."""
    return {id.lower(): id for id, marks, _, _ in _rows() if "x" in marks}


def current(id: str) -> str:
    """The id that the list has today: `GPL-3.0` was retired for `GPL-3.0-only`, `GPL-3.0+` for `GPL-3.0-or-later`."""
    if id == "StandardML-NJ":
        return "SMLNJ"
    instead = f"{id[:-1]}-or-later" if id.endswith("+") else f"{id}-only"
    return instead if instead in listed() else id


def _rows() -> list[list[str]]:
    text = Path(__file__).with_name("spdx.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()]
