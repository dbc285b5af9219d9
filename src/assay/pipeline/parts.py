"""Files of a large model that several processes or machines read in full, and how that becomes one audit.

Only what takes long is shared out: the digest of each file, and the pass over its values. Whoever puts the model
together reads all headers, and asks everything else, as if it had read these files itself; so its dossier is that of
one process, byte for byte. A part counts for a file that is as it was then, by kernels of the same name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assay.facts.codec import decode, encode
from assay.lazy import dataclass
from assay.measures import Feed
from assay.pipeline.gathered import kind_of
from assay.subject import Entry


@dataclass(frozen=True, slots=True)
class Part:
    """One file that was read in full: its path in the model, SHA-256, and the facts of each pass over it, as JSON.

    `state` is its size and times of change, which are those of the file wherever it is reached from.
    """

    artifact: str
    state: tuple[int, ...]
    sha256: str
    kernels: str
    told: tuple[str, ...]


class _Told:
    """Gives what a pass over a file gave elsewhere."""

    def __init__(self, told: str) -> None:
        self._told = told

    def feed(self, block: memoryview) -> None:
        """Nothing is asked for."""

    def ended(self) -> Iterator[object]:
        """The facts."""
        for name, row in json.loads(self._told):
            yield decode(kind_of(name), row)


def made(rows: Iterable[tuple[Entry, str]], passes: Sequence[Mapping[str, Feed]], kernels: str) -> tuple[Part, ...]:
    """The parts of files with their digests, after their blocks were fed to these passes."""
    found = []
    for entry, sha256 in rows:
        told = tuple(_written(row[entry.path].ended() if entry.path in row else ()) for row in passes)
        if state := _state(entry):
            found.append(Part(entry.path, state, sha256, kernels, told))
    return tuple(found)


def fitting(parts: Iterable[Part], entries: Iterable[Entry], kernels: str, passes: int) -> dict[str, Part]:
    """By path, the parts of files that are as they were, after so many passes by these kernels."""
    states = {entry.path: _state(entry) for entry in entries}
    rows = (part for part in parts if part.kernels == kernels and len(part.told) == passes)
    return {part.artifact: part for part in rows if states.get(part.artifact) == part.state}


def with_told(passes: Sequence[Mapping[str, Feed]], known: Mapping[str, Part]) -> list[Mapping[str, Feed]]:
    """The passes, each with what it gave elsewhere in place of what it would give here."""
    return [
        {path: _Told(known[path].told[number]) if path in known else feed for path, feed in row.items()}
        for number, row in enumerate(passes)
    ]


def groups(sizes: Mapping[str, int], size: int) -> list[tuple[str, ...]]:
    """The files of a model in groups of about so many bytes, the largest first; none where one can read it as well."""
    found: list[list[str]] = []
    filled = size
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        if filled >= size:
            found.append([])
            filled = 0
        found[-1].append(path)
        filled += sizes[path]
    return [tuple(row) for row in found] if len(found) > 1 and sum(sizes.values()) >= 2 * size else []


def _state(entry: Entry) -> tuple[int, ...]:
    """Without the number of the disk, which each machine gives; empty where nobody says."""
    identity = entry.place.identity
    return tuple(identity[2:]) if identity is not None else ()


def _written(facts: Iterable[object]) -> str:
    return json.dumps([[type(row).__name__, encode(row)] for row in facts], separators=(",", ":"))
