"""Corpora opened to be asked: how often, where, how long, and everything at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from assay.corpus import manifest
from assay.corpus.index import Index, Query
from assay.corpus.manifest import Manifest, ShardRecord, merged
from assay.corpus.matching import Matches
from assay.corpus.passages import AROUND, passage
from assay.corpus.reading import ShardFile
from assay.corpus.several import MOST_AT_ONCE, Several, Unanswered, pieces
from assay.corpus.shard import Shard
from assay.corpus.storage import local
from assay.corpus.tracing import traced
from assay.corpus.wire import MOST_TEXT
from assay.errors import InputError, Malformed, UsageError
from assay.facts.corpus import CorpusRecord, DatasetShare, Document
from assay.facts.trace import Passage, Trace
from assay.lazy import dataclass
from assay.secret import without_user

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.corpus.remote import Remote
    from assay.corpus.similar import Embedder
    from assay.execution import Executor

WAIT = 30.0  # seconds without a byte after which a server is given up; an answer may take five times as long
_HTTP = ("http://", "https://")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a text was found: in which corpus and document, and what stands there."""

    corpus: str
    document: Document
    passage: Passage


@dataclass(frozen=True, slots=True)
class Holding:
    """What is asked together and may be lost together: corpora, and the indexes of their documents, in order.

    `names` says how many of the documents go by which name, `files` are the digests of the shards. One without indexes
    could not be opened: its record says why.
    """

    records: tuple[CorpusRecord, ...]
    parts: tuple[Index, ...]
    names: tuple[tuple[str, int], ...]
    files: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.records[0].name if self.records else ""

    @property
    def digests(self) -> tuple[str, ...]:
        """What names its content; empty where that is not known."""
        return tuple(row.sha256 for row in self.records if row.sha256)


