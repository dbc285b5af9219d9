"""HDF5 files: Keras models and weights. Links and data in other files, sizes of datasets, the model's configuration."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError, Malformed
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window

_CONFIGS = frozenset({"model_config", "training_config"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what leads into another file or is larger than the file, then what the Keras configuration would run.

    Last the pickles in attributes and datasets.
    """
    from assay.formats._base64 import Values
    from assay.formats._hdf5 import contents
    from assay.formats._hdf5_facts import index, outside, sizes
    from assay.formats._keras import keras_hooks
    from assay.formats.container.nest import part
    from assay.formats.container.second import SUPERBLOCK, superblock
    from assay.formats.encoding.json import document

    base = superblock(window)
    if base is None:
        got = repr(window.rest(0, 8))
        raise Malformed("not an HDF5 file: it has no superblock", expected=repr(SUPERBLOCK), got=got)
    if base:
        yield Flaw(artifact, FlawKind.HIDDEN, f"{base:,} bytes stand in front of the HDF5 superblock", 0)
        window = part(window, base, window.size)
    found = contents(window, _CONFIGS)
    found.end = max(
        0, found.end - base
    )  # that one counts from the beginning of the file, all others from the superblock
    yield Contents(artifact, FORMAT.id, found.objects)
    yield from outside(artifact, found)
    yield from sizes(artifact, found, window.size)
    yield index(artifact, found, window.size).moved(base)
    for (path, name), text in found.texts.items():
        try:
            yield from keras_hooks(artifact, f"{path} {name}", document(text.encode("utf-8", "backslashreplace")))
        except InputError as broken:
            yield Obstacle(artifact, Trouble.MALFORMED, f"attribute {name} of {path[:120]!r}: {broken}")
    for sentence in found.unfollowed:
        yield Obstacle(artifact, Trouble.LIMIT, sentence)
    if 0 < found.end < window.size:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{window.size - found.end:,} bytes follow the end that the HDF5 file states, from byte {found.end:,}",
            found.end,
        )
    values = Values(artifact)
    for what, start, stop in found.values:  # last: there may be more than is looked at
        yield from values.within(what, part(window, start, stop))


FORMAT = Format(
    "hdf5",
    "HDF5",
    read,
    names=("*.h5", "*.hdf5", "*.keras"),
    magic=((0, b"\x89HDF\r\n\x1a\n"),),
    needs=(
        "assay.formats._hdf5_facts",
        "assay.formats.encoding.json",
        "assay.formats._keras",
        "assay.formats.container.zip",
        "assay.formats.container.nest",
        "assay.formats.container.second",
        "assay.formats._base64",
        "assay.formats._marks",
    ),
    examines=(
        Aspect.LAYOUT,
        Aspect.UNPACKING,
        Aspect.CODE,
        Aspect.OPERATORS,
        Aspect.FILES,
        Aspect.TENSORS,
        Aspect.VALUES,
    ),
    gaps=(),
)
