"""The layout of a hub cache: snapshots of links into one folder of blobs (huggingface_hub, "Manage cache")."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = (".incomplete", ".part", ".partial", ".crdownload", ".aria2", ".download", ".tmp")  # of any downloader


def blobs(root: Path) -> Path | None:
    """The blobs folder of a hub cache, if `root` is one of its snapshots."""
    cache = root.parent.parent
    found = cache / "blobs"
    return found if root.parent.name == "snapshots" and cache.name.startswith("models--") and found.is_dir() else None


def unfinished(folder: Path) -> list[str]:
    """The files in a blobs folder whose download did not finish: the snapshot has no link to them yet."""
    return sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(UNFINISHED))


def model(root: Path) -> str:
    """The model that the snapshot `root` is of, as org/name."""
    return root.parent.parent.name.removeprefix("models--").replace("--", "/")