class Corpus:
    """One or several corpora. Every question raises Malformed at a damaged block, with the file and what to do.

    A server that does not answer is left out from then on, and `records` say so: what the others do not have is then
    unknown. Corpora that are the same are asked once; another copy takes the place of one that is lost.
    """

    def __init__(self, holdings: Sequence[Holding], executor: Executor | None = None) -> None:
        """Of what was opened; `executor` asks shards for matches, without one they are asked here, one by one."""
        self.holdings, self._executor = tuple(holdings), executor
        self._lost: dict[int, str] = {}  # why, by the identity of the holding

    @property
    def records(self) -> tuple[CorpusRecord, ...]:
        """The corpora at a glance, with what did not answer so far."""
        used = self._used()
        held = {holding.digests: holding for holding in used}
        return tuple(
            replace(record, unasked=record.unasked or unasked, remark=remark)
            for holding in self.holdings
            for unasked, remark in [_said(holding, self._lost.get(id(holding)), used, held.get(holding.digests))]
            for record in holding.records
        )

    @property
    def complete(self) -> bool:
        """Whether every corpus has answered every question so far."""
        return not any(record.unasked for record in self.records)

    def _used(self) -> list[Holding]:
        """The holdings that are asked: of copies the first that is not lost."""
        used: dict[object, Holding] = {}
        for holding in self.holdings:
            if holding.parts and id(holding) not in self._lost:
                used.setdefault(holding.digests or id(holding), holding)
        return list(used.values())

    @property
    def shards(self) -> tuple[ShardFile, ...]:
        """The shards that lie in folders, in order."""
        parts = (part for holding in self.holdings for part in holding.parts)
        return tuple(part.file for part in parts if isinstance(part, Shard))

    def asked(self, question: Callable[[Several], T]) -> T:
        """The answer to a question that is made of several: what it counts and numbers is of the same shards."""
        while True:
            used = self._used()
            parts = [part for holding in used for part in holding.parts]
            try:
                return question(Several(parts, [holding.names for holding in used], self._executor))
            except Unanswered as cause:
                for index, why in cause.lost:
                    self._lost.update({id(holding): why for holding in used if index in holding.parts})
                if not self._used():
                    raise UsageError(f"no corpus is left that answers: {cause}") from None

    def count(self, text: str) -> int:
        """How often the corpora hold the words of `text`, folded; 0 for a text without words."""
        query = Query.of(text)
        if not len(query):
            return 0
        return self.asked(lambda index: int(index.places(query, pieces((0, len(query))), 0).counts[0]))

    def find(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """Up to `limit` occurrences of the words of `text`, spread over the corpora; each says whether it is exact."""
        query = Query.of(text)
        return self.asked(lambda index: tuple(_hits(index, query, limit))) if len(query) else ()

    def longest(self, text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """For each word of `text`: how many words the longest match from there on has, and how often it occurs."""
        query = Query.of(_checked(text))
        found = self.asked(lambda index: index.look(query, 0))
        return found.lengths, found.counts

    def match(self, text: str) -> Matches:
        """Spans and the places of up to 50 of each in a shard, without fetching any text: what `trace` starts from."""
        query = Query.of(_checked(text))
        return self.asked(lambda index: index.match(query))

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
        _checked(text)
        return self.asked(lambda index: traced(index, self.records, text, prompt, least, most_sources, embedder))


def _hits(index: Several, query: Query, limit: int) -> list[Hit]:
    rows = index.places(query, pieces((0, len(query))), limit).hits[:limit]
    extents = np.stack((rows[:, 1], rows[:, 2], rows[:, 2] + len(query)), axis=1)
    documents, wanted = rows[:, 1].tolist(), query.piece(0, len(query))
    return [
        Hit(index.name(document), described, passage(seen, wanted))
        for document, described, seen in zip(
            documents, index.described(documents), index.seen(extents, AROUND), strict=True
        )
    ]


def _checked(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise UsageError(f"a text of {len(text):,} characters; trace at most {MOST_TEXT:,} at a time")
    return text


def open_corpora(
    directories: Sequence[Path | str], executor: Executor | None = None, *, offline: bool = False, wait: float = WAIT
) -> Corpus:
    """Open the corpora in these folders or behind these URLs; `executor` asks the shards of folders, where it helps.

    Raises:
        UsageError: one of them is no corpus, of a newer version, or a file of it is absent or damaged.
    """
    listed = list(dict.fromkeys(part for directory in directories for part in _addresses(directory)))
    addresses = [row for row in listed if isinstance(row, str) and row.startswith(_HTTP)]
    served = {} if offline or not addresses else _served(addresses, wait)
    holdings = [served.get(str(row)) or _folder(row, offline=offline) for row in listed]
    if not any(holding.parts for holding in holdings):
        raise UsageError(
            "; ".join(f"{row.name}: {row.unasked}" for holding in holdings for row in holding.records if row.unasked)
            or "no corpus to look in: give --corpus DIR"
        )
    return Corpus(holdings, executor)


def _addresses(reference: Path | str) -> list[Path | str]:
    """One reference, or the addresses of several servers with commas between them."""
    if isinstance(reference, str) and reference.startswith(_HTTP):
        return [row.strip().rstrip("/") for row in re.split(r",\s*(?=https?://)", reference)]
    return [reference]


def _served(addresses: list[str], wait: float) -> dict[str, Holding]:
    """What is behind each address at which a server of corpora answers, or should; all are asked at the same time."""
    from assay.corpus.remote import opened

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        found = dict(zip(addresses, pool.map(partial(opened, read=wait), addresses), strict=True))
    return {url: _remote(url, told) for url, told in found.items() if told is not None}


def _remote(url: str, found: Remote | str) -> Holding:
    """The holding of a server, or of one that did not answer, for the reason that is given."""
    name = without_user(url)
    if isinstance(found, str):
        return Holding((CorpusRecord(name, "", 0, 0, 0, 0, (), (), unasked=found),), (), ())
    several = len(found.told.corpora) > 1
    records = tuple(replace(row, name=f"{name}#{row.name}" if several else name) for row in found.told.corpora)
    names = tuple((row.name, row.documents) for row in records)
    return Holding(records, (found,), names, frozenset(found.told.shards))


def _folder(reference: Path | str, *, offline: bool) -> Holding:
    folder, name = local(reference, offline=offline)
    found, digest = manifest.load(folder)
    shards = tuple(Shard(_opened(folder, row)) for row in found.shards)
    names = ((name, sum(shard.documents for shard in shards)),)
    return Holding((record(found, digest, name),), shards, names, frozenset(row.sha256 for row in found.shards))


def _said(
    holding: Holding, lost: str | None, used: Sequence[Holding], copy: Holding | None
) -> tuple[str | None, str | None]:
    """(why a holding gave no answer, or not to all questions; what else has to be known of its answers)."""
    if lost:
        if copy is None:
            return lost, None
        return None, f"it did not answer ({lost}); {copy.name} is the same corpus, and did"
    if holding not in used:
        return None, f"the same corpus as {copy.name}: it is counted once" if holding.parts and copy else None
    others = [row for row in used[: used.index(holding)] if row.files & holding.files]
    if not others:
        return None, None
    shared = sum(len(row.files & holding.files) for row in others)
    what = "1 shard of it is" if shared == 1 else f"{shared:,} shards of it are"
    return None, f"{what} in {others[0].name} too: their documents count twice"


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
