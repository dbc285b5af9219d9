"""HDF5 files: Keras models and weights. Links and data that lie in other files; the model's configuration."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Contents, Flaw, FlawKind, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

_CONFIGS = frozenset({"model_config", "training_config"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each link or dataset that leads into another file, then what the Keras configuration would run."""
    from assay.formats._hdf5 import contents
    from assay.formats._keras import keras_hooks
    from assay.formats.encoding.json import document

    found = contents(window, _CONFIGS)
    yield Contents(artifact, FORMAT.id, found.objects)
    for path, file, at in found.external[:1000]:
        yield Hook(
            artifact, HookKind.READ, "HDF5", path, file, f"object {path!r} lies in another file: {file!r}", True, at
        )
    for number, at in found.filters.items():
        yield Hook(
            artifact,
            HookKind.OPERATOR,
            "HDF5",
            f"filter {number}",
            str(number),
            f"values are packed by the plugin filter {number}, a library that HDF5 loads",
            False,
            at,
        )
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


FORMAT = Format(
    "hdf5",
    "HDF5",
    read,
    names=("*.h5", "*.hdf5", "*.keras"),
    magic=((0, b"\x89HDF\r\n\x1a\n"),),
    needs=("assay.formats._hdf5", "assay.formats.encoding.json", "assay.formats._keras", "assay.formats.container.zip"),
)
