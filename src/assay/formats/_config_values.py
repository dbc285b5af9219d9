"""The values of a JSON config one by one, each under its path."""

from __future__ import annotations

from typing import Any

from assay.facts.config import ConfigValues, Scalar

MOST_VALUES, MOST_ENTRIES, MOST_TEXT, MOST_DEPTH = 2_000, 20_000, 256, 4  # MOST_ENTRIES: of all lists together
MOST_CUT = 500  # names of what was not kept; no more is looked at then
MOST_NUMBER = 1 << 63  # an integer beyond it is no extent


def config_values(artifact: str, value: dict[str, Any]) -> ConfigValues:
    """Every scalar and list of scalars in `value`, as far as ConfigValues keeps them, and what it does not keep."""
    found: list[tuple[str, Scalar | tuple[Scalar, ...]]] = []
    cut: list[str] = []
    stack, left = [("", value, 0)], MOST_ENTRIES
    while stack and len(cut) < MOST_CUT:
        path, entries, depth = stack.pop()
        for key, entry in entries.items():
            name = f"{path}{key}"[:MOST_TEXT]
            if isinstance(entry, dict) and depth < MOST_DEPTH:
                stack.append((f"{name}.", entry, depth + 1))
            elif len(found) < MOST_VALUES and _kept(entry, left):
                found.append((name, tuple(entry) if isinstance(entry, list) else entry))
                left -= len(entry) if isinstance(entry, list) else 0
            elif entry is not None and entry != {} and not isinstance(entry, str):
                cut.append(name)
    names = (*cut, *(path.rstrip(".") for path, _, _ in stack))
    return ConfigValues(artifact, tuple(sorted(found, key=lambda row: row[0])), names[:MOST_CUT])


def _kept(value: object, left: int) -> bool:
    return len(value) <= left and all(map(_scalar, value)) if isinstance(value, list) else _scalar(value)


def _scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MOST_TEXT
    return isinstance(value, bool | int | float) and abs(value) < MOST_NUMBER
