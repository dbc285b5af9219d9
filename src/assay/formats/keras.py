"""Keras 3 archives (`.keras`): a zip with `config.json`, weights in HDF5, assets."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats.window import Window

MOST = 64 * 1024 * 1024


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the configuration would import or run, then what bears on loading in every other member."""
    from assay.formats._keras import keras_hooks
    from assay.formats.container.zip import archive
    from assay.formats.container.zip_members import flaws, honest_content, member_facts
    from assay.formats.encoding.json import document

    index = archive(window)
    yield from flaws(artifact, index)
    yield Contents(artifact, FORMAT.id, len(index.members))
    for member in index.members:
        if member.name in ("config.json", "metadata.json"):
            raw = yield from honest_content(artifact, window, member, MOST)
            yield from keras_hooks(artifact, member.name, document(raw))
        yield from member_facts(artifact, window, member)


FORMAT = Format(
    "keras",
    "Keras archive",
    read,
    names=("*.keras",),
    magic=((0, b"PK\x03\x04"),),
    both=True,
    needs=("assay.formats.container.every",),
    examines=(Aspect.LAYOUT, Aspect.UNPACKING, Aspect.CODE, Aspect.OPERATORS, Aspect.FILES),
    gaps=(),
)
