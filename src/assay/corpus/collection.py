"""Corpora opened to be asked: how often, where, how long, and everything at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus import manifest
from assay.corpus.manifest import Manifest, ShardRecord, merged
from assay.corpus.matching import SEED, Found, Look, Matches, living, look, looked, split, together, whole
from assay.corpus.passages import passage
from assay.corpus.reading import ShardFile
from assay.corpus.storage import local
from assay.corpus.tracing import traced
from assay.errors import InputError, Malformed, TaskLost, UsageError
from assay.execution import Failed
from assay.facts.corpus import CorpusRecord, DatasetShare, Document
from assay.facts.trace import Passage, Trace
from assay.kernels.words import Words, uint32
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.corpus.similar import Embedder
    from assay.execution import Executor

MOST_TEXT = 4 << 20  # characters of a text that is traced; longer ones are asked for in portions


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a text was found: in which corpus and document, and what stands there."""

    corpus: str
    document: Document
    passage: Passage


@dataclass(frozen=True, slots=True)
class Corpus:
    """One or several corpora. Every question raises Malformed at a damaged block, with the file and what to do."""

    records: tuple[CorpusRecord, ...]
    shards: tuple[ShardFile, ...]
    names: tuple[str, ...]
    executor: Executor | None = None  # who asks the shards for matches; without one they are asked here, one by one

    def look(self, found: Words, least: int = SEED) -> list[Found]:
        """What each shard says of these words, in the order of the shards."""
        if self.executor is None:
            return [look(shard, found, least) for shard in self.shards]
        tasks = [Look(shard.path, shard.removed, found, least) for shard in self.shards]
        rows: dict[int, Found] = {}
        with closing(self.executor.run(looked, tasks, lambda: None)) as outcomes:
            for number, outcome in outcomes:
                if isinstance(outcome, Failed):  # an answer without one of the shards would be a wrong one
                    raise _unasked(self.shards[number], outcome)
                rows[number] = outcome.value
        return [rows[number] for number in range(len(tasks))]

    def count(self, text: str) -> int:
        """How often the corpora hold the words of `text`, folded; 0 for a text without words."""
        found, _ = split(text)
        return sum(int(living(shard, np.array([whole(shard, found)], np.uint32))[0]) for shard in self.shards)

    def find(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """Up to `limit` occurrences of the words of `text`, spread over the corpora; each says whether it is exact."""
        found, raw = split(text)
        hits: list[Hit] = []
        for shard, name in zip(self.shards, self.names, strict=True):
            low, high = whole(shard, found)
            if low == high or len(hits) >= limit:
                continue
            with shard.guarded():
                rows = shard.ask.hits(uint32([low]), uint32([high]), limit - len(hits))
            for document, unit in zip(*(np.frombuffer(column, np.uint32).tolist() for column in rows[1:]), strict=True):
                seen = passage(shard, document, unit, len(found), raw[int(found.starts[0]) : int(found.stops[-1])])
                hits.append(Hit(name, shard.document(document), seen))
        return tuple(hits)

    def longest(self, text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """For each word of `text`: how many words the longest match from there on has, and how often it occurs."""
        found, _ = split(_checked(text))
        lengths, counts = np.zeros(len(found), np.uint32), np.zeros(len(found), np.int64)
        for shard, row in zip(self.shards, self.look(found, 0), strict=True):
            here = living(shard, row.rows)
            counts = np.where(row.lengths > lengths, here, counts + np.where(row.lengths == lengths, here, 0))
            lengths = np.maximum(lengths, row.lengths)
        return lengths, np.where(lengths > 0, counts, 0)

    def match(self, text: str) -> Matches:
        """Spans and the places of up to 50 of each, without fetching any text: what `trace` starts from."""
        found, _ = split(_checked(text))
        return together(self.look(found), self.shards)

    def trace(
        self, text: str, *, prompt: str = "", least: int = 6, most_sources: int = 20, embedder: Embedder | None = None
    ) -> Trace:
        """Everything that can be said of `text`.

        Args:
            prompt: what the text answers; it helps to choose between documents that hold the same words.
            least: words of the shortest span that is listed.
            most_sources: documents that are listed.
            embedder: also look for sentences of similar meaning (see `assay.corpus.similar`).
        """
        return traced(self, _checked(text), prompt, least, most_sources, embedder)


def _unasked(shard: ShardFile, failed: Failed) -> Exception:
    """Why a shard gave no answer: an error about damage names it already."""
    if isinstance(failed.error, TaskLost):
        return UsageError(f"{shard.path.name}: {failed.error}")
    if isinstance(failed.error, OSError):
        return UsageError(f"{shard.path}: {failed.error.strerror} where the shard was to be asked")
    return failed.noted()


def _checked(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise UsageError(f"a text of {len(text):,} characters; trace at most {MOST_TEXT:,} at a time")
    return text


def open_corpora(
    directories: Sequence[Path | str], executor: Executor | None = None, *, offline: bool = False
) -> Corpus:
    """Open the corpora in these folders or behind these URLs; `executor` asks their shards, where there are many.

    Raises:
        UsageError: one of them is no corpus, of a newer version, or a file of it is absent or damaged.
    """
    records: list[CorpusRecord] = []
    shards: list[ShardFile] = []
    names: list[str] = []
    for directory in directories:
        folder, name = local(directory, offline=offline)
        found, digest = manifest.load(folder)
        records.append(record(found, digest, name))
        for row in found.shards:
            shards.append(_opened(folder, row))
            names.append(name)
    if not shards:
        raise UsageError("no corpus to look in: give --corpus DIR")
    return Corpus(tuple(records), tuple(shards), tuple(names), executor)


def _opened(folder: Path, row: ShardRecord) -> ShardFile:
    try:
        if (folder / row.file).stat().st_size != row.size:
            raise Malformed(
                "its size is not what the manifest says", expected=row.size, got=(folder / row.file).stat().st_size
            )
        return ShardFile(folder / row.file, _removed(folder, row))
    except InputError as cause:
        raise UsageError(f"{folder / row.file}: {cause}; build this corpus again") from None
    except OSError as cause:
        raise UsageError(f"{folder / row.file}: {cause.strerror}; build this corpus again") from None


def _removed(folder: Path, row: ShardRecord) -> bytes:
    if row.removed is None:
        return b""
    raw = (folder / row.removed.file).read_bytes()
    if hashlib.sha256(raw).hexdigest() != row.removed.sha256 or len(raw) != (row.documents + 7) // 8:
        raise Malformed(f"the list of removed documents ({row.removed.file}) is not what the manifest says")
    return raw


def record(found: Manifest, digest: str, name: str) -> CorpusRecord:
    """The corpus at a glance."""
    shares: dict[tuple[str, object], DatasetShare] = {}
    for share in (row for part in found.parts for row in part.datasets):
        key = (share.dataset, share.licence)
        old = shares.get(key)
        shares[key] = share if old is None else _added(old, share)
    return CorpusRecord(
        name=name,
        sha256=digest,
        documents=sum(shard.documents for shard in found.shards),
        words=sum(shard.words for shard in found.shards),
        bytes=sum(shard.bytes for shard in found.shards),
        removed=sum(shard.removed.documents for shard in found.shards if shard.removed),
        datasets=tuple(sorted(shares.values(), key=lambda row: (-row.words, row.dataset, row.licence.written))),
        skipped=merged((*found.skipped, *(row for part in found.parts for row in part.skipped))),
    )


def _added(old: DatasetShare, new: DatasetShare) -> DatasetShare:
    dates = [date for date in (old.first_date, new.first_date) if date]
    documents, words = old.documents + new.documents, old.words + new.words
    first, last = min(dates, default=""), max(old.last_date, new.last_date)
    return DatasetShare(old.dataset, old.licence, documents, words, first, last, old.bytes + new.bytes)
