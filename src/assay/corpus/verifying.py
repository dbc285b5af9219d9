"""Verify a corpus against its manifest: every file is hashed, and its blocks compared with their checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from assay.corpus import manifest
from assay.corpus.manifest import ShardRecord
from assay.corpus.reading import ShardFile
from assay.errors import InputError
from assay.progress import Progress, Steps


def defects(directory: Path, progress: Progress | None = None) -> list[str]:
    """One sentence for each file that is absent, damaged or another one (UsageError: there is no readable manifest)."""
    found, _ = manifest.load(directory)
    steps = Steps(progress, "verifying", 2 * sum(shard.size for shard in found.shards), "bytes")
    problems: list[str] = []
    for shard in found.shards:
        problems += _of_shard(directory, shard, steps.add)
        if shard.removed:
            problems += _of_file(directory / shard.removed.file, shard.removed.sha256, lambda _: None)
    return problems


def _of_shard(directory: Path, shard: ShardRecord, advance: Callable[[int], None]) -> list[str]:
    path = directory / shard.file
    problems = _of_file(path, shard.sha256, advance)
    try:
        opened = ShardFile(path)
        opened.check(advance)
        held = (opened.documents, opened.words, opened.bytes)
        if held != (shard.documents, shard.words, shard.bytes):
            problems.append(
                f"{shard.file}: holds {held[0]:,} documents, {held[1]:,} words, {held[2]:,} bytes of text; "
                f"the manifest says {shard.documents:,}, {shard.words:,}, {shard.bytes:,}"
            )
    except InputError as cause:
        problems.append(f"{shard.file}: {cause}")
    except OSError:
        pass  # said already
    return problems


def _of_file(path: Path, sha256: str, advance: Callable[[int], None]) -> list[str]:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                advance(len(block))
    except OSError as cause:
        return [f"{path.name}: {cause.strerror}"]
    return (
        []
        if digest.hexdigest() == sha256
        else [f"{path.name}: SHA-256 is {digest.hexdigest()}, the manifest says {sha256}"]
    )
