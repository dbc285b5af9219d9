"""Which code reads and measures, and which judges, as digests: what it gave is good for as long as it is the same."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from assay.version import VERSION

_HOME = Path(__file__).parents[1]
_KEPT = (".py", ".json", ".toml", ".txt", ".tsv", ".bin")
_ABOVE = frozenset({"__main__.py", "api.py", "cli", "execution", "fleet", "registry", "web"})  # they say what is asked
_JUDGING = _ABOVE | {"attest", "checks", "policy", "render", "version.py"}
_STEPS = frozenset({"again.py", "answer.py", "change.py", "content.py", "excerpt.py", "record.py", "silence.py"})


@cache
def reading(home: Path = _HOME) -> str:
    """A digest of all code on which it depends what is read of a file and measured of it."""
    return _digest(home, lambda parts: parts[0] in _JUDGING or (parts[0] == "pipeline" and parts[1] in _STEPS))


@cache
def whole(home: Path = _HOME) -> str:
    """A digest of all code on which a dossier depends."""
    return _digest(home, lambda parts: parts[0] in _ABOVE)


def _digest(home: Path, left_out: Callable[[tuple[str, ...]], bool]) -> str:
    """Of the files of the package, and of Python, whose syntax tree readers use; in an archive the version stands."""
    rows = _files(home)
    lines = [f"{sys.version_info[:2]}{'' if rows else VERSION}"]
    lines += [f"{path}\0{sha256}" for path, sha256 in rows if not left_out((*path.split("/"), ""))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def _files(home: Path) -> tuple[tuple[str, str], ...]:
    """Path and SHA-256 of each file of the package, sorted."""
    found = []
    for folder, _, names in os.walk(home):
        for name in names:
            if name.endswith(_KEPT):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found.append((os.path.relpath(path, home).replace(os.sep, "/"), hashlib.sha256(file.read())))
    return tuple(sorted((path, digest.hexdigest()) for path, digest in found))
