"""Take documents out of a corpus: they stay in its files, and are gone from every answer from then on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from assay.corpus import manifest
from assay.corpus.collection import Corpus, open_corpora
from assay.corpus.index import Query
from assay.corpus.manifest import Manifest, Removal, ShardRecord
from assay.corpus.reading import ShardFile
from assay.corpus.shard import whole
from assay.errors import UsageError
from assay.facts.corpus import Document
from assay.writing import write_whole


def named(corpus: Corpus, ids: tuple[str, ...]) -> dict[int, set[int]]:
    """Shard -> the documents in it that have one of these ids."""
    found: dict[int, set[int]] = {}
    for number, shard in enumerate(corpus.shards):
        known = shard.ids()
        for id in ids:
            digest = np.frombuffer(hashlib.blake2b(id.encode(), digest_size=8).digest(), "<u8")[0]
            for document in np.flatnonzero(known == digest).tolist():
                if shard.document(document).id == id and not shard.is_removed(document):
                    found.setdefault(number, set()).add(document)
    return found


def holding(corpus: Corpus, text: str) -> dict[int, set[int]]:
    """Shard -> the documents in it that hold the words of `text`."""
    words = Query.of(text).words
    found: dict[int, set[int]] = {}
    for number, shard in enumerate(corpus.shards):
        low, high = whole(shard, words)
        if low < high:
            with shard.guarded():
                _, documents, _ = shard.ask.hits(np.uint32(low).tobytes(), np.uint32(high).tobytes(), 0xFFFFFFFF)
            found[number] = set(np.frombuffer(documents, np.uint32).tolist())
    return found


def matching(corpus: Corpus, ids: tuple[str, ...], text: str) -> dict[int, set[int]]:
    """Shard -> the documents in it that have one of these ids or hold the words of `text`, if there are any."""
    found = named(corpus, ids)
    for number, rows in holding(corpus, text).items():
        found.setdefault(number, set()).update(rows)
    return found


def described(corpus: Corpus, found: dict[int, set[int]]) -> list[Document]:
    """What is known of the documents found."""
    return [corpus.shards[number].document(row) for number, rows in sorted(found.items()) for row in sorted(rows)]


def remove(directory: Path, ids: tuple[str, ...] = (), text: str = "") -> list[Document]:
    """Remove the documents with these ids, and those that hold `text`; returns what was removed.

    Raises:
        UsageError: nothing matches, or somebody else is changing the corpus.
    """
    with manifest.locked(directory):
        before, _ = manifest.load(directory)
        corpus = open_corpora([directory])
        found = matching(corpus, ids, text)
        if not found:
            raise UsageError(f"{directory}: no document has this id or text; nothing was removed")
        removed = described(corpus, found)
        after = _after(directory, before, corpus.shards, found)
        manifest.save(directory, after)
        _forget(directory, before, after)
        return removed


def _after(directory: Path, before: Manifest, shards: tuple[ShardFile, ...], found: dict[int, set[int]]) -> Manifest:
    records: dict[str, ShardRecord] = {}
    for number, documents in found.items():
        old = before.shards[number]
        bits = np.zeros((old.documents + 7) // 8 * 8, np.uint8)
        if shards[number].removed:
            bits = np.unpackbits(np.frombuffer(shards[number].removed, np.uint8), bitorder="little")
        bits[sorted(documents)] = 1
        raw = np.packbits(bits, bitorder="little").tobytes()
        digest = hashlib.sha256(raw).hexdigest()
        name = f"removed-{digest[:32]}.bits"
        write_whole(directory / name, raw)
        records[old.file] = replace(old, removed=Removal(name, digest, int(bits.sum())))
    return before.with_shards(records)


def _forget(directory: Path, before: Manifest, after: Manifest) -> None:
    kept = {shard.removed.file for shard in after.shards if shard.removed}
    for shard in before.shards:
        if shard.removed and shard.removed.file not in kept:
            (directory / shard.removed.file).unlink(missing_ok=True)
