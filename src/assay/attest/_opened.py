"""Which files that a signature leaves out loaders open all the same, from what the other files of a model name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assay import formats
from assay.facts.structure import Aspect, Reached
from assay.formats.container.inert import inert
from assay.isolation import reader_for
from assay.subject import Entry, Walk, peeked, reach

Reach = Callable[[Sequence[str]], tuple[Reached, ...]]
# formats whose readers tell what paths they name, besides those that look at names of other files
_NAMING = frozenset(
    {"json", "yaml", "shard-index", "model-config", "adapter-config", "tokenizer-config", "generation-config",
     "preprocessor-config", "quantize-config", "python", "settings"}
)  # fmt: skip


def opened_from(walk: Walk, left_out: Sequence[str]) -> tuple[Reached, ...]:
    """Those of these files that are opened; other files are read, in a worker, only if any of these could be."""
    wanted = reach.as_listed(walk, left_out)
    for entry in walk.entries if wanted else ():
        if entry.path in wanted:
            kind, head = _kind(entry)
            wanted[entry.path] = kind.id if kind else reach.INERT if inert(entry.path, head) else "unknown"
    return reach.reached(wanted, _facts(walk))


def _kind(entry: Entry) -> tuple[formats.Format | None, bytes]:
    """As which format a file is read, and its first bytes."""
    head = peeked(entry).head
    return formats.recognised(entry.path, head[: formats.HEAD]), head


def _facts(walk: Walk) -> Iterator[object]:
    """What the files that name others name, and which of them could not be read to the end."""
    rows = ((entry, _kind(entry)[0]) for entry in walk.entries)
    naming = [(entry, kind) for entry, kind in rows if kind and (kind.id in _NAMING or Aspect.FILES in kind.examines)]
    reader = reader_for(walk, formats.modules(kind for _, kind in naming))
    try:
        for entry, kind in naming:
            found = reader.read(entry.path, kind, entry.place)
            yield from found.facts
            if found.obstacle is not None:
                yield found.obstacle
    finally:
        reader.close()
