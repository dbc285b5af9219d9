"""Digests of files in JSON: an object of names and digests, or entries with a name and a digest each."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.artifact import ListedDigest
from assay.lazy import regex

BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
MOST_ROWS, MOST_NAME, MOST_DEPTH = 100_000, 1024, 6
_LIST = regex(r"(manifest|checksums?|hashes|digests?|sha256|sha512|md5)[\w.-]*\.json\Z", re.IGNORECASE)
_HEX = regex(r"(?:(?:md5|sha1|sha256|sha512)[:-])?([0-9a-fA-F]{32,128})\Z")
_PATHS, _DIGESTS = (
    ("path", "name", "filename", "file"),
    ("sha256", "sha512", "sha1", "md5", "digest", "hash", "checksum"),
)


def listed(artifact: str, value: Any) -> Iterator[ListedDigest]:
    """What a manifest says of files beside it; nothing if the file is not called one."""
    folder, name = posixpath.split(artifact)
    if not _LIST.match(name):
        return
    stack, count = [(value, 0)], 0
    while stack:
        at, depth = stack.pop()
        rows = list(at.values()) if isinstance(at, dict) else at if isinstance(at, list) else []
        if depth < MOST_DEPTH:
            stack += [(row, depth + 1) for row in rows if isinstance(row, dict | list)]
        for path, digest in _pairs(at) if isinstance(at, dict) else ():
            count += 1
            if count > MOST_ROWS:
                most = f"at most {MOST_ROWS:,}"
                raise LimitExceeded("manifest of more digests than assay reads", expected=most, got="more")
            whole = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
            yield ListedDigest(artifact, whole, BY_LENGTH[len(digest)], digest.lower(), 1)


def _pairs(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    path = next((entry[key] for key in _PATHS if isinstance(entry.get(key), str)), None)
    for key, value in entry.items():
        if isinstance(value, dict):  # "model.safetensors": {"sha256": ...}
            path_here, found = key, next((value[name] for name in _DIGESTS if name in value), None)
            if any(isinstance(value.get(name), str) for name in _PATHS):
                continue  # it names its file itself
        else:
            path_here, found = (path, value) if path is not None and key in _DIGESTS else (key, value)
        digest = _HEX.match(found) if isinstance(found, str) else None
        if digest and len(digest[1]) in BY_LENGTH and isinstance(path_here, str) and _file(path_here):
            yield path_here, digest[1]


def _file(path: str) -> bool:
    """Whether a key can be the name of a file, and not a word for something else that has a digest."""
    return 0 < len(path) <= MOST_NAME and "." in path.strip(".")
