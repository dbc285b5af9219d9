"""MLflow's tracking folders in a project: where the model lies that `models:/name/3` or `runs:/id/path` names.

The files of its file store (`mlruns`) and its database (`mlflow.db`) are read; MLflow is not imported, and no server is
asked. What a server keeps (`mlflow-artifacts:/`) is said to be there, and not opened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from assay.errors import Malformed, UsageError
from assay.files import text
from assay.formats.encoding.yaml import yaml_mapping
from assay.lazy import dataclass, regex
from assay.subject.ranges import SCHEMES

MOST = 1 << 20  # bytes of a file of metadata; and tracking folders that are looked for
STEPS = 10_000_000  # of SQLite's machine for one answer: a view may go on for ever
_ARTIFACTS, _DATABASES = ("mlruns", "mlartifacts"), ("mlflow.db", "mlruns.db")
_NAMED = regex(r"models:/(?P<name>[^/@]+)(?:/(?P<version>[^/@]+)|@(?P<alias>[^/]+))?\Z")
_LOGGED = regex(r"models:/(?P<id>m-[0-9a-f]{16,64})\Z")
_RUN = regex(r"runs:/(?P<run>[0-9a-zA-Z_-]{1,64})/(?P<path>.+)\Z")
_SAFE = regex(r"[\w .@=+-]{1,256}\Z")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a reference leads to: a folder of the project, as seen from there, or a URL; and the version it is now.

    `moves` says that the reference may lead to another tomorrow: it names an alias, a stage or the latest.
    """

    model: str
    version: str
    moves: bool


class Tracking:
    """The tracking folders and databases of a project, of whose folders the first is its own."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._project = folders[0].resolve()
        named = [(row.resolve() / name) for row in folders for name in (*_ARTIFACTS, *_DATABASES)]
        there = [row for row in named if not row.is_symlink()][:MOST]
        self._stores: list[_Files | _Database] = [
            *(_Files(row) for row in there if row.name in _ARTIFACTS and row.is_dir()),
            *(_Database(row) for row in there if row.name in _DATABASES and row.is_file()),
        ]

    def found(self, reference: str) -> Tracked | None:
        """What a reference leads to; None: no tracking folder here knows it, or it lies outside."""
        for store in self._stores:
            with suppress(OSError, ValueError, RuntimeError):  # what is written there is no path, or leads to itself
                if (row := self._in(store, reference)) is not None:
                    return row
        return None

    def _in(self, store: _Files | _Database, reference: str) -> Tracked | None:
        if match := _NAMED.match(reference):
            if logged := _LOGGED.match(reference):
                return self._placed(store, reference, logged["id"], moves=False)
            asked, alias = match["version"] or "", match["alias"] or ""
            version = asked if asked.isdecimal() else store.alias(match["name"], alias) if alias else ""
            version = version or ("" if alias else store.last(match["name"], "" if asked == "latest" else asked))
            uri = store.source(match["name"], version) if version else ""
            return self._placed(store, uri, version, moves=not asked.isdecimal()) if uri else None
        return self._placed(store, reference, "", moves=False) if _RUN.match(reference) else None

    def _placed(self, store: _Files | _Database, uri: str, version: str, *, moves: bool) -> Tracked | None:
        """A model by the address that the store has of it; of a folder that was moved, by its place in the store."""
        if uri.startswith(SCHEMES):
            return Tracked(uri, version, moves)
        for path in self._paths(store, uri):
            here = path.resolve()
            if here.is_dir() and here.is_relative_to(self._project):
                return Tracked(here.relative_to(self._project).as_posix(), version, moves)
        return None

    def _paths(self, store: _Files | _Database, uri: str) -> Iterator[Path]:
        if logged := _LOGGED.match(uri):
            yield from (store.root / row / "models" / logged["id"] / "artifacts" for row in store.experiments())
        elif run := _RUN.match(uri):
            for row in store.experiments():
                yield store.root / row / run["run"] / "artifacts" / run["path"]
                yield from store.logged(row, run["run"], run["path"])
        elif urlsplit(uri).scheme in ("", "file"):
            path = Path(unquote(urlsplit(uri).path))
            yield self._project / path
            if "artifacts" in path.parts:  # made elsewhere: <experiment>/<run>/artifacts/..., .../models/<id>/artifacts
                at = path.parts.index("artifacts")
                yield from (store.root.joinpath(*path.parts[at - back :]) for back in (2, 3) if at >= back)


class _Files:
    """A file store: `mlruns`, with a folder for each experiment, and `models` for those that are registered."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def experiments(self) -> list[str]:
        """The folders of experiments."""
        return sorted(row.name for row in self.root.iterdir() if row.is_dir() and row.name not in ("models", ".trash"))

    def alias(self, name: str, alias: str) -> str:
        """The version that an alias is of."""
        return _text(self.root / "models" / _part(name) / "aliases" / _part(alias)).strip()

    def last(self, name: str, stage: str) -> str:
        """The last version, of a stage where one is named."""
        rows = [
            (int(row.name[8:]), _meta(row))
            for row in self.root.glob(f"models/{_part(name)}/version-*")
            if row.name[8:].isdecimal()
        ]
        fits = [number for number, row in rows if not stage or str(row.get("current_stage")).lower() == stage.lower()]
        return str(max(fits)) if fits else ""

    def source(self, name: str, version: str) -> str:
        """Where a version lies."""
        found = _meta(self.root / "models" / _part(name) / f"version-{version}")
        return str(found.get("storage_location") or found.get("source") or "")

    def logged(self, experiment: str, run: str, name: str) -> Iterator[Path]:
        """The model that a run logged by a name (MLflow 3)."""
        for row in sorted(self.root.glob(f"{experiment}/models/m-*")):
            found = _meta(row)
            if found.get("source_run_id") == run and found.get("name") == name:
                yield row / "artifacts"


