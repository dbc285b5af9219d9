"""Shards of a distributed PyTorch checkpoint, `*.distcp`: what torch.save writes, once for each entry, end to end.

Which bytes are which tensor stands in the pickle `.metadata` beside them (torch/distributed/checkpoint/filesystem.py,
`_write_files_from_queue`); the shard itself is read here as the archives that it consists of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError, Malformed
from assay.facts.structure import Contents
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats.container.nest import Part, contained
from assay.formats.container.zip import archive
from assay.formats.window import Window

_END = b"PK\x05\x06"  # end record of a zip archive, 22 bytes without a comment (APPNOTE.TXT 4.3.16)
_END_SIZE = 22
_MOST_ITEMS = 100_000
_MOST_ENDS = 1_000  # end records tried for one archive: values may look like one
_STEP = 1 << 20


def shard_facts(artifact: str, window: Window) -> Iterator[object]:
    """Yield what bears on loading in each entry, then one weight index of them all."""
    at, count = 0, 0
    indexes: list[WeightIndex] = []
    while at < window.size:
        count += 1
        if count > _MOST_ITEMS or window.rest(at, 4) != b"PK\x03\x04":
            raise Malformed(
                "no entry of a checkpoint", at=at, expected="what torch.save writes", got=f"entry {count:,}"
            )
        stop = _stop(window, at)
        for fact in contained(artifact, f"entry {count}", Window(Part(window, at, stop), None, window, at)):
            if isinstance(fact, WeightIndex):
                indexes.append(fact)
            else:
                yield fact
        at = stop
    yield _joined(artifact, indexes, window.size)
    yield Contents(artifact, "distcp", count)


def _joined(artifact: str, indexes: list[WeightIndex], size: int) -> WeightIndex:
    """The indexes of all entries as one of the shard; between two tensors lie records of the archives."""
    tensors: list[TensorSpec] = []
    for index in indexes:
        tensors += [replace(tensor, name=tensor.name.removesuffix(" > ")) for tensor in index.tensors]
    unread = tuple(row for index in indexes for row in index.unread)
    return WeightIndex(artifact, "dcp", tuple(tensors), 0, size, alignment=size + 1, shares_storage=True, unread=unread)


def _stop(window: Window, at: int) -> int:
    """Where the archive ends that begins at `at`."""
    for end in _ends(window, at):
        try:
            index = archive(Window(Part(window, at, end), None, window))
        except InputError:
            continue
        if not index.defects:
            return end
    raise Malformed("an archive of the checkpoint has no end", at=at, expected="a zip end record")


def _ends(window: Window, at: int) -> Iterator[int]:
    """Where an archive that begins at `at` may end, in order."""
    found = 0
    while at < window.size and found < _MOST_ENDS:
        raw = window.rest(at, _STEP)
        place = raw.find(_END)
        while place >= 0:
            found += 1
            if at + place + _END_SIZE <= window.size:
                yield at + place + _END_SIZE
            place = raw.find(_END, place + 1)
        at += max(1, len(raw) - len(_END) + 1)
