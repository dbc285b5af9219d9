"""Corpora behind a URL: fetched file by file, and written with the manifest last."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.corpus import manifest
from assay.corpus._extra import fsspec
from assay.errors import UsageError
from assay.files import cache_folder
from assay.secret import concealed, without_user
from assay.writing import write_whole


def is_url(reference: Path | str) -> bool:
    """Whether it is opened by fsspec rather than by the system."""
    return "://" in str(reference)


def local(reference: Path | str, *, offline: bool = False) -> tuple[Path, str]:
    """The folder in which a corpus lies or to which it was fetched, and the name that it goes by.

    With `offline` a corpus behind a URL is the one that was fetched before (UsageError: none was).
    """
    if not is_url(reference):
        folder = Path(reference)
        return folder, folder.resolve().name
    url = str(reference).rstrip("/")
    folder = cache_folder() / "corpora" / _slug(url)
    if not offline:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(url, folder)
    elif not (folder / manifest.NAME).is_file():
        raise UsageError(f"{without_user(url)} is behind a network, is not in the cache, and --offline was given")
    return folder, url.rpartition("/")[2]


def _fetch(url: str, folder: Path) -> None:
    system, path = _system(url)
    try:
        raw = system.cat_file(f"{path}/{manifest.NAME}")
    except (OSError, ValueError) as cause:
        raise UsageError(f"{without_user(url)}: no corpus here ({concealed(str(cause))})") from None
    write_whole(folder / manifest.NAME, raw)
    found, _ = manifest.load(folder)
    for shard in found.shards:
        wanted = [(shard.file, shard.sha256), *([(shard.removed.file, shard.removed.sha256)] if shard.removed else [])]
        for name, digest in wanted:
            if not (folder / name).exists():
                _fetch_one(system, f"{path}/{name}", folder / name, digest)


def _fetch_one(system: Any, source: str, target: Path, digest: str) -> None:
    temporary = target.with_name(f".{target.name}.part")
    try:
        system.get_file(source, str(temporary))
        with open(temporary, "rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise UsageError(f"{without_user(source)}: not the file that the manifest names by digest")
        os.replace(temporary, target)
    except OSError as cause:
        raise UsageError(f"{without_user(source)}: cannot be fetched ({concealed(str(cause))})") from None
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def written(reference: str) -> Iterator[Path]:
    """A folder to build in; where `reference` is a URL its files go there at the end, the manifest last."""
    if not is_url(reference):
        yield Path(reference)
        return
    url = reference.rstrip("/")
    system, path = _system(url)
    folder = cache_folder() / "building" / _slug(url)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    found, _ = manifest.load(folder)
    try:
        system.makedirs(path, exist_ok=True)
        for shard in found.shards:
            system.put_file(str(folder / shard.file), f"{path}/{shard.file}")
        system.pipe_file(f"{path}/{manifest.NAME}", (folder / manifest.NAME).read_bytes())
    except OSError as cause:
        raise UsageError(f"{without_user(url)}: cannot be written ({concealed(str(cause))})") from None
    for entry in folder.iterdir():
        entry.unlink()
    folder.rmdir()


def _system(url: str) -> tuple[Any, str]:
    try:
        system, path = fsspec().core.url_to_fs(url)
    except (ValueError, ImportError) as cause:
        raise UsageError(f"{without_user(url)}: cannot be opened ({concealed(str(cause))})") from None
    return system, str(path).rstrip("/")


def _slug(url: str) -> str:
    return (
        re.sub(r"[^\w.-]+", "-", without_user(url)).strip("-")[-60:]
        + "-"
        + hashlib.sha256(url.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    )
