"""What a worker that was taken over may answer, given to the side that asks: it is refused, or taken as facts.

The bytes stand where the pipe of a worker would; all else is what an audit runs.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from tests.builders import safetensors
from tests.formats.test_every_reader import SOUND, by_id

from assay.facts.codec import canonical
from assay.facts.text import ChatTemplate
from assay.formats.window import Window
from assay.isolation import Reading, reading
from assay.isolation.child import Child
from assay.isolation.process import Worker
from assay.isolation.reading import try_into
from assay.isolation.wire import ended, told
from assay.pipeline.request import requested
from assay.pipeline.steps import examined
from assay.render import names, renderer
from assay.subject import walked

FILE = "model.safetensors"
LARGEST = 8_000  # bytes of a seed; larger ones only repeat
SIZE = 1 << 20  # bytes of the file that is asked about


def seeds() -> tuple[bytes, ...]:
    """What a true worker answers of each format's sound file, and of the templates in them."""
    found = []
    for kind, raw in SOUND.items():
        row = reading(FILE, by_id[kind], Window(io.BytesIO(raw)))
        found.append(b"".join(map(told, row.facts)) + ended(row.obstacle))
        for template in row.facts:
            if isinstance(template, ChatTemplate):
                trials: list[object] = []
                stopped = try_into(trials.append, FILE, template)
                found.append(b"".join(map(told, trials)) + ended(stopped))
    return tuple(row for row in dict.fromkeys(found) if len(row) <= LARGEST)


class _Said:
    """A child that has given its answer already, and ended."""

    pid = ended_by = 0

    def __init__(self, raw: bytes) -> None:
        self.requests, self.answers = os.open(os.devnull, os.O_WRONLY), os.memfd_create("answers")
        os.write(self.answers, raw)
        os.lseek(self.answers, 0, os.SEEK_SET)

    def ended(self) -> str:
        return "it ended with status 0"

    def kill(self) -> None:
        os.close(self.requests)
        os.close(self.answers)


class _Answered(Worker):
    """A worker's parent, whose worker says the same to every request."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(("/",), (), fresh=True)
        self._raw = raw

    def _started(self, render: bool) -> Child:
        return _Said(self._raw)


def read(raw: bytes) -> Reading:
    """What is taken of an answer about a file, or about a template where it speaks of one."""
    worker = _Answered(raw)
    try:
        return worker._asked({"artifact": FILE}, 60.0, SIZE, of_templates=b"TemplateTrial" in raw[:200])
    finally:
        worker.close()


class Audited:
    """An audit of a small model whose worker gives this answer, and a report of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / FILE).write_bytes(safetensors({"w": ("F32", (4, 4)), "v": ("F16", (8,))}))
        self._walk = walked(folder)
        self._request = requested(str(folder))
        self._ways = names()

    def __call__(self, raw: bytes) -> None:
        dossier = examined(self._walk, self._request, lambda _: _Answered(raw))
        canonical(dossier)
        if chosen := renderer(self._ways[len(raw) % len(self._ways)]):
            chosen.write(dossier, io.BytesIO())
