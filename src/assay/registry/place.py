"""Where a registry is: its database, and the store beside it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from assay.errors import UsageError
from assay.files import data_folder
from assay.lazy import dataclass
from assay.secret import without_user

VARIABLE = "ASSAY_REGISTRY"
DATABASE, STORE = "registry.db", "store"
_SERVER = ("postgresql", "postgres", "postgresql+psycopg")
_EXAMPLE = "postgresql://user@host/name?store=FOLDER"


@dataclass(frozen=True, slots=True)
class Place:
    """A registry: the folder of its database (None: it is a server's, at `url`), and the folder or URL of its store."""

    folder: Path | None
    url: str
    store: str

    @property
    def file(self) -> Path | None:
        """The database's file; None: it is a server's."""
        return self.folder / DATABASE if self.folder else None

    @property
    def shown(self) -> str:
        """What it is called in a sentence: without a password."""
        return without_user(self.url) if self.folder is None else str(self.folder)


def usual() -> Path:
    """Where a registry is unless another place is named: `$XDG_DATA_HOME/assay/registry`."""
    return data_folder() / "registry"


def place(where: str = "") -> Place:
    """The registry that is named: a folder, or `postgresql://user@host/name?store=FOLDER|URL`.

    Args:
        where: empty for `ASSAY_REGISTRY`, and the usual place where that is not set either.

    Raises:
        UsageError: it is neither, or a server's without a store.
    """
    named = where or os.environ.get(VARIABLE, "")
    scheme, found, _ = named.partition("://")
    if found and scheme in _SERVER:
        return _server(named)
    if found:
        raise UsageError(f"no registry can be at {without_user(named)}: give a folder, or {_EXAMPLE}")
    folder = Path(os.path.abspath(named or usual()))
    return Place(folder, "", str(folder / STORE))


def everywhere(where: str) -> str:
    """The same place for a process with another working directory and environment."""
    found = place(where)
    return str(found.folder) if found.folder else where or os.environ[VARIABLE]


def _server(url: str) -> Place:
    """A server's database; `store` in the query is ours, and is taken out."""
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as cause:
        raise UsageError(f"the registry's URL cannot be read: {cause}; expected {_EXAMPLE}") from None
    store = query.pop("store", "")
    if not store:
        raise UsageError(
            "a registry in PostgreSQL needs a place for its dossiers that all who use it reach:"
            f" {_EXAMPLE}, or the URL of a store instead of a folder"
        )
    rest = urlunsplit(("", *parts[1:3], urlencode(query), ""))
    return Place(None, f"postgresql+psycopg:{rest}", store)
