"""Each file of a walk read by the reader of its format, and hashed once, with whatever wants its blocks meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from posixpath import normpath
from types import MappingProxyType

from assay import formats
from assay.facts.artifact import Artifact, Obstacle, Standing, Trouble
from assay.facts.structure import Aspect, Examined, Flaw, Hook, HookKind
from assay.facts.tensor import WeightIndex
from assay.facts.text import ChatTemplate, TemplateTrial, untried
from assay.facts.values import TensorSummary, UnreadValues
from assay.formats.container.inert import inert
from assay.formats.container.second import ATTACHED
from assay.formats.container.unread import unread
from assay.isolation import Reader
from assay.lazy import dataclass
from assay.measures import Feed, Hashing
from assay.pipeline.budget import Budget
from assay.progress import Progress, Steps
from assay.subject import Entry, Hashed, Peeked, Walk, hashed, peeked, reach

WORTH_THREADS = 64 * 1024 * 1024  # bytes below which starting threads costs more than it saves

_NONE: Mapping[str, str] = MappingProxyType({})
Elsewhere = Callable[[tuple[str, ...]], Collection[str]]
"""Told which files are to be hashed, gives those of them that it hashes itself."""
MakeReader = Callable[[tuple[str, ...]], Reader]


@dataclass(frozen=True, slots=True)
class Row:
    """One file on its way through: its artifact, the facts read from it, and what stood in the way."""

    artifact: Artifact
    facts: tuple[object, ...]
    obstacles: tuple[Obstacle, ...]

    def hashed(self, digest: Hashed) -> Row:
        """The row with its digest; a file that could not be hashed as it was read has not been examined."""
        artifact = replace(self.artifact, sha256=digest.sha256)
        if digest.obstacle is not None and digest.obstacle.trouble is Trouble.LIMIT:  # what its headers say, they say
            rest = tuple(row for row in self.obstacles if row != digest.obstacle)  # time that is over is told once
            return Row(replace(artifact, standing=Standing.UNEXAMINED), self.facts, (*rest, digest.obstacle))
        changed = digest.obstacle is not None and digest.obstacle.trouble is Trouble.CHANGED
        if digest.obstacle is None or (self.obstacles and not changed):
            return replace(self, artifact=artifact)
        return Row(replace(artifact, standing=Standing.UNEXAMINED), (), (digest.obstacle,))


def read_walk(
    walk: Walk, make_reader: MakeReader, made: frozenset[str], budget: Budget
) -> tuple[Walk, list[Row], tuple[str, ...]]:
    """As `read_all`, and what is set aside too where another file names some of it: then the walk has nothing aside."""
    rows, isolation = read_all(walk.entries, make_reader, made, budget)
    if walk.aside and reach.reached(reach.aside(walk), (fact for row in rows for fact in (*row.facts, *row.obstacles))):
        walk = reach.whole(walk)
        rows, isolation = read_all(walk.entries, make_reader, made, budget)
    return walk, rows, isolation


def read_all(
    entries: tuple[Entry, ...], make_reader: MakeReader, made: frozenset[str], budget: Budget
) -> tuple[list[Row], tuple[str, ...]]:
    """Each file read by the reader of its format, and the isolation in which that happened.

    A reader that gives a fact of `made` was taken over: what it said of that file does not count.
    """
    heads = [peeked(entry) for entry in entries]
    kinds = [_kind(entry, head.head) for entry, head in zip(entries, heads, strict=True)]
    reader = make_reader(formats.modules(kinds))
    try:
        rows = _in_company(list(zip(entries, heads, kinds, strict=True)), reader, made, budget)
        rows = _with_attachments(rows, entries, make_reader, made, budget)
        rows = _with_trials(rows, reader, budget)
    finally:
        reader.close()
    return _with_values_beside(_with_side_files(rows)), reader.reached()


def _in_company(
    asked: list[tuple[Entry, Peeked, formats.Format | None]], reader: Reader, made: frozenset[str], budget: Budget
) -> list[Row]:
    """Every file read, those together that one worker may read; those that may share one with any come last.

    That worker can then try the first templates out.
    """
    rows: dict[int, Row] = {}
    order = [(formats.company(kind) if kind else "", number) for number, (_, _, kind) in enumerate(asked)]
    for _, number in sorted(order, key=lambda row: (not row[0], row)):
        entry, head, kind = asked[number]
        rows[number] = _read_one(entry, head, kind, reader, made, budget)
    return [rows[number] for number in range(len(asked))]


def _with_trials(rows: list[Row], reader: Reader, budget: Budget) -> list[Row]:
    """The rows, with what rendering shows of the templates found in each; one that was rendered is not rendered again.

    Rendering comes after all reading: what it takes can then cost no other answer.
    """
    known: dict[str, TemplateTrial] = {}
    return [_with_trials_of(row, reader, known, budget) for row in rows]


def _with_trials_of(row: Row, reader: Reader, known: dict[str, TemplateTrial], budget: Budget) -> Row:
    templates = tuple(fact for fact in row.facts if isinstance(fact, ChatTemplate))
    new = tuple({template.source: template for template in templates if template.source not in known}.values())
    stopped: Obstacle | None = None
    if new:
        path = row.artifact.path
        if (stopped := budget.over(path)) is None:
            trials, stopped = reader.tried(path, new, budget.left)
            stopped = _or_over(stopped, path, budget)
        else:
            trials = tuple(untried(template, f"not rendered: {stopped.reason}") for template in new)
        known.update(zip((template.source for template in new), trials, strict=True))
    shown = tuple(replace(known[row.source], artifact=row.artifact, pointer=row.pointer) for row in templates)
    if stopped is None:
        return replace(row, facts=(*row.facts, *shown))
    artifact = replace(row.artifact, standing=Standing.UNEXAMINED)
    facts = tuple(formats.without(fact, Aspect.TEMPLATES) if isinstance(fact, Examined) else fact for fact in row.facts)
    return Row(artifact, (*facts, *shown), (*row.obstacles, stopped))


def _kind(entry: Entry, head: bytes) -> formats.Format | None:
    """The format as which a file is read; that of inert files where none is known: something may be attached to it."""
    return formats.recognised(entry.path, head[: formats.HEAD]) or (formats.load("inert_file") if head else None)


def _with_attachments(
    rows: list[Row], entries: tuple[Entry, ...], make_reader: MakeReader, made: frozenset[str], budget: Budget
) -> list[Row]:
    """The rows, with what was read of files that are attached to others: those few need every reader."""
    places = [
        number
        for number, row in enumerate(rows)
        if any(
            isinstance(fact, Flaw) and fact.artifact == row.artifact.path and fact.name in ATTACHED
            for fact in row.facts
        )
    ]
    if not places:
        return rows
    kind = formats.load("attachment")
    reader = make_reader(formats.modules([kind]))
    try:
        for number in places:
            row = rows[number]
            more = _read_one(entries[number], Peeked(b""), kind, reader, made, budget)
            standing = Standing.UNEXAMINED if more.obstacles else row.artifact.standing
            rows[number] = Row(
                replace(row.artifact, standing=standing), row.facts + more.facts, row.obstacles + more.obstacles
            )
    finally:
        reader.close()
    return rows


def hash_all(
    entries: tuple[Entry, ...],
    feeds: Mapping[str, list[Feed]],
    jobs: int,
    progress: Progress | None,
    budget: Budget,
    known: Mapping[str, str] = _NONE,
    elsewhere: Elsewhere | None = None,
) -> list[Hashed]:
    """Every file hashed, in order, its blocks given to its feeds; several at a time where that is asked for.

    Those beyond the budget have no digest, nor have those that are hashed elsewhere: they are read for their feeds.
    `known` are digests of files that are not read again.
    """
    unread = budget.unread(entries)
    wanted = {entry.path: entry.size for entry in entries if entry.path not in unread and entry.path not in known}
    beside = frozenset(elsewhere(tuple(wanted)) if elsewhere else ())
    total = sum(size for path, size in wanted.items() if path not in beside or feeds.get(path))
    large = sum(size >= WORTH_THREADS for size in wanted.values())
    steps = Steps(progress, "reading", total, "bytes")

    def one(entry: Entry) -> Hashed:
        if (reason := unread.get(entry.path) or budget.over(entry.path)) is not None:
            return Hashed("", reason)
        if entry.path in known:
            return Hashed(known[entry.path])
        wanted = feeds.get(entry.path, ())
        sink = _together(wanted)
        if entry.path in beside:
            return Hashed("") if sink is None else hashed(entry, steps.add, sink, elsewhere=True)
        hashing = wanted[0] if len(wanted) == 1 and isinstance(wanted[0], Hashing) else None
        digest = hashing.hashes() if hashing else None
        if sink is None or entry.size < WORTH_THREADS or jobs < 2 * large:
            return hashed(entry, steps.add, sink, digest)
        # a core is left for each large file: what is made of its blocks is made while the next ones are hashed
        begin = hashing.begun if hashing and digest else lambda block: partial(sink, block)
        return hashed(entry, steps.add, None, digest, beside=begin)

    if jobs <= 1 or len(entries) < 2 or total < WORTH_THREADS:
        return [one(entry) for entry in entries]
    from concurrent.futures import ThreadPoolExecutor  # hashing leaves the interpreter lock, so threads are enough

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, entries))


def fed(begun: Iterable[Mapping[str, Feed]], rows: Iterable[Row]) -> Iterator[object]:
    """The facts of every feed; of a file that was not read in full its finished tensors, and why others were not."""
    unread = {row.artifact.path: row.obstacles[-1].reason for row in rows if not row.artifact.sha256}
    for found in begun:
        for artifact, feed in found.items():
            reason = unread.get(artifact)
            for fact in feed.ended():
                if reason is None or isinstance(fact, TensorSummary):
                    yield fact
                elif isinstance(fact, UnreadValues):
                    yield replace(fact, reason=reason)


def _together(feeds: Iterable[Feed]) -> Callable[[memoryview], None] | None:
    """One function that feeds all; None where there is nobody to feed."""
    rows = [feed.feed for feed in feeds]
    if len(rows) < 2:
        return rows[0] if rows else None

    def feed(block: memoryview) -> None:
        for row in rows:
            row(block)

    return feed


def _with_side_files(rows: list[Row]) -> list[Row]:
    """The rows, where a file that no reader knows but another file of the model reads values from counts as data."""
    named = {
        fact.path
        for row in rows
        for fact in row.facts
        if isinstance(fact, Hook) and fact.kind is HookKind.READ and not fact.outside
    }
    return [
        Row(replace(row.artifact, standing=Standing.INERT, format=reach.DATA), row.facts, ())
        if row.artifact.path in named and row.artifact.format == "unknown"
        else row
        for row in rows
    ]


def _with_values_beside(rows: list[Row]) -> list[Row]:
    """The rows, each index of tensors that lie in another file now as one of that file, if it is here."""
    sizes = {row.artifact.path: row.artifact.size for row in rows}
    return [
        replace(row, facts=tuple(_placed(fact, sizes) if isinstance(fact, WeightIndex) else fact for fact in row.facts))
        for row in rows
    ]


def _placed(index: WeightIndex, sizes: Mapping[str, int]) -> WeightIndex:
    if not index.file:
        return index
    path = _beside(index)
    if path in sizes and "\\" not in index.file:
        return replace(index, artifact=path, data_stop=sizes[path], file="", listed_in=index.artifact)
    why = f"its values lie in {index.file[:120]!r}, which is not here"
    unread = (*index.unread, *((tensor.name, why) for tensor in index.tensors))
    return replace(index, tensors=(), unread=unread, file="")


def _beside(index: WeightIndex) -> str:
    """The path of the file that an index names."""
    return normpath(f"{index.artifact.rpartition('/')[0] or '.'}/{index.file}")


def _or_over(stopped: Obstacle | None, path: str, budget: Budget) -> Obstacle | None:
    """What stopped a reader: that the audit's time is over, where it was stopped for time and that is so."""
    late = stopped is not None and stopped.trouble is Trouble.STOPPED
    return (budget.over(path) if late else None) or stopped


