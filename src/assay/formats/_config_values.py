"""The values of a JSON config one by one, each under its path."""

from __future__ import annotations

from typing import Any

from assay.facts.config import ConfigValues, Scalar

MOST_VALUES, MOST_ENTRIES, MOST_TEXT, MOST_DEPTH = 2_000, 1_000, 256, 4
MOST_NUMBER = 1 << 63  # an integer beyond it is no extent


def config_values(artifact: str, value: dict[str, Any]) -> ConfigValues:
    """Every scalar and list of scalars in `value`, as far as ConfigValues keeps them."""
    found: list[tuple[str, Scalar | tuple[Scalar, ...]]] = []
    stack = [("", value, 0)]
    while stack:
        path, entries, depth = stack.pop()
        for key, entry in entries.items():
            name = f"{path}{key}"[:MOST_TEXT]
            if isinstance(entry, dict) and depth < MOST_DEPTH:
                stack.append((f"{name}.", entry, depth + 1))
            elif isinstance(entry, list) and len(entry) <= MOST_ENTRIES and all(map(_scalar, entry)):
                found.append((name, tuple(entry)))
            elif _scalar(entry):
                found.append((name, entry))
            if len(found) >= MOST_VALUES:
                return ConfigValues(artifact, tuple(sorted(found, key=lambda row: row[0])), complete=False)
    return ConfigValues(artifact, tuple(sorted(found, key=lambda row: row[0])))


def _scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MOST_TEXT
    return isinstance(value, bool | int | float) and abs(value) < MOST_NUMBER
