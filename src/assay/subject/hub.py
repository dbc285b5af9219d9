"""`hf://org/name[@revision]`: fetch a model from a hub into its cache, and audit the snapshot (extra `hub`).

huggingface_hub does the downloading: it resumes what was interrupted, and verifies sizes. What it leaves behind is
an ordinary hub cache, which is walked like any other folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from assay.errors import MissingExtra, UsageError
from assay.subject.walk import Walk, walked
from assay.version import VERSION

SCHEME = "hf://"
_REFERENCE = re.compile(r"hf://(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?\Z")


def fetched(reference: str, *, offline: bool) -> Walk:
    """The walk over the snapshot of `reference`, downloaded if it is not here yet and `offline` allows.

    The walk's reference is pinned to the commit, so that the dossier says exactly what was audited.

    Raises:
        MissingExtra: huggingface_hub is not installed.
        UsageError: the reference is not one, the hub does not have it, or it is not here and offline was asked.
    """
    match = _REFERENCE.match(reference)
    if match is None:
        raise UsageError(f"{reference} is no hub reference: write hf://org/name or hf://org/name@revision")
    name, revision = match["name"], match["revision"]
    snapshot = _snapshot(name, revision, offline=offline)
    return walked(snapshot, name, f"{SCHEME}{name}@{snapshot.name}")


def _snapshot(name: str, revision: str | None, *, offline: bool) -> Path:
    """The folder that the hub's cache has for this revision.

    Everything is asked by arguments: the library's environment variables hold for a whole process, and another audit
    in the same process may go online. Offline it opens no connection (`local_files_only`); online the hub is told that
    assay downloads, and not, as the library does, what else is installed and who started it.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError:
        raise MissingExtra("hub", "hf:// references") from None
    agent = {"user-agent": f"assay/{VERSION}"}
    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=offline, headers=agent))
    except RevisionNotFoundError:
        raise UsageError(f"hf://{name} has no revision {revision!r}") from None
    except RepositoryNotFoundError:
        raise UsageError(f"the hub has no model {name!r}, or it is private: log in with  hf auth login") from None
    except LocalEntryNotFoundError:
        why = "and --offline was given" if offline else "and the hub cannot be reached"
        raise UsageError(f"hf://{name} is not complete in the local cache {why}") from None
    except (HfHubHTTPError, OSError) as cause:
        first = str(cause).partition("\n")[0]
        raise UsageError(f"downloading hf://{name} failed: {first}; run it again, the download resumes") from None