def _read_one(
    entry: Entry,
    head: Peeked,
    kind: formats.Format | None,
    reader: Reader,
    made: frozenset[str],
    budget: Budget,
) -> Row:
    path = entry.path
    label = kind.id if kind and kind.id != "inert" else inert(path, head.head) or "unknown"
    artifact = Artifact(path, entry.size, "", label, Standing.UNEXAMINED)
    if hindrance := budget.over(path) or head.obstacle:
        return Row(artifact, (), (hindrance,))
    if kind is None:  # an empty file
        return Row(replace(artifact, standing=Standing.INERT), (), ())
    reading = reader.read(path, kind, entry.place, budget.left)
    reading = replace(reading, obstacle=_or_over(reading.obstacle, path, budget))
    forged = next((name for name in (type(fact).__name__ for fact in reading.facts) if name in made), None)
    if forged is not None:
        reason = f"the isolated reader gave a {forged}, which no reader may: it was taken over by the file"
        return Row(artifact, (), (Obstacle(path, Trouble.STOPPED, reason),))
    inside = tuple(fact for fact in reading.facts if isinstance(fact, Obstacle))
    stopped = reading.obstacle is not None or any(row.artifact == path for row in inside)
    facts = tuple(fact for fact in reading.facts if not isinstance(fact, Obstacle))
    obstacles = (*inside, *(() if reading.obstacle is None else (reading.obstacle,)))
    if label == "unknown":
        obstacles = (Obstacle(path, Trouble.UNREAD, unread(path, head.head)), *obstacles)
    whole = Standing.INERT if kind.id == "inert" and not facts else Standing.EXAMINED
    if kind.examines or kind.gaps:
        facts = (*facts, formats.looked_at(kind, path, reading.facts, stopped=stopped))
    return Row(replace(artifact, standing=Standing.UNEXAMINED if obstacles else whole), facts, obstacles)
