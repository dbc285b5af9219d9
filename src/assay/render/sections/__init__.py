"""How each section of a dossier is shown: one file per section with `VIEW = View(...)`, found by listing this folder.

Every format that people read loops over `of(dossier)`, so a section comes out in all of them once it has a view.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.section import Unread
from assay.lazy import dataclass
from assay.listing import modules
from assay.render.visible import escaped, visible

if TYPE_CHECKING:
    from markupsafe import Markup


def _no_options(value: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class View:
    """How one section of a dossier is shown.

    `text` gives lines that are neither wrapped nor escaped, which is for the format to do; `markdown` and `html` escape
    what comes from files themselves. `again` gives the options of `assay audit` that lead to this section, each with a
    space before it.
    """

    id: str  # of the section: "risk"
    question: str  # under which of the five questions it stands
    title: str  # its heading on a page
    text: Callable[[Any, Dossier], Iterator[str]]
    markdown: Callable[[Any, Dossier], Iterator[str]]
    html: Callable[[Any, Dossier], Markup]
    again: Callable[[Any], str] = _no_options


@cache
def installed() -> frozenset[str]:
    """The sections that have a view in this folder: a file is called as its section."""
    return frozenset(modules(__path__[0]))


def view(id: str, extra: tuple[View, ...] = ()) -> View | None:
    """The view of a section; none of `extra` replaces one that is installed."""
    if id in installed():
        found: View = importlib.import_module(f"{__name__}.{id}").VIEW
        return found
    return next((row for row in reversed(extra) if row.id == id), None)


def of(dossier: Dossier, extra: tuple[View, ...] = ()) -> Iterator[tuple[View, Any]]:
    """The sections that a dossier has, each with its view, in the order of the five questions.

    A section without a view gets one that names it, with no question, and comes last.
    """
    order = list(QUESTIONS)
    rows = [(view(id, extra) or _unknown(id, schema), value) for id, schema, value in _held(dossier)]
    for question in (*order, None):
        for found, value in rows:
            if found.question == question or (question is None and found.question not in order):
                yield found, value


def _held(dossier: Dossier) -> Iterator[tuple[str, str, Any]]:
    """The sections of a dossier as (id, schema, value): the only place that knows where they lie."""
    for row in dossier.sections:
        if not isinstance(row.value, Unread):  # `dossier.lacks` names those
            yield row.id, row.schema, row.value


def _unknown(id: str, schema: str) -> View:
    """What stands for a section that no view is installed for."""
    said = f"section {id} (schema {schema}): no view is installed"

    def html(value: Any, dossier: Dossier) -> Markup:
        from markupsafe import Markup

        return Markup("<p>{}.</p>").format(visible(said))

    return View(id, "", id, lambda value, dossier: iter((said,)), lambda value, dossier: iter((escaped(said),)), html)
