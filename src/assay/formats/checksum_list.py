"""Lists of checksums that ship with a model: `SHA256SUMS`, `model.safetensors.sha256`, `md5sums.txt` and the like.

Lines as GNU coreutils and BSD write them: `DIGEST  NAME`, `DIGEST *NAME`, `SHA256 (NAME) = DIGEST`; a digest alone in
`NAME.sha256`; the metadata that huggingface_hub keeps beside a download (commit, ETag, time), whose ETag is the SHA-256
of a large file or the git blob id of a small one (huggingface_hub, _local_folder.py and file_download.py).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from assay.errors import LimitExceeded
from assay.facts.artifact import ListedDigest
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats._checksums import BY_LENGTH
from assay.formats.window import Window
from assay.lazy import regex

MOST_BYTES, MOST_ROWS, MOST_NAME = 4 << 20, 100_000, 1024
_GNU = regex(r"\\?([0-9a-fA-F]{32,128})[ \t]+[*]?(\S.*?)\s*\Z")
_BSD = regex(r"(?:MD5|SHA1|SHA256|SHA512) ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})\s*\Z")
_ALONE = regex(r"\s*([0-9a-fA-F]{32,128})\s*\Z")
_DOWNLOADS = ".cache/huggingface/download/"


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each line that names a file and its digest, and how many lines there are; other lines are passed over."""
    if window.size > MOST_BYTES:
        most = f"at most {MOST_BYTES:,} bytes"
        raise LimitExceeded("a list of checksums larger than assay reads", expected=most, got=f"{window.size:,}")
    lines = window.read(0, window.size).decode("utf-8", "backslashreplace").splitlines()
    yield Contents(artifact, "checksum-list", len(lines))
    rows = _download(artifact, lines) if _DOWNLOADS in artifact else _listed(artifact, lines)
    for count, row in enumerate(rows):
        if count == MOST_ROWS:
            most = f"at most {MOST_ROWS:,}"
            raise LimitExceeded("a list of more checksums than assay reads", expected=most, got="more")
        yield row


def _listed(artifact: str, lines: list[str]) -> Iterator[ListedDigest]:
    folder, name = posixpath.split(artifact)
    for number, line in enumerate(lines, 1):
        path, digest = "", ""
        if (gnu := _GNU.match(line)) is not None:
            digest, path = gnu[1], gnu[2]
        elif (bsd := _BSD.match(line)) is not None:
            path, digest = bsd[1], bsd[2]
        elif (alone := _ALONE.match(line)) is not None and "." in name:
            path, digest = name.rpartition(".")[0], alone[1]
        algorithm = BY_LENGTH.get(len(digest))
        if algorithm and path and len(path) <= MOST_NAME:
            whole = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
            yield ListedDigest(artifact, whole, algorithm, digest.lower(), number)


def _download(artifact: str, lines: list[str]) -> Iterator[ListedDigest]:
    """What the server said of a file when it was downloaded into this folder."""
    before, _, path = artifact.partition(_DOWNLOADS)
    etag = lines[1].strip().strip('"') if len(lines) > 1 else ""
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", etag):
        algorithm = "git" if len(etag) == 40 else "sha256"
        yield ListedDigest(artifact, before + path.removesuffix(".metadata"), algorithm, etag, 2)


_WORDS = ("md5", "sha1", "sha256", "sha512")
FORMAT = Format(
    "checksum-list",
    "list of checksums",
    read,
    names=(
        *(f"{word}sum{ending}" for word in _WORDS for ending in ("", "s", "s.txt", ".txt")),
        *(f"*.{word}{ending}" for word in _WORDS for ending in ("", "sum", "sums")),
        *(f"manifest-{word}.txt" for word in _WORDS),
        "checksums",
        "checksums.txt",
        "checksum.txt",
        "*.safetensors.metadata",
        "*.json.metadata",
        "*.bin.metadata",
        "*.gguf.metadata",
        "*.model.metadata",
        "*.txt.metadata",
        "*.py.metadata",
        "*.md.metadata",
        "*.jinja.metadata",
    ),
    examines=(Aspect.MARKS,),
    gaps=(),
)
