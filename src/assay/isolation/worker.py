"""The worker's side: import the readers that are needed, lock down, then read and answer until the pipe closes."""

from __future__ import annotations

import codecs
import importlib
import os
from typing import Any, BinaryIO

from assay import formats
from assay.facts.artifact import Obstacle, Trouble
from assay.formats.container.second import needs
from assay.formats.window import Window
from assay.isolation.lock import end_with, lock
from assay.isolation.reading import Reading, identity, reading
from assay.isolation.wire import packed, reading_message, received

# codecs that parsers look up when called, and that cannot be loaded from disk any more once the lock holds
_CODECS = ("ascii", "latin-1", "unicode_escape", "raw_unicode_escape", "utf-8-sig")


def serve(requests: int, answers: int, parent: int) -> None:
    """Answer requests from one descriptor on another: the first names readers and roots, each other one artifact.

    `parent` is the process that asks; on Linux this one ends with it, however it ends.
    """
    end_with(parent)
    with open(requests, "rb") as source, open(answers, "wb") as sink:
        _serve(source, sink)


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    first = received(source)
    readers = {name: formats.load(name) for name in first["formats"]}
    for reader in readers.values():
        for module in (*reader.needs, *needs(reader.id)):
            importlib.import_module(module)
    for codec in _CODECS:
        codecs.lookup(codec)
    sink.write(packed({"reached": list(lock(tuple(first["roots"])))}))
    sink.flush()
    while (request := received(source)) is not None:
        answer = packed(reading_message(_read(request, readers)))
        sink.write(answer)
        sink.flush()


def _read(request: Any, readers: dict[str, formats.Format]) -> Reading:
    artifact, path, expected = request["artifact"], request["path"], tuple(request["identity"])
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as cause:
        return Reading((), Obstacle(artifact, Trouble.CHANGED, f"it can no longer be opened ({cause.strerror})"))
    with open(fd, "rb", buffering=0) as file:
        state = os.fstat(fd)
        if identity(state) != expected:
            return Reading((), Obstacle(artifact, Trouble.CHANGED, "it changed between hashing and reading"))
        return reading(artifact, readers[request["format"]], Window(file, state.st_size))
