"""`hf://org/name[@revision]`: fetch a model from a hub into its cache, and audit the snapshot (extra `hub`).

huggingface_hub does the downloading: it resumes what was interrupted, and verifies sizes. What it leaves behind is
an ordinary hub cache, which is walked like any other folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from assay.errors import MissingExtra, UsageError
from assay.lazy import dataclass, regex
from assay.secret import LEAST, MARK, concealed
from assay.subject.walk import Walk, walked
from assay.version import VERSION
from assay.writing import reason

SCHEME = "hf://"
_REFERENCE = regex(r"hf://(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?\Z")
_PATTERN = regex(r"hf://(?P<account>[\w.-]+)/(?P<names>[\w.*?!\[\]-]+)(?P<revision>@[\w./-]+)?\Z")
_COMMIT = regex(r"[0-9a-f]{40}\Z")
MOST_LISTED = 1_000_000  # models of one account
TRIES, LONGEST_WAIT = 4, 120.0  # of a question to a hub; seconds between two of them
Asked = TypeVar("Asked")


def fetched(reference: str, *, offline: bool, most: int | None = None) -> Walk:
    """The walk over the snapshot of `reference`, downloaded if it is not here yet and `offline` allows.

    The walk's reference is pinned to the commit, so that the dossier says exactly what was audited. A hub that sends
    more than `most` bytes, and a little for what it says around them, is refused.

    Raises:
        Busy: the hub is limiting or failing, or the connection was lost more often than the library tries again.
        MissingExtra: huggingface_hub is not installed.
        UsageError: the reference is not one, the hub does not have it, or it is not here and offline was asked.
    """
    name, revision = named(reference)
    snapshot = _snapshot(name, revision, offline=offline, most=most)
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
    tag = {"If-None-Match": known.tag} if known and known.tag else {}
    with asking(f"{SCHEME}{name}", f"revision {revision!r}", headers=tag) as (api, watch):
        try:
            found = api.model_info(name, revision=revision, timeout=watch.read)
        except (ValueError, TypeError, KeyError, AttributeError):
            if watch.status == 304 and known:  # the library takes it for an answer, and finds no JSON in it
                return known
            raise
        return Head(str(found.sha), watch.tag)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What fetching a model would take: its reference at the commit, the cache, and the bytes that are not in there.

    `sizes` are its files, each with its bytes.
    """

    reference: str
    cache: str
    sizes: tuple[tuple[str, int], ...]
    missing: int

    @property
    def size(self) -> int:
        """The bytes of all."""
        return sum(size for _, size in self.sizes)

    @property
    def absent(self) -> bool:
        """Whether nothing of it is here."""
        return self.missing == self.size


def ahead(reference: str) -> Ahead:
    """What fetching a model would take, as the hub lists its files (raises as `head` does)."""
    name, revision = named(reference)
    with asking(f"{SCHEME}{name}", f"revision {revision!r}") as (api, watch):
        from huggingface_hub.constants import HF_HUB_CACHE

        commit = str(api.model_info(name, revision=revision, timeout=watch.read).sha)
        _checked(reference, revision or "", commit)
        blobs = Path(HF_HUB_CACHE, f"models--{name.replace('/', '--')}", "blobs")
        rows = [row for row in api.list_repo_tree(name, recursive=True, revision=commit) if hasattr(row, "size")]
        here = {row.path for row in rows if (blobs / (row.lfs.sha256 if row.lfs else row.blob_id)).is_file()}
        sizes = tuple(sorted((str(row.path), int(row.size)) for row in rows))
        missing = sum(size for path, size in sizes if path not in here)
        return Ahead(f"{SCHEME}{name}@{commit}", HF_HUB_CACHE, sizes, missing)


