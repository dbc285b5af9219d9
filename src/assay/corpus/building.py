"""Build a corpus: plan tasks from the inputs, run them, and write the manifest once all are done.

A task's shards are files named by their content. What a killed build had finished is found again by the notes that
tasks leave (`.task-*.json`), and used if inputs and options are the same.
"""

from __future__ import annotations

import errno
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from assay.corpus import _extra, manifest, portion
from assay.corpus.inputs import Input, listed
from assay.corpus.manifest import Manifest, Part, merged
from assay.corpus.portion import MOST_SHARD, Options, Skips, Task, indexed
from assay.errors import AssayError, MissingExtra, UsageError
from assay.execution import Executor, Ok
from assay.facts.corpus import Skipped
from assay.lazy import regex
from assay.progress import Progress, report

_OWN = regex(r"shard-[0-9a-f]{32}\.assay|removed-[0-9a-f]{32}\.bits")  # what shards and removals are called
MOST_TOLD = 5  # inputs that failed in one sentence
UNPACKED = 4  # what a packed byte is taken to hold when tasks are planned

__all__ = ["Options", "build"]


def build(
    references: tuple[str, ...], directory: Path, options: Options, executor: Executor, *,
    add: bool = False, replace_old: bool = False, progress: Progress | None = None,
) -> Manifest:  # fmt: skip
    """Index the inputs into `directory`, and return its new manifest.

    Raises:
        UsageError: nothing to read, a corpus is there already (and neither `add` nor `replace_old`), somebody else is
            changing it, the disk is full, or an input could not be indexed; what was there is as it was.
    """
    _check(options)
    unread = Skips()
    inputs = tuple(replace(source, main_text=options.main_text) for source in listed(references, unread.note))
    schemes = {source.uri.partition("://")[1] for source in inputs}
    _extra.needed({source.kind for source in inputs}, schemes, main=options.main_text)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with manifest.locked(directory):
            before = _before(directory, add, replace_old)
            parts = _run(_tasks(inputs, directory, options), executor, progress)
            after = _joined(before, parts, unread.rows())
            manifest.save(directory, after)
            _tidy(directory, after)
            return after
    except OSError as cause:
        raise UsageError(_sentence(cause, directory)) from None


def _check(options: Options) -> None:
    if not 1 << 16 <= options.shard <= MOST_SHARD:
        raise UsageError(f"a shard holds between 64 KiB and {MOST_SHARD:,} bytes of text, not {options.shard:,}")
    try:
        "".encode(options.encoding)
    except LookupError:
        raise UsageError(f"no text encoding {options.encoding!r}") from None


def _before(directory: Path, add: bool, replace_old: bool) -> Manifest:
    if add:
        return manifest.load(directory)[0]
    if manifest.exists(directory) and not replace_old:
        _tidy(directory)  # of a build that was killed when its manifest was there and its notes still were
        raise UsageError(
            f"{directory}: there is a corpus already; `assay corpus add` adds to it, --replace builds it anew"
        )
    return manifest.empty()


def _joined(before: Manifest, parts: list[Part], unread: tuple[Skipped, ...]) -> Manifest:
    known = {shard.file for shard in before.shards}
    again = [shard.file for part in parts for shard in part.shards if shard.file in known]
    if again:
        raise UsageError(
            "these documents are in the corpus already: the same inputs give the same shard; nothing was added"
        )
    after = replace(before, parts=(*before.parts, *parts), skipped=merged((*before.skipped, *unread)))
    if not after.shards:
        raise UsageError(f"no document could be read: {_reasons(parts, unread)}")
    return after


def _reasons(parts: list[Part], unread: tuple[Skipped, ...]) -> str:
    rows = merged((*(row for part in parts for row in part.skipped), *unread))
    return (
        "; ".join(f"{row.count:,} x {row.reason} (such as {row.places[0]})" for row in rows) or "the inputs hold none"
    )


def _sentence(cause: OSError, directory: Path) -> str:
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        kept = "Free some space and run the same command: finished shards are used again"
        return f"{directory}: the disk is full; what was there before is as it was. {kept}"
    return f"{directory}: {cause.strerror or cause} ({cause.filename or directory}); what was there before is as it was"


def _tasks(inputs: tuple[Input, ...], directory: Path, options: Options) -> list[Task]:
    """Portions of about a shard's text each; they depend on the inputs and options alone."""
    portions: list[list[Input]] = []
    held = 0
    for source in inputs:
        size = source.size * (UNPACKED if source.packing or source.kind in ("parquet", "arrow") else 1)
        if not portions or held + size > options.shard:
            portions.append([])
            held = 0
        portions[-1].append(source)
        held += size
    return [Task(str(directory), number, tuple(rows), options) for number, rows in enumerate(portions)]


def _run(tasks: list[Task], executor: Executor, progress: Progress | None) -> list[Part]:
    total = sum(source.size for task in tasks for source in task.inputs)
    if not tasks:
        return []
    portion.begun(tasks)

    def tick() -> None:
        if progress:
            report(progress, "indexing", min(portion.advanced(tasks), total), total, "bytes")

    parts: dict[int, Part] = {}
    failed: list[str] = []
    with closing(executor.run(indexed, tasks, tick)) as outcomes:
        for index, outcome in outcomes:
            if isinstance(outcome, Ok):
                parts[index] = outcome.value
            elif _concerns_all(outcome.error):
                raise outcome.noted()
            else:
                failed.append(f"{portion.reading(tasks[index])}: {str(outcome.error) or type(outcome.error).__name__}")
    if failed:
        raise UsageError(_unfinished(failed, len(tasks)))
    return [parts[index] for index in range(len(tasks))]


def _concerns_all(error: Exception) -> bool:
    """Whether the other tasks would fail like this one: a full disk, a missing extra, a bug. Else it is its inputs'."""
    return not isinstance(error, AssayError | MemoryError) or isinstance(error, MissingExtra)


def _unfinished(failed: list[str], tasks: int) -> str:
    """The sentence about tasks that failed while the others were finished."""
    more = f"; and {len(failed) - MOST_TOLD:,} more" if len(failed) > MOST_TOLD else ""
    return (
        f"{len(failed):,} of {tasks:,} shards could not be made, so the corpus is as it was: "
        f"{'; '.join(sorted(failed)[:MOST_TOLD])}{more}. The others are kept: leave these inputs out, or give it more "
        "memory (fewer --jobs, a smaller --shard-size), and run the command again"
    )


def _tidy(directory: Path, after: Manifest | None = None) -> None:
    """Remove what killed builds left and the notes of tasks; with a manifest, also the shards that it does not name."""
    shards = after.shards if after else ()
    named = {shard.file for shard in shards} | {shard.removed.file for shard in shards if shard.removed}
    for path in directory.iterdir():
        stale = path.name.startswith((".task-", ".shard-", ".removed-", ".manifest.json.", ".progress"))
        if path.is_file() and (stale or (after and _OWN.fullmatch(path.name) and path.name not in named)):
            path.unlink(missing_ok=True)
