"""One token of one short answer, looked into: what was proved, where it can be read, what wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.dossier import Dossier
from assay.facts.inside import LIMITS, Inside, LookedInto
from assay.render.record.inside import headline, quoted
from assay.render.sections import View
from assay.render.visible import escaped

if TYPE_CHECKING:
    from markupsafe import Markup


def text(looked: LookedInto, dossier: Dossier) -> Iterator[str]:
    """The question and the token in a sentence, what was proved, and what is not shown and why."""
    if looked.found is None:
        yield f"not looked into: {looked.reason}"
        return
    yield f"{quoted(looked.question)}: {headline(looked.found).sentence}"
    yield from proved(looked.found)


def proved(found: Inside) -> Iterator[str]:
    """Which views were proved on this model, and which are not available."""
    held = [row for row in found.proofs if row.holds]
    if held:
        worst = max(row.error for row in held)
        views = ", ".join(dict.fromkeys(row.view for row in held))
        yield f"proved on this model first: {views} (largest error below {worst:.0e} of the largest number compared)"
    for left in found.unavailable:
        yield f"{left.view}: not available here: {left.why}"


def markdown(looked: LookedInto, dossier: Dossier) -> Iterator[str]:
    """The same lines, and what they cannot tell."""
    shown = looked.found
    limits = [LIMITS[view] for view, there in _shown(shown) if there] if shown else []
    yield from (f"- {escaped(row)}" for row in (*text(looked, dossier), *limits))


def _shown(found: Inside) -> tuple[tuple[str, bool], ...]:
    return ("lens", bool(found.lens)), ("attribution", found.attribution is not None)


def html(looked: LookedInto, dossier: Dossier) -> Markup:
    """The same with the maps of contributions, and a table of the lens."""
    from assay.render.record.inside_page import body

    return body(looked, tuple(proved(looked.found) if looked.found else text(looked, dossier)))


VIEW = View("inside", "hallucination", "Looked into while it answered", text, markdown, html)