def removed(reference: str, cache: str) -> None:
    """Remove what a cache holds for this commit alone, if it holds it (UsageError: it cannot be removed)."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        name, commit = named(reference)
        found = scan_cache_dir(cache)
        # of this model alone: a copy of a repository has the same commits
        own = frozenset(repo for repo in found.repos if (repo.repo_type, repo.repo_id) == ("model", name))
        replace(found, repos=own).delete_revisions(commit or "").execute()
    except CacheNotFound:
        return
    except OSError as cause:
        raise UsageError(f"cannot remove {reference} from {cache}: {reason(cause)}") from None


def is_pattern(reference: str) -> bool:
    """Whether a reference is to several models of a hub, as `hf://org/*` is."""
    return reference.startswith(SCHEME) and any(letter in reference for letter in "*?[")


def listed(pattern: str, most: int) -> tuple[str, ...]:
    """References to the models of one account that a hub has and whose names fit, such as `hf://org/*`, in their order.

    Raises:
        Busy: the hub is limiting, or failing.
        MissingExtra: huggingface_hub is not installed.
        UsageError: it is no such pattern, fits nothing or more than `most`, or the hub cannot be asked.
    """
    match = _PATTERN.match(pattern)
    if match is None:
        raise UsageError(f"{pattern} is no pattern of a hub's models: write hf://org/* or hf://org/name-*@revision")
    account, wanted, revision = match["account"], match["names"], match["revision"] or ""
    with asking(f"{SCHEME}{account}", "models") as (api, _):
        rows = islice(api.list_models(author=account), MOST_LISTED + 1)
        names = [name for row in rows if (name := str(row.id)).partition("/")[0].lower() == account.lower()]
    fitting = sorted({name for name in names if fnmatchcase(name.partition("/")[2], wanted)})
    if not fitting:
        raise UsageError(f"{pattern} fits none of the {len(names):,} models that the hub lists of {account}")
    if len(names) > MOST_LISTED or len(fitting) > most:
        raise UsageError(f"{pattern} fits more models than the {most:,} that assay takes from one pattern: divide it")
    return tuple(f"{SCHEME}{name}{revision}" for name in fitting)


def patiently(ask: Callable[[], Asked], sleep: Callable[[float], None] = time.sleep) -> Asked:
    """What `ask` gives; a hub that is busy is asked again after the rest that it wants (Busy: for too long)."""
    for number in range(TRIES):
        try:
            return ask()
        except Busy as cause:
            wait = 2.0**number if cause.wait is None else cause.wait
            if number == TRIES - 1 or wait > LONGEST_WAIT:
                raise
            sleep(wait)
    raise AssertionError("a try returns or raises")


@contextmanager
def asking(
    about: str,
    thing: str,
    *,
    headers: dict[str, str] | None = None,
    most: int | None = None,
    fetches: bool = False,
    reads: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """The library's API and what watches its answers; whatever goes wrong in the block is one of our errors.

    The hub is told that assay asks, and not, as the library does, what else is installed and who started it.

    Args:
        about: what is asked about, as a reference, and `thing` what of it the hub may not have.
        headers: of every question.
        most: bytes that all files may have.
        fetches: files are downloaded: a connection that is lost is worth another try, since that goes on.
        reads: a part of a file is read, which is worth another try as well.
    """
    try:
        from httpx2 import HTTPError, InvalidURL
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

        from assay.network.server import BUSY, wait_of
        from assay.subject._guard import guarded  # needs sockets, which not every place has where files are audited
    except ImportError:
        raise MissingExtra("hub", "hf:// references") from None
    try:
        with guarded(about, most) as watch:
            yield HfApi(headers={"user-agent": f"assay/{VERSION}", **(headers or {})}), watch
    except RevisionNotFoundError:
        raise UsageError(f"{about} has no {thing}") from None
    except RepositoryNotFoundError:
        name = about.removeprefix(SCHEME)
        raise UsageError(f"the hub has no model {name!r}, or it is private: log in with  hf auth login") from None
    except UsageError:
        raise
    except (HfHubHTTPError, HTTPError, InvalidURL, OSError, ValueError, TypeError, KeyError, AttributeError) as cause:
        doing, then = ("downloading", "; run it again, the download resumes") if fetches else ("asking for", "")
        doing = "reading" if reads else doing
        said = f"{doing} {about} failed: {_said(cause)}{then}"
        status, wait = 0, None
        if isinstance(cause, HfHubHTTPError):
            status, wait = cause.response.status_code, wait_of(cause.response.headers)
        lost = (fetches or reads) and not status and isinstance(cause, HTTPError | OSError)
        raise (Busy(said, status, wait) if status in BUSY or status >= 500 or lost else UsageError(said)) from None


def _checked(reference: str, revision: str, commit: str) -> None:
    """Raise UsageError where a snapshot is of no commit, or of another than the one that was asked for in full."""
    if not _COMMIT.match(commit):
        raise UsageError(
            f"{reference}: the cache has it as {commit!r}, which is no commit: expected 40 hexadecimal digits; "
            "remove it there and fetch it again"
        )
    if _COMMIT.match(revision) and revision != commit:
        raise UsageError(f"{reference}: the hub gave commit {commit}, which is not the one that was asked for")


def _snapshot(name: str, revision: str | None, *, offline: bool, most: int | None) -> Path:
    """The folder that the hub's cache has for this revision.

    Everything is asked by arguments: the library's environment variables hold for a whole process, and another audit
    in the same process may go online. Offline it opens no connection (`local_files_only`).
    """
    with asking(f"{SCHEME}{name}", f"revision {revision!r}", most=most, fetches=True) as (api, _):
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            return Path(api.snapshot_download(name, revision=revision, local_files_only=offline, tqdm_class=_bar()))
        except LocalEntryNotFoundError:
            why = "and --offline was given" if offline else "and the hub cannot be reached"
            raise UsageError(f"hf://{name} is not complete in the local cache {why}") from None


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
