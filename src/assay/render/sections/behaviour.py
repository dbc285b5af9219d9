"""What the model does when it is asked for something: a sentence and a picture for each probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.behaviour import Behaviour
from assay.facts.dossier import Dossier
from assay.render.record.behaviour import CAUTION
from assay.render.sections import View
from assay.render.visible import escaped

if TYPE_CHECKING:
    from markupsafe import Markup


def text(found: Behaviour, dossier: Dossier) -> Iterator[str]:
    """What each probe found, or why it cannot be known."""
    for row in found.probes:
        yield f"{row.id}: {row.said or f'cannot be known: {row.reason}'}"


def markdown(found: Behaviour, dossier: Dossier) -> Iterator[str]:
    """The same lines, and what they speak for."""
    yield from (f"- {escaped(row)}" for row in (*text(found, dossier), CAUTION))


def html(found: Behaviour, dossier: Dossier) -> Markup:
    """The same with a picture, the rule that read the answers, and its limits."""
    from assay.render.record.behaviour_page import body

    return body(found)


def again(found: Behaviour) -> str:
    """The option by which it was probed; questions and prompts of the user's own are not named."""
    return " --probes"


VIEW = View("behaviour", "hallucination", "What it does when it is asked", text, markdown, html, again)
