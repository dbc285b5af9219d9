"""What the modules of a room declare, from a list beside them: only those are imported that are used.

`python docs/generate.py` writes the list, and a test compares it with the modules (docs/decisions/0027).
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterable
from typing import Any

NAME = "listing.json"


class Deferred:
    """A function that is found in a module, which is imported, when it is called."""

    def __init__(self, module: str, *path: str) -> None:
        self.__module__, self._path = module, path

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the function gives."""
        found: Any = importlib.import_module(self.__module__)
        for name in self._path:
            found = getattr(found, name)
        return found(*given, **named)


def modules(folder: str, below: Iterable[str] = ("",), *, packages: bool = False) -> tuple[str, ...]:
    """The public modules of a folder, sorted; of the folders `below` it as `folder.module`; also `packages`, if asked.

    `pkgutil` would import `inspect` to say the same.
    """
    found = [f"{name}.{entry}".lstrip(".") for name in below for entry in os.listdir(os.path.join(folder, name))]
    names = [entry[:-3] for entry in found if entry.endswith(".py")]
    if packages:
        names += [entry for entry in found if os.path.isfile(os.path.join(folder, entry, "__init__.py"))]
    return tuple(sorted(name for name in names if not name.rpartition(".")[2].startswith("_")))


def listed(folder: str, below: Iterable[str] = ("",), *, packages: bool = False) -> dict[str, Any] | None:
    """What each public module declares, by its name; None where there is no list of just these modules.

    Then they are all to be imported: a module was added or taken away since, or the package lies in an archive.
    """
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            rows: dict[str, Any] = json.load(file)
        return rows if rows.keys() == set(modules(folder, below, packages=packages)) else None
    except (OSError, ValueError):
        return None


def written(rows: dict[str, Any]) -> str:
    """The text of a list: one line for each module, so that two changes to it seldom meet."""
    lines = (f" {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in sorted(rows.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def unindented(text: str) -> str:
    """What `inspect.cleandoc` gives for a text without tabs; that module is slow to import."""
    first, *rest = text.splitlines() or [""]
    indent = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    lines = [first.lstrip(), *(line[indent:] for line in rest)]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        del lines[0]
    return "\n".join(lines)
