"""`keras_metadata.pb` of a SavedModel (tf_keras/protobuf/saved_metadata.proto): the configuration of each Keras object.

Loading a SavedModel with Keras rebuilds layers from it, Lambda layers, losses and metrics by name included.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError, Malformed
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats.encoding.protobuf import Messages
from assay.formats.window import Window

MOST = 64 * 1024 * 1024  # bytes of one configuration
_NODES, _PATH, _METADATA = 1, 3, 5


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what each configuration would import or run."""
    from assay.formats._keras import keras_hooks
    from assay.formats.encoding.json import document

    messages = Messages(window)
    count = 0
    for node in messages.fields(0, window.size):
        if node.number != _NODES or node.start == node.stop:
            continue
        count += 1
        path, place = "", None
        for part in messages.inner(node):
            if part.number == _PATH:
                path = messages.text(part)[:200]
            elif part.number == _METADATA:
                place = part
        if place is None:
            continue
        try:
            raw = window.read(place.start, min(place.stop - place.start, MOST))
            yield from keras_hooks(artifact, path or f"node {count}", document(raw, place.start))
        except InputError as broken:
            yield Obstacle(artifact, Trouble.MALFORMED, f"configuration of {path[:120]!r}: {broken}", broken.at)
    if not count:
        raise Malformed("Keras metadata without a node", expected="field 1", got="none")
    yield Contents(artifact, FORMAT.id, count)


FORMAT = Format(
    "keras-metadata",
    "Keras metadata of a SavedModel",
    read,
    names=("keras_metadata.pb",),
    needs=("assay.formats._keras", "assay.formats.encoding.json", "assay.formats.container.zip"),
    examines=(Aspect.CODE, Aspect.OPERATORS, Aspect.FILES),
    gaps=(),
)
