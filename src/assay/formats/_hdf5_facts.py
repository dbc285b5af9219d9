"""What of an HDF5 file bears on reading it: files besides it that the library opens, and sizes that it cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Flaw, FlawKind, Hook, HookKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats._hdf5 import Contents
from assay.formats._hdf5_dataset import Dataset, Layout
from assay.formats.container.zip import BOMB_RATIO, BOMB_SIZE

UNPACKED_RATIO = 10  # declared to held, where nothing is packed: space for values that were never written is reserved
MAX_HOOKS = 1_000


def outside(artifact: str, found: Contents) -> Iterator[Hook]:
    """What HDF5 opens besides the file: links and values in other files, filters that are plugins."""

    def reads(path: str, file: str, said: str, at: int) -> Hook:
        return Hook(artifact, HookKind.READ, "HDF5", path, file, said, True, at)

    for path, file, at in found.external[:MAX_HOOKS]:
        yield reads(path, file, f"object {path!r} lies in another file: {file!r}", at)
    others = [row for row in found.virtual if row[1] != "."]
    for path, file, name, at in others[:MAX_HOOKS]:
        said = f"virtual dataset {path!r} takes its values from another file: {file!r}, dataset {name[:120]!r}"
        yield reads(path, file, said, at)
    for number, at in found.filters.items():
        said = f"values are packed by the plugin filter {number}, a library that HDF5 loads"
        yield Hook(artifact, HookKind.OPERATOR, "HDF5", f"filter {number}", str(number), said, False, at)


def sizes(artifact: str, found: Contents, size: int) -> Iterator[object]:
    """Datasets that declare more than the file holds, and an end that the file does not reach."""
    if found.end > size:
        said = f"the HDF5 file ends before the end that it states: expected {found.end:,} bytes, got {size:,}"
        yield Obstacle(artifact, Trouble.MALFORMED, said, size)
    large = [row for row in found.datasets if max(row.declared, row.stored.chunk) > _most(row, size)]
    for row in large[:MAX_HOOKS]:
        shape = " x ".join(f"{extent:,}" for extent in row.shape)
        said = (
            f"dataset {row.path!r} declares {row.declared:,} bytes ({shape} values of {row.width:,})"
            if row.declared >= row.stored.chunk
            else f"dataset {row.path!r} has chunks of {row.stored.chunk:,} bytes"
        )
        yield Flaw(artifact, FlawKind.BOMB, f"{said} in a file of {size:,} bytes", row.at, row.path)
    total = sum(row.declared for row in found.datasets)
    if not large and total > max(BOMB_SIZE, BOMB_RATIO * size):
        said = f"{len(found.datasets):,} datasets declare {total:,} bytes in a file of {size:,} bytes"
        yield Flaw(artifact, FlawKind.BOMB, said)
    for row in found.datasets:
        yield from _misplaced(artifact, row, size)


# classes of datatypes without numbers: texts, opaque bytes, references, texts of any length
_NO_NUMBERS = frozenset({3, 5, 7, 9})


def index(artifact: str, found: Contents, size: int) -> WeightIndex:
    """Where the numbers of datasets lie; those that do not lie in one piece are listed with the reason."""
    tensors, unread = [], []
    for row in found.datasets:
        name, place = row.path.lstrip("/")[:300], row.stored
        if row.kind in _NO_NUMBERS or not row.declared:
            continue
        if why := _apart(row):
            unread.append((name, why))
        elif place.address is not None:
            tensors.append(TensorSpec(name, row.element, row.shape, place.address, place.address + row.declared))
    return WeightIndex(artifact, "hdf5", tuple(tensors), 0, size, unread=tuple(unread))


def _apart(row: Dataset) -> str:
    """Why the values of a dataset do not lie together in the file; empty if they do."""
    if row.outside or row.stored.kind is Layout.VIRTUAL:
        return "its values lie in other files or datasets"
    if row.stored.kind is Layout.CHUNKED:
        return "it is stored in chunks, of which assay reads no values"
    if row.stored.address is None:
        return "its values were never written"
    return "" if row.element else "assay does not read values of its type"


def _most(row: Dataset, size: int) -> int:
    """The bytes that a dataset of a file of `size` may declare: unpacked values are hardly more than the file."""
    return max(BOMB_SIZE, (BOMB_RATIO if row.filters else UNPACKED_RATIO) * size)


def _misplaced(artifact: str, row: Dataset, size: int) -> Iterator[Obstacle]:
    stored = row.stored
    if row.outside or stored.kind not in (Layout.CONTIGUOUS, Layout.COMPACT):
        return
    held = row.declared if stored.size is None else stored.size
    if held < row.declared and (stored.kind is Layout.COMPACT or stored.address is not None):
        said = f"dataset {row.path!r} holds {held:,} bytes, but its extents and type need {row.declared:,}"
        yield Obstacle(artifact, Trouble.MALFORMED, said, row.at)
    elif stored.address is not None and held > size - stored.address:
        said = (
            f"dataset {row.path!r} runs past the end: expected {held:,} bytes at byte {stored.address:,}, "
            f"got {max(0, size - stored.address):,}"
        )
        yield Obstacle(artifact, Trouble.MALFORMED, said, row.at)
