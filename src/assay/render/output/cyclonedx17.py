"""CycloneDX 1.7: the bill of materials, with citations (who supplied which field) where a time is given."""

from __future__ import annotations

import json
from typing import BinaryIO

from assay.facts.dossier import Dossier
from assay.render import Renderer
from assay.render.bom import bom
from assay.render.sections import View


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the document as UTF-8 JSON with sorted keys."""
    stream.write(json.dumps(bom(dossier, "1.7"), sort_keys=True, indent=1).encode() + b"\n")


RENDER = Renderer("cyclonedx17", "the same, CycloneDX 1.7", write)