class _Database:
    """A database in a file, with the artifacts in `mlruns` or `mlartifacts` beside it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.root = next((file.parent / row for row in _ARTIFACTS if (file.parent / row).is_dir()), file.parent)

    def experiments(self) -> list[str]:
        """The folders of experiments."""
        return sorted(row.name for row in self.root.iterdir() if row.is_dir())

    def alias(self, name: str, alias: str) -> str:
        """The version that an alias is of."""
        return self._one("SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?", name, alias)

    def last(self, name: str, stage: str) -> str:
        """The last version, of a stage where one is named."""
        return self._one(
            "SELECT max(version) FROM model_versions WHERE name = ? AND (? = '' OR lower(current_stage) = lower(?))",
            name, stage, stage,
        )  # fmt: skip

    def source(self, name: str, version: str) -> str:
        """Where a version lies."""
        asked = "SELECT coalesce(nullif({}, ''), source) FROM model_versions WHERE name = ? AND version = ?"
        return self._one(asked.format("storage_location"), name, version) or self._one(
            asked.format("source"), name, version
        )

    def logged(self, experiment: str, run: str, name: str) -> Iterator[Path]:
        """The model that a run logged by a name (MLflow 3)."""
        asked = "SELECT artifact_location FROM logged_models WHERE source_run_id = ? AND name = ?"
        if (place := self._one(asked, run, name)) and "://" not in place.removeprefix("file://"):
            path = Path(unquote(urlsplit(place).path))
            yield path
            yield self.root.joinpath(experiment, "models", path.parent.name, "artifacts")

    def _one(self, asked: str, *values: str) -> str:
        """The first value of the first row, as text; empty: there is none, or the database is of another kind."""
        try:
            with closing(sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                connection.set_progress_handler(lambda: True, STEPS)
                row = connection.execute(asked, values).fetchone()
        except sqlite3.Error:
            return ""
        return str(row[0]) if row and row[0] is not None else ""


def _part(name: str) -> str:
    """A name as one part of a path; of another nothing is found."""
    return name if _SAFE.match(name) and name not in (".", "..") else "\0"


def _meta(folder: Path) -> dict[str, Any]:
    with suppress(Malformed):
        return yaml_mapping(_text(folder / "meta.yaml"), "meta.yaml")
    return {}


def _text(path: Path) -> str:
    """What a file of the store says; nothing where it is none that is read."""
    with suppress(OSError, UsageError):
        return text(path, MOST, "file of MLflow") if path.is_file() and not path.is_symlink() else ""
    return ""
