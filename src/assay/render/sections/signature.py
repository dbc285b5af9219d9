"""Who signed the model, whether the signature holds, and which files it does not cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.dossier import Dossier
from assay.facts.signature import Verification
from assay.render.page import fragment
from assay.render.record.signature import named, summary
from assay.render.sections import View
from assay.render.visible import code, escaped

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 20  # files of each kind


def text(found: Verification, dossier: Dossier) -> Iterator[str]:
    """Whether it holds, who signed, and which files differ."""
    yield f"{summary(found)}; signed by {found.signer}, by {found.method} ({found.why})"
    for label, names in named(found):
        yield f"{label}: {', '.join(names[:MOST])}{_more(names)}"


def markdown(found: Verification, dossier: Dossier) -> Iterator[str]:
    """The same, and the digest that was signed."""
    head, *_ = text(found, dossier)
    yield f"- {escaped(head)}"
    yield f"- signed: {escaped(found.subject)}, {code('sha256:' + found.sha256)}, {found.covered:,} files"
    for label, names in named(found):
        yield f"- {label}: {', '.join(map(code, names[:MOST]))}{_more(names)}"


def html(found: Verification, dossier: Dossier) -> Markup:
    """The same as a list."""
    head, *_ = text(found, dossier)
    rows = [(label, names[:MOST], _more(names)) for label, names in named(found)]
    return fragment("sections/signature.html.j2", found=found, head=head, differences=rows)


def _more(names: tuple[str, ...]) -> str:
    return f" and {len(names) - MOST:,} more" if len(names) > MOST else ""


VIEW = View("signature", "openness", "Who signed it", text, markdown, html)
