"""A dossier, and the records that commands print, as text, pages and documents for people and programs.

`output/` has one report format per file, `sections/` one part of a dossier per file, `record/` what is no dossier.
"""

from __future__ import annotations

import importlib
import io
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Protocol

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.listing import modules
from assay.render import output

if TYPE_CHECKING:
    from assay.facts.dossier import Dossier
    from assay.render.sections import View


# what the name of a report's file ends in, the longer first
ENDINGS = {
    ".sarif.json": "sarif",
    ".cdx.json": "cyclonedx",
    ".bom.json": "cyclonedx",
    ".spdx.json": "spdx",
    ".sarif": "sarif",
    ".jsonl": "jsonl",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".xml": "junit",
    ".txt": "text",
}


class Write(Protocol):
    """How a dossier is written in one format."""

    def __call__(self, dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
        """Write `dossier` to `stream`, its sections by the installed views and those of `extra`."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format of report: its id on the command line, what it is for, and how it is written."""

    id: str
    title: str
    write: Write


def names() -> tuple[str, ...]:
    """The ids of all renderers: the modules of `output/`, `json_` without its underscore."""
    return tuple(sorted(name.rstrip("_") for name in _modules()))


@cache
def renderer(id: str) -> Renderer | None:
    """The renderer with this id, imported when first asked for."""
    module = next((name for name in _modules() if name.rstrip("_") == id), None)
    if module is None:
        return None
    found: Renderer = importlib.import_module(f"{output.__name__}.{module}").RENDER
    return found


def rendered(dossier: Dossier, format: str) -> str:
    """A report as text (UsageError: there is no such format)."""
    found = renderer(format)
    if found is None:
        raise UsageError(f"unknown format {format!r}: give one of {', '.join(names())}")
    stream = io.BytesIO()
    found.write(dossier, stream)
    return stream.getvalue().decode()


def by_ending(path: str) -> str:
    """The format that the ending of a file's name stands for (UsageError: none)."""
    name = path.lower()
    found = next((format for ending, format in ENDINGS.items() if name.endswith(ending)), "")
    if not found:
        raise UsageError(f"no format goes with the name {path!r}: it may end in {', '.join(ENDINGS)}")
    return found


def summary(dossier: Dossier) -> str:
    """The verdict and the five answers as HTML for a notebook."""
    from markupsafe import Markup

    from assay.render.answer import replies
    from assay.render.tally import tally
    from assay.render.verdict import said
    from assay.render.visible import visible

    found = tally(dossier)
    row = Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>")
    rows = Markup("").join(row.format(reply.short, visible(reply.sentence), reply.counted) for reply in replies(found))
    title = Markup("<p>{}: <b>{}</b> {}</p>").format(
        visible(dossier.subject.name), dossier.decision.verdict, visible(said(found).headline.sentence)
    )
    return str(title + Markup("<table>{}</table>").format(rows))


def _modules() -> tuple[str, ...]:
    return modules(output.__path__[0])
