"""CycloneDX 1.6: the bill of materials that most tools read."""

from __future__ import annotations

import json
from typing import BinaryIO

from assay.facts.dossier import Dossier
from assay.render import Renderer
from assay.render.bom import bom
from assay.render.sections import View


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the document as UTF-8 JSON with sorted keys."""
    stream.write(json.dumps(bom(dossier, "1.6"), sort_keys=True, indent=1).encode() + b"\n")


RENDER = Renderer("cyclonedx", "a machine-learning bill of materials, CycloneDX 1.6", write)
