"""`hf://org/name[@revision]`: fetch a model from a hub into its cache, and audit the snapshot (extra `hub`).

huggingface_hub does the downloading: it resumes what was interrupted, and verifies sizes. What it leaves behind is
an ordinary hub cache, which is walked like any other folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.lazy import dataclass, regex
from assay.secret import LEAST, MARK, concealed
from assay.subject.walk import Walk, walked
from assay.version import VERSION

SCHEME = "hf://"
_REFERENCE = regex(r"hf://(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?\Z")
_COMMIT = regex(r"[0-9a-f]{40}\Z")


def fetched(reference: str, *, offline: bool) -> Walk:
    """The walk over the snapshot of `reference`, downloaded if it is not here yet and `offline` allows.

    The walk's reference is pinned to the commit, so that the dossier says exactly what was audited.

    Raises:
        MissingExtra: huggingface_hub is not installed.
        UsageError: the reference is not one, the hub does not have it, or it is not here and offline was asked.
    """
    name, revision = named(reference)
    snapshot = _snapshot(name, revision, offline=offline)
    _checked(reference, revision or "", snapshot.name)
    if not snapshot.is_dir():
        raise UsageError(f"{reference}: the hub gave files of another commit than it said before: run it again")
    return walked(snapshot, name, f"{SCHEME}{name}@{snapshot.name}")


def named(reference: str) -> tuple[str, str | None]:
    """The name and the revision of a reference to a hub's model (UsageError: it is none)."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise UsageError(f"{reference} is no hub reference: write hf://org/name or hf://org/name@revision")
    name, revision = match["name"], match["revision"]
    if {"", ".", ".."} & {*name.split("/"), *(revision or "main").split("/")}:
        raise UsageError(
            f"{reference} is no hub reference: neither a name nor a revision has a part that is '.' or '..'"
        )
    return name, revision


def pinned(reference: str) -> bool:
    """Whether a reference names a commit: what it leads to never changes."""
    return bool(_COMMIT.match(named(reference)[1] or ""))


@dataclass(frozen=True, slots=True)
class Head:
    """What a revision leads to: the commit, and the tag (ETag) by which the hub is asked whether it still does."""

    commit: str
    tag: str


class Busy(UsageError):
    """The hub turned a question away; `status` is its HTTP status, `wait` the seconds that it asks for, if it does."""

    def __init__(self, message: str, status: int, wait: float | None) -> None:
        super().__init__(message)
        self.status, self.wait = status, wait


def head(reference: str, known: Head | None = None) -> Head:
    """The commit that a reference leads to now; `known` itself where the hub says that nothing changed.

    Raises:
        Busy: the hub is limiting, or failing.
        MissingExtra: huggingface_hub is not installed.
        UsageError: the hub does not have it, cannot be reached, or answers with what no hub does.
    """
    name, revision = named(reference)
    try:
        from httpx2 import HTTPError
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

        from assay.network.server import BUSY, wait_of
        from assay.subject._guard import READ, guarded
    except ImportError:
        raise MissingExtra("hub", "hf:// references") from None
    asked = {"user-agent": f"assay/{VERSION}"} | ({"If-None-Match": known.tag} if known and known.tag else {})
    status, wait = 0, None
    try:
        with guarded(f"{SCHEME}{name}") as watch:
            try:
                found = HfApi(headers=asked).model_info(name, revision=revision, timeout=READ)
            finally:
                status = watch.status
        return Head(str(found.sha), watch.tag)
    except RevisionNotFoundError:
        raise UsageError(f"hf://{name} has no revision {revision!r}") from None
    except RepositoryNotFoundError:
        raise UsageError(f"the hub has no model {name!r}, or it is private: log in with  hf auth login") from None
    except UsageError:
        raise
    except (HfHubHTTPError, HTTPError, OSError, ValueError, TypeError, KeyError, AttributeError) as cause:
        if status == 304 and known:  # the library takes it for an answer, and finds no JSON in it
            return known
        said = f"asking for hf://{name} failed: {_said(cause)}"
        if isinstance(cause, HfHubHTTPError):
            wait = wait_of(cause.response.headers)
        raise (Busy(said, status, wait) if status in BUSY or status >= 500 else UsageError(said)) from None


def _checked(reference: str, revision: str, commit: str) -> None:
    """Raise UsageError where a snapshot is of no commit, or of another than the one that was asked for in full."""
    if not _COMMIT.match(commit):
        raise UsageError(
            f"{reference}: the cache has it as {commit!r}, which is no commit: expected 40 hexadecimal digits; "
            "remove it there and fetch it again"
        )
    if _COMMIT.match(revision) and revision != commit:
        raise UsageError(f"{reference}: the hub gave commit {commit}, which is not the one that was asked for")


def _snapshot(name: str, revision: str | None, *, offline: bool) -> Path:
    """The folder that the hub's cache has for this revision.

    Everything is asked by arguments: the library's environment variables hold for a whole process, and another audit
    in the same process may go online. Offline it opens no connection (`local_files_only`); online the hub is told that
    assay downloads, and not, as the library does, what else is installed and who started it.
    """
    try:
        from httpx2 import HTTPError, InvalidURL
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        from assay.subject._guard import guarded  # needs sockets, which not every place has where files are audited
    except ImportError:
        raise MissingExtra("hub", "hf:// references") from None
    agent = {"user-agent": f"assay/{VERSION}"}
    try:
        with guarded(f"{SCHEME}{name}"):
            found = snapshot_download(
                name, revision=revision, local_files_only=offline, headers=agent, tqdm_class=_bar()
            )
        return Path(found)
    except RevisionNotFoundError:
        raise UsageError(f"hf://{name} has no revision {revision!r}") from None
    except RepositoryNotFoundError:
        raise UsageError(f"the hub has no model {name!r}, or it is private: log in with  hf auth login") from None
    except LocalEntryNotFoundError:
        why = "and --offline was given" if offline else "and the hub cannot be reached"
        raise UsageError(f"hf://{name} is not complete in the local cache {why}") from None
    except UsageError:
        raise
    except (HfHubHTTPError, HTTPError, InvalidURL, OSError, ValueError, TypeError, KeyError, AttributeError) as cause:
        first = _said(cause)
        raise UsageError(f"downloading hf://{name} failed: {first}; run it again, the download resumes") from None


def _said(cause: Exception) -> str:
    """The first line of an error of the library, without the token that it may have been made with."""
    from huggingface_hub import get_token

    said = str(cause).partition("\n")[0] or type(cause).__name__
    token = get_token() or ""
    return concealed(said.replace(token, MARK) if len(token) >= LEAST else said)[:300]


def _bar() -> type[Any]:
    """The library's bar on standard error as it was opened: a bar is drawn by sequences, and says nothing of a hub."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **{"file": sys.__stderr__, **named})  # type: ignore[no-untyped-call]

    return Bar
