"""JSON: the dossier itself, canonical, as `docs/dossier.schema.json` describes it."""

from __future__ import annotations

from typing import BinaryIO

from assay.facts.codec import pieces
from assay.facts.dossier import Dossier
from assay.render import Renderer
from assay.render.sections import View


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the canonical bytes; their SHA-256 is the dossier's digest."""
    for piece in pieces(dossier):
        stream.write(piece)


RENDER = Renderer("json", "the dossier itself, for programs and for `assay report`", write)
